#include "service/past.h"

#include <stdlib.h>

#include "ledger/check.h"
#include "market/redemption.h"
#include "service/record.h"

_Static_assert(RECORD_APPROVED == 3 && REDEMPTION_CANCELLED == 6 && REDEMPTION_REFUNDED == 8 &&
                   CHECK_REFUSED == 3 && LINLI_REDEEM == 2 && OPERATION_RESERVE == 1 &&
                   OPERATION_DECLINED == 3 && OPERATION_DECIDED == 4 && PROPOSAL_ADJUST == 1 &&
                   PROPOSAL_APPROVED == 1 && TRANSFER_RELEASE == 5 && TRANSFER_REFUND == 7,
               "the numbers in the SQL below");

/* --- The books -------------------------------------------------------------------------------- */

/* Where a kind's events are found, by an index that has all of it where there is one, and what is
 * read of those that are wanted: `e.id`. */
struct source {
    enum linli_event_kind kind;
    const char *from; /* a table and which of its rows */
    const char *id, *at;
    const char *columns; /* number, member, actor, merchant, subject, points, minutes, at, started,
                            ended, grade */
    const char *rows;
};

/* Not decided by a person in the merchant's place: "c.closed_us)", the moment, ends it. */
#define NOT_DECIDED                                                                                \
    " AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.redemption_id = c.redemption_id"          \
    " AND o.state = 4 AND o.closed_us = "

/* Who took a voucher back says its transfer, which is the member's or theirs into whom they had
 * been merged. */
#define TAKEN_BACK                                                                                 \
    "d.redemption_id, d.member_id, COALESCE(NULLIF(COALESCE(t.actor, u.actor), d.member_id), 0),"  \
    " d.merchant_id, d.reward_id, d.points, 0, d.closed_us, 0, 0, 0"
#define WITH_TRANSFER                                                                              \
    "redemptions d ON d.redemption_id = e.id"                                                      \
    " LEFT JOIN transfers t FORCE INDEX (by_member) ON t.member_id = d.member_id"                  \
    "  AND t.ref = d.redemption_id AND t.kind IN (5, 7)"                                           \
    " LEFT JOIN wallets w ON w.member_id = d.member_id"                                            \
    " LEFT JOIN transfers u FORCE INDEX (by_member) ON u.member_id = NULLIF(w.merged_into, 0)"     \
    "  AND u.ref = d.redemption_id AND u.kind IN (5, 7)"

static const struct source sources[] = {
    {LINLI_EARN, "records FORCE INDEX (by_reviewer) WHERE state = 3", "record_id", "reviewed_us",
     "r.record_id, r.member_id, r.reviewed_by, 0, r.activity_id, r.points, r.minutes,"
     " r.reviewed_us, r.started_us, r.ended_us, r.grade",
     "records r ON r.record_id = e.id"},

    {LINLI_REDEEM, "redemptions FORCE INDEX (by_member_time) WHERE TRUE", "redemption_id",
     "created_us",
     "d.redemption_id, d.member_id, COALESCE(p.actor, 0), d.merchant_id, d.reward_id, d.points, 0,"
     " d.created_us, 0, 0, 0",
     "redemptions d ON d.redemption_id = e.id"
     " LEFT JOIN proxy_redemptions p ON p.redemption_id = d.redemption_id"},

    {LINLI_CONFIRM,
     "redemptions c FORCE INDEX (by_merchant) WHERE c.confirmed_by <> 0" NOT_DECIDED
     "c.confirmed_us)",
     "c.redemption_id", "c.confirmed_us",
     "d.redemption_id, d.member_id, d.confirmed_by, d.merchant_id, d.reward_id, d.points, 0,"
     " d.confirmed_us, 0, 0, 0",
     "redemptions d ON d.redemption_id = e.id"},

    /* Not since a check was refused, nor since the merchant did not issue it. */
    {LINLI_CANCEL,
     "redemptions c WHERE c.state = 6 AND NOT EXISTS (SELECT 1 FROM checks k"
     "  WHERE k.ref = c.redemption_id AND k.kind = 2 AND k.state = 3)"
     " AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.redemption_id = c.redemption_id"
     "  AND o.kind = 1 AND o.state = 3)" NOT_DECIDED "c.closed_us)",
     "c.redemption_id", "c.closed_us", TAKEN_BACK, WITH_TRANSFER},

    {LINLI_REFUND, "redemptions c WHERE c.state = 8" NOT_DECIDED "c.closed_us)", "c.redemption_id",
     "c.closed_us", TAKEN_BACK, WITH_TRANSFER},

    {LINLI_ADJUST, "proposals WHERE kind = 1 AND state = 1", "proposal_id", "decided_us",
     "p.proposal_id, p.member_id, p.decided_by, 0, 0, p.points, 0, p.decided_us, 0, 0, 0",
     "proposals p ON p.proposal_id = e.id"},
};

