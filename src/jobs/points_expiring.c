/*
 * Members are told 30 and 7 days before points of theirs run out: once each for every day on which
 * some do, with what is left of them then. The notice itself remembers that it was told: its ref is
 * the day's number and how far ahead.
 *
 * The cursor is the day for which all is done, so that the rest of it costs nothing.
 */
#include "base/clock.h"
#include "base/json_fields.h"
#include "jobs/jobs.h"
#include "outbox/inbox.h"

#define SLICE       200
#define SLICES_MOST 10 /* a run */

struct expiring {
    uint64_t member_id;
    int32_t last_day; /* on which they can be spent */
    int64_t points;
    uint64_t ref;
    int64_t now_us;
};

/* Locks the account, so that of two keepers one tells, and the other sees that. */
static bool was_told(struct db *db, const struct expiring *expiring, bool *told,
                     struct error *error)
{
    struct rows *rows = db_query(db, "SELECT 1 FROM accounts WHERE account_id = ? FOR UPDATE",
                                 DB_ID(expiring->member_id));

    if (!rows_end(rows, error))
        return false;
    rows =
        db_query(db, "SELECT 1 FROM notices WHERE account_id = ? AND kind = ? AND ref = ? LIMIT 1",
                 DB_ID(expiring->member_id), DB_INT(NOTICE_POINTS_EXPIRING), DB_ID(expiring->ref));
    *told = rows_next(rows);
    return rows_end(rows, error);
}

static bool tell(struct db *db, void *context, struct error *error)
{
    const struct expiring *expiring = context;
    char points[24], day[11];
    bool told;

    if (!was_told(db, expiring, &told, error))
        return false;
    if (told)
        return true;
    points_format(expiring->points, points);
    calendar_format_day(expiring->last_day, day);
    return inbox_tell(db, expiring->member_id, NOTICE_POINTS_EXPIRING, expiring->ref,
                      json_pack("{s:s, s:s}", "points", points, "day", day), expiring->now_us,
                      error);
}

/* Those who have points whose last day is after `from` and not after `until`, and were not told. */
static bool find(struct job_context *context, int32_t from, int32_t until, int ahead,
                 struct expiring *found, size_t *count, struct error *error)
{
    int offset = (int)context->programme->utc_offset_minutes;
    struct rows *rows = db_query(
        context->db,
        "SELECT member_id, last_day, SUM(remaining) FROM ("
        "  SELECT member_id, (expires_us - 1 + ?) DIV 86400000000 AS last_day, remaining FROM lots"
        "  WHERE expires_us > ? AND expires_us <= ? AND remaining > 0) AS l"
        " WHERE NOT EXISTS (SELECT 1 FROM notices n WHERE n.account_id = l.member_id"
        "  AND n.kind = ? AND n.ref = l.last_day * 100 + ?)"
        " GROUP BY member_id, last_day LIMIT ?",
        DB_INT(offset * MINUTE_US), DB_INT(calendar_day_start_us(from + 1, offset)),
        DB_INT(calendar_day_start_us(until + 1, offset)), DB_INT(NOTICE_POINTS_EXPIRING),
        DB_INT(ahead), DB_INT(SLICE));

    for (*count = 0; rows_next(rows); (*count)++)
        found[*count] = (struct expiring){
            .member_id = rows_id(rows, 0),
            .last_day = (int32_t)rows_int(rows, 1),
            .points = rows_int(rows, 2),
            .ref = rows_id(rows, 1) * 100 + (uint64_t)ahead,
            .now_us = context->now_us,
        };
    return rows_end(rows, error);
}

/* False when it broke; `done`: everybody has been told. */
static bool tell_those(struct job_context *context, int32_t from, int32_t until, int ahead,
                       bool *done, struct error *error)
{
    struct expiring *found = arena_take(context->arena, SLICE * sizeof *found);

    for (int slice = 0; slice < SLICES_MOST && !*context->stopping; slice++) {
        size_t count;

        if (!find(context, from, until, ahead, found, &count, error))
            return false;
        for (size_t i = 0; i < count; i++)
            if (!db_transaction(context->db, tell, &found[i], error))
                return false;
        if (count < SLICE)
            return true;
    }
    *done = false;
    return true;
}

bool points_expiring_tell(struct job_context *context, struct error *error)
{
    int offset = (int)context->programme->utc_offset_minutes;
    int32_t today = calendar_day(context->now_us, offset);
    bool done = true;

    if (context->cursor == (uint64_t)today)
        return true;
    if (!tell_those(context, today, today + 7, 7, &done, error) ||
        !tell_those(context, today + 7, today + 30, 30, &done, error))
        return false;
    if (done)
        context->cursor = (uint64_t)today;
    return true;
}
