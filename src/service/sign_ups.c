#include "service/sign_ups.h"

#include "people/members.h"
#include "service/tell.h"
#include "service/visit.h"

#define SLICE 64 /* promoted in one go */

const char *sign_up_state_name(enum sign_up_state state)
{
    static const char *const names[] = {
        [SIGN_UP_NONE] = "none",
        [SIGNED_UP] = "signed_up",
        [SIGNED_OFF] = "none",
        [WAITING] = "waiting",
    };

    return name_from(names, ARRAY_LENGTH(names), (size_t)state);
}

/* --- Signing up ------------------------------------------------------------------------------ */

static bool take_place(struct db *db, const struct attendance *attendance, struct error *error)
{
    return db_run(db, error,
                  "INSERT INTO sign_ups (activity_id, member_id, state, at_us) VALUES (?, ?, ?, ?)"
                  " ON DUPLICATE KEY UPDATE state = VALUES(state), at_us = VALUES(at_us)",
                  DB_ID(attendance->activity_id), DB_ID(attendance->member_id), DB_INT(SIGNED_UP),
                  DB_INT(attendance->now_us)) >= 0 &&
           db_run(db, error,
                  "UPDATE activities SET signed_up = signed_up + 1 WHERE activity_id = ?",
                  DB_ID(attendance->activity_id)) >= 0;
}

static bool join_line(struct db *db, const struct attendance *attendance, struct error *error)
{
    return db_run(db, error,
                  "UPDATE activities SET waiting = waiting + 1, in_line = in_line + 1"
                  " WHERE activity_id = ?",
                  DB_ID(attendance->activity_id)) >= 0 &&
           db_run(db, error,
                  "INSERT INTO sign_ups (activity_id, member_id, state, at_us, in_line)"
                  " SELECT activity_id, ?, ?, ?, in_line FROM activities WHERE activity_id = ?"
                  " ON DUPLICATE KEY UPDATE state = VALUES(state), at_us = VALUES(at_us),"
                  " in_line = VALUES(in_line)",
                  DB_ID(attendance->member_id), DB_INT(WAITING), DB_INT(attendance->now_us),
                  DB_ID(attendance->activity_id)) >= 0;
}

static enum refusal sign_up_refusal(const struct visit *visit)
{
    const struct activity *activity = &visit->activity;
    int64_t now_us = visit->attendance->now_us;
    bool is_full = activity->signed_up >= activity->capacity;

    if (visit->has_shifts)
        return REFUSED_WRONG_STATE;
    if (activity->ends_us <= now_us || activity->state == ACTIVITY_CANCELLED)
        return REFUSED_NOT_OPEN;
    /* Nobody gives a place back any more. */
    if (is_full && (activity->starts_us <= now_us || activity->waiting >= WAITLIST_MOST))
        return REFUSED_ACTIVITY_FULL;
    return ACCEPTED;
}

static bool sign_up(struct db *db, void *context, struct error *error)
{
    struct visit *visit = context;
    const struct attendance *attendance = visit->attendance;
    bool there;

    if (!member_hold(db, attendance->member_id, &there, error))
        return false;
    visit->refusal = REFUSED_NOT_FOUND;
    if (!there)
        return true;
    if (!visit_begin(db, visit, error))
        return false;
    if (visit->refusal != ACCEPTED || visit->sign_up == SIGNED_UP || visit->sign_up == WAITING)
        return true;
    visit->refusal = sign_up_refusal(visit);
    if (visit->refusal != ACCEPTED)
        return true;
    if (visit->activity.signed_up < visit->activity.capacity)
        return take_place(db, attendance, error);
    return join_line(db, attendance, error);
}

bool activity_sign_up(struct db *db, const struct attendance *attendance, enum refusal *refusal,
                      struct error *error)
{
    struct attendance copy = *attendance;

    return visit_run(db, sign_up, &copy, refusal, error);
}

/* --- Signing off ----------------------------------------------------------------------------- */

static bool leave(struct db *db, const struct visit *visit, struct error *error)
{
    const struct attendance *attendance = visit->attendance;
    bool had_place = visit->sign_up == SIGNED_UP;

    return db_run(db, error,
                  "UPDATE sign_ups SET state = ?, at_us = ? WHERE activity_id = ?"
                  " AND member_id = ?",
                  DB_INT(SIGNED_OFF), DB_INT(attendance->now_us), DB_ID(attendance->activity_id),
                  DB_ID(attendance->member_id)) >= 0 &&
           db_run(db, error,
                  "UPDATE activities SET signed_up = signed_up - ?, waiting = waiting - ?"
                  " WHERE activity_id = ?",
                  DB_INT(had_place), DB_INT(!had_place), DB_ID(attendance->activity_id)) >= 0 &&
           waitlist_fill(db, attendance->activity_id, attendance->now_us, error);
}