/* --- Reading ---------------------------------------------------------------------------------- */

static void read_event(struct rows *rows, enum linli_event_kind kind, struct linli_event *event)
{
    *event = (struct linli_event){
        .size = sizeof *event,
        .kind = kind,
        .event = rows_id(rows, 0),
        .member = rows_id(rows, 1),
        .actor = rows_id(rows, 2),
        .merchant = rows_id(rows, 3),
        .subject = rows_id(rows, 4),
        .points = rows_int(rows, 5),
        .minutes = rows_int(rows, 6),
        .at_us = rows_int(rows, 7),
        .started_us = rows_int(rows, 8),
        .ended_us = rows_int(rows, 9),
        .grade = (uint32_t)rows_int(rows, 10),
        .replayed = 1,
    };
}

/* Which of a kind's events at the place's very time lie behind it: those with a larger number. */
static uint64_t number_behind(const struct past_place *after, enum linli_event_kind kind)
{
    if (kind == after->kind)
        return after->event;
    return kind < after->kind ? UINT64_MAX : 0;
}

/* The rows of an index are put in order, then those of the table read. */
static const char *sql_of(const struct source *source, struct arena *arena)
{
    return arena_printf(arena,
                        "SELECT %s FROM (SELECT %s AS id FROM %s AND %s >= ? AND %s < ?"
                        " AND NOT (%s = ? AND %s <= ?) ORDER BY %s, %s LIMIT ?) e"
                        " STRAIGHT_JOIN %s",
                        source->columns, source->id, source->from, source->at, source->at,
                        source->at, source->id, source->at, source->id, source->rows);
}

static bool read_source(struct db *db, const struct source *source, const struct past_span *span,
                        const struct past_place *after, size_t most, struct arena *arena,
                        struct linli_event *events, size_t *count, struct error *error)
{
    int64_t from_us = after->at_us > span->from_us ? after->at_us : span->from_us;
    struct rows *rows =
        db_query(db, sql_of(source, arena), DB_INT(from_us), DB_INT(span->until_us),
                 DB_INT(after->at_us), DB_ID(number_behind(after, source->kind)), DB_INT(most));

    while (rows_next(rows))
        read_event(rows, source->kind, &events[(*count)++]);
    return rows_end(rows, error);
}

static int compare_events(const void *a, const void *b)
{
    const struct linli_event *x = a, *y = b;

    if (x->at_us != y->at_us)
        return x->at_us < y->at_us ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return (x->event > y->event) - (x->event < y->event);
}

bool past_read(struct db *db, const struct past_span *span, const struct past_place *after,
               size_t most, struct arena *arena, struct linli_event **events, size_t *count,
               bool *more, struct error *error)
{
    size_t room = (size_t)__builtin_popcount(span->kinds) * (most + 1);

    *events = arena_take(arena, room * sizeof **events);
    *count = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(sources); i++)
        if (span->kinds & sources[i].kind &&
            !read_source(db, &sources[i], span, after, most + 1, arena, *events, count, error))
            return false;
    qsort(*events, *count, sizeof **events, compare_events);
    *more = *count > most;
    *count = *more ? most : *count;
    return true;
}

static bool count_source(struct db *db, const struct source *source, const struct past_span *span,
                         uint64_t *count, struct error *error)
{
    struct arena *arena = arena_new();
    const char *sql = arena_printf(arena, "SELECT COUNT(*) FROM %s AND %s >= ? AND %s < ?",
                                   source->from, source->at, source->at);
    struct rows *rows = db_query(db, sql, DB_INT(span->from_us), DB_INT(span->until_us));

    while (rows_next(rows))
        *count += rows_id(rows, 0);
    arena_free(arena);
    return rows_end(rows, error);
}

bool past_count(struct db *db, const struct past_span *span, uint64_t *count, struct error *error)
{
    *count = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(sources); i++)
        if (span->kinds & sources[i].kind && !count_source(db, &sources[i], span, count, error))
            return false;
    return true;
}
