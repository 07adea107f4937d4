#include "service/merge.h"

#include "service/erase.h"
#include "service/visit.h"

#define SLICE 64

/* --- Sign-ups -------------------------------------------------------------------------------- */

struct merging {
    uint64_t activity_id, from_id, into_id;
    int64_t now_us;
};

static int rank(enum sign_up_state state)
{
    switch (state) {
    case SIGNED_UP: return 3;
    case WAITING: return 2;
    case SIGNED_OFF: return 1;
    case SIGN_UP_NONE: break;
    }
    return 0;
}

static bool drop_sign_up(struct db *db, const struct merging *merging, uint64_t member_id,
                         const struct visit *dropped, struct error *error)
{
    bool had_place = dropped->sign_up == SIGNED_UP, waited = dropped->sign_up == WAITING;

    return db_run(db, error, "DELETE FROM sign_ups WHERE activity_id = ? AND member_id = ?",
                  DB_ID(merging->activity_id), DB_ID(member_id)) >= 0 &&
           db_run(db, error,
                  "UPDATE activities SET signed_up = signed_up - ?, waiting = waiting - ?"
                  " WHERE activity_id = ?",
                  DB_INT(had_place), DB_INT(waited), DB_ID(merging->activity_id)) >= 0 &&
           (!had_place || dropped->activity.starts_us <= merging->now_us ||
            waitlist_fill(db, merging->activity_id, merging->now_us, error));
}

static bool take_earlier_place(struct db *db, const struct merging *merging, struct error *error)
{
    return db_run(db, error,
                  "UPDATE sign_ups i JOIN sign_ups f ON f.activity_id = i.activity_id"
                  " AND f.member_id = ? SET i.in_line = LEAST(i.in_line, f.in_line)"
                  " WHERE i.activity_id = ? AND i.member_id = ?",
                  DB_ID(merging->from_id), DB_ID(merging->activity_id),
                  DB_ID(merging->into_id)) >= 0;
}

static bool change_member(struct db *db, const struct merging *merging, struct error *error)
{
    return db_run(db, error,
                  "UPDATE sign_ups SET member_id = ? WHERE activity_id = ? AND member_id = ?",
                  DB_ID(merging->into_id), DB_ID(merging->activity_id),
                  DB_ID(merging->from_id)) >= 0;
}

static bool move_sign_up(struct db *db, const struct merging *merging, struct error *error)
{
    struct attendance from = {.activity_id = merging->activity_id, .member_id = merging->from_id};
    struct attendance into = {.activity_id = merging->activity_id, .member_id = merging->into_id};
    struct visit theirs = {.attendance = &from}, ours = {.attendance = &into};

    if (!visit_begin(db, &theirs, error) || !visit_begin(db, &ours, error))
        return false;
    if (ours.sign_up == SIGN_UP_NONE)
        return change_member(db, merging, error);
    if (rank(theirs.sign_up) > rank(ours.sign_up))
        return drop_sign_up(db, merging, merging->into_id, &ours, error) &&
               change_member(db, merging, error);
    if (ours.sign_up == WAITING && theirs.sign_up == WAITING &&
        !take_earlier_place(db, merging, error))
        return false;
    return drop_sign_up(db, merging, merging->from_id, &theirs, error);
}

static bool read_sign_ups(struct db *db, uint64_t member_id, uint64_t activities[SLICE],
                          size_t *count, struct error *error)
{
    struct rows *rows = db_query(
        db, "SELECT activity_id FROM sign_ups WHERE member_id = ? ORDER BY activity_id LIMIT ?",
        DB_ID(member_id), DB_INT(SLICE));

    for (*count = 0; rows_next(rows); (*count)++)
        activities[*count] = rows_id(rows, 0);
    return rows_end(rows, error);
}

/* Each that was moved is no longer among them. */
static bool move_sign_ups(struct db *db, struct merging *merging, struct error *error)
{
    uint64_t activities[SLICE];
    size_t count;

    do {
        if (!read_sign_ups(db, merging->from_id, activities, &count, error))
            return false;
        for (size_t i = 0; i < count; i++) {
            merging->activity_id = activities[i];
            if (!move_sign_up(db, merging, error))
                return false;
        }
    } while (count == SLICE);
    return true;
}

/* --- Records --------------------------------------------------------------------------------- */

static bool move_records(struct db *db, uint64_t from_id, uint64_t into_id, struct error *error)
{
    return db_run(db, error,
                  "UPDATE records f LEFT JOIN records t"
                  " ON t.activity_id = f.activity_id AND t.member_id = ? AND t.served_as = 0"
                  " SET f.served_as = IF(t.record_id IS NULL OR f.served_as <> 0, f.served_as, ?),"
                  " f.member_id = ? WHERE f.member_id = ?",
                  DB_ID(into_id), DB_ID(from_id), DB_ID(into_id), DB_ID(from_id)) >= 0 &&
           db_run(db, error,
                  "UPDATE evidence e JOIN records r ON r.record_id = e.record_id"
                  " SET e.added_by = ? WHERE r.member_id = ? AND e.added_by = ?",
                  DB_ID(into_id), DB_ID(into_id), DB_ID(from_id)) >= 0;
}

bool service_merge_member(struct db *db, uint64_t from_id, uint64_t into_id, int64_t now_us,
                          struct error *error)
{
    struct merging merging = {.from_id = from_id, .into_id = into_id, .now_us = now_us};

    return move_sign_ups(db, &merging, error) && move_records(db, from_id, into_id, error) &&
           service_withdraw_from_erased(db, into_id, now_us, error);
}