static bool sign_off(struct db *db, void *context, struct error *error)
{
    struct visit *visit = context;

    if (!visit_begin(db, visit, error))
        return false;
    if (visit->refusal != ACCEPTED || visit->sign_up == SIGNED_OFF)
        return true;
    if (visit->sign_up == SIGN_UP_NONE)
        visit->refusal = REFUSED_NOT_SIGNED_UP;
    else if (visit->activity.starts_us <= visit->attendance->now_us)
        visit->refusal = REFUSED_NOT_OPEN;
    return visit->refusal != ACCEPTED || leave(db, visit, error);
}

bool activity_sign_off(struct db *db, const struct attendance *attendance, enum refusal *refusal,
                       struct error *error)
{
    struct attendance copy = *attendance;

    return visit_run(db, sign_off, &copy, refusal, error);
}

static bool read_coming(struct db *db, uint64_t member_id, int64_t now_us,
                        uint64_t activities[SLICE], size_t *count, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT s.activity_id FROM sign_ups s"
                                 " JOIN activities a ON a.activity_id = s.activity_id"
                                 " WHERE s.member_id = ? AND s.state IN (?, ?)"
                                 " AND a.starts_us > ? ORDER BY s.activity_id LIMIT ?",
                                 DB_ID(member_id), DB_INT(SIGNED_UP), DB_INT(WAITING),
                                 DB_INT(now_us), DB_INT(SLICE));

    for (*count = 0; rows_next(rows); (*count)++)
        activities[*count] = rows_id(rows, 0);
    return rows_end(rows, error);
}

bool sign_ups_give_back(struct db *db, uint64_t member_id, int64_t now_us, struct error *error)
{
    uint64_t activities[SLICE];
    size_t count;

    do {
        if (!read_coming(db, member_id, now_us, activities, &count, error))
            return false;
        for (size_t i = 0; i < count; i++) {
            struct attendance attendance = {
                .activity_id = activities[i], .member_id = member_id, .now_us = now_us};
            struct visit visit = {.attendance = &attendance};

            if (!visit_begin(db, &visit, error) ||
                (visit.sign_up != SIGNED_OFF && !leave(db, &visit, error)))
                return false;
        }
    } while (count == SLICE);
    return true;
}

/* --- The line -------------------------------------------------------------------------------- */

/* The first in line, as many as there are free places, SLICE at most. */
static bool read_next(struct db *db, uint64_t activity_id, uint64_t members[SLICE], int *count,
                      struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT s.member_id, a.capacity - a.signed_up FROM activities a"
                 " JOIN sign_ups s ON s.activity_id = a.activity_id AND s.state = ?"
                 " WHERE a.activity_id = ? AND a.capacity > a.signed_up ORDER BY s.in_line LIMIT ?",
                 DB_INT(WAITING), DB_ID(activity_id), DB_INT(SLICE));

    *count = 0;
    while (rows_next(rows) && *count < rows_int(rows, 1))
        members[(*count)++] = rows_id(rows, 0);
    return rows_end(rows, error);
}

static bool promote(struct db *db, uint64_t activity_id, uint64_t member_id, int64_t now_us,
                    struct error *error)
{
    return db_run(db, error,
                  "UPDATE sign_ups SET state = ?, at_us = ? WHERE activity_id = ?"
                  " AND member_id = ?",
                  DB_INT(SIGNED_UP), DB_INT(now_us), DB_ID(activity_id), DB_ID(member_id)) >= 0 &&
           db_run(db, error,
                  "UPDATE activities SET signed_up = signed_up + 1, waiting = waiting - 1"
                  " WHERE activity_id = ?",
                  DB_ID(activity_id)) >= 0;
}

bool waitlist_fill(struct db *db, uint64_t activity_id, int64_t now_us, struct error *error)
{
    uint64_t members[SLICE];
    int count;

    do {
        if (!read_next(db, activity_id, members, &count, error))
            return false;
        for (int i = 0; i < count; i++)
            if (!promote(db, activity_id, members[i], now_us, error))
                return false;
        if (!tell_of_activity(db, activity_id, members, (size_t)count, NOTICE_WAITLIST_PROMOTED,
                              (struct text){0}, now_us, error))
            return false;
    } while (count == SLICE);
    return true;
}

bool sign_up_find(struct db *db, uint64_t activity_id, uint64_t member_id, struct sign_up *sign_up,
                  struct error *error)
{
    struct rows *rows = db_query(
        db,
        "SELECT s.state, IF(s.state = ?, (SELECT COUNT(*) FROM sign_ups o"
        "  WHERE o.activity_id = s.activity_id AND o.state = s.state AND o.in_line < s.in_line), 0)"
        " FROM sign_ups s WHERE s.activity_id = ? AND s.member_id = ?",
        DB_INT(WAITING), DB_ID(activity_id), DB_ID(member_id));

    *sign_up = (struct sign_up){SIGN_UP_NONE, 0};
    if (rows_next(rows))
        *sign_up =
            (struct sign_up){(enum sign_up_state)rows_int(rows, 0), (int32_t)rows_int(rows, 1)};
    return rows_end(rows, error);
}
