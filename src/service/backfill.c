#include "service/backfill.h"

#include "people/audit.h"
#include "people/members.h"

struct backfilling {
    const struct backfill *backfill;
    struct activity activity; /* its times and state */
    int32_t minutes;
    enum refusal refusal;
};

static bool lock_activity(struct db *db, struct backfilling *work, struct error *error)
{
    const struct backfill *backfill = work->backfill;
    struct rows *rows = db_query(db,
                                 "SELECT a.state, a.starts_us, a.ends_us"
                                 " FROM activities a WHERE a.activity_id = ? AND EXISTS"
                                 " (SELECT 1 FROM members m WHERE m.member_id = ?) FOR UPDATE",
                                 DB_ID(backfill->activity_id), DB_ID(backfill->member_id));

    work->refusal = REFUSED_NOT_FOUND;
    if (rows_next(rows)) {
        work->activity = (struct activity){.state = (enum activity_state)rows_int(rows, 0),
                                           .starts_us = rows_int(rows, 1),
                                           .ends_us = rows_int(rows, 2)};
        work->minutes = activity_minutes(&work->activity, backfill->started_us, backfill->ended_us);
        work->refusal = ACCEPTED;
    }
    return rows_end(rows, error);
}

static enum refusal backfill_refusal(const struct backfilling *work)
{
    const struct backfill *backfill = work->backfill;
    enum activity_state state = work->activity.state;

    if (backfill->person_id == backfill->member_id)
        return REFUSED_OWN_RECORD;
    if (state == ACTIVITY_DRAFT || state == ACTIVITY_CANCELLED ||
        work->activity.ends_us > backfill->now_us)
        return REFUSED_WRONG_STATE;
    return work->minutes == 0 ? REFUSED_TOO_MUCH : ACCEPTED;
}

static bool insert_record(struct db *db, struct backfilling *work, struct error *error)
{
    const struct backfill *backfill = work->backfill;
    int64_t made = db_run(
        db, error,
        "INSERT INTO records (record_id, activity_id, member_id, state, grade, started_us,"
        " ended_us, minutes, points, reviewed_by, reviewed_us, note, proposed_by, notice_until_us)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, '', ?, ?)"
        " ON DUPLICATE KEY UPDATE record_id = record_id",
        DB_ID(backfill->record_id), DB_ID(backfill->activity_id), DB_ID(backfill->member_id),
        DB_INT(RECORD_PENDING), DB_INT(GRADE_D), DB_INT(backfill->started_us),
        DB_INT(backfill->ended_us), DB_INT(work->minutes), DB_ID(backfill->actor),
        DB_INT(backfill->now_us + PUBLIC_NOTICE_US));

    return made >= 0;
}

/* The member's record of the activity is the one that was just made, or there was one before. */
static bool check_made(struct db *db, struct backfilling *work, struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT 1 FROM records WHERE record_id = ?", DB_ID(work->backfill->record_id));

    if (!rows_next(rows))
        work->refusal = REFUSED_WRONG_STATE;
    return rows_end(rows, error);
}

/* It waits for a review again. */
static bool reopen(struct db *db, const struct backfill *backfill, struct error *error)
{
    struct audit audit = {.actor = backfill->actor,
                          .action = "record.backfill",
                          .object_id = backfill->record_id,
                          .why = backfill->why};

    return db_run(db, error, "UPDATE activities SET state = ? WHERE activity_id = ? AND state = ?",
                  DB_INT(ACTIVITY_CLOSED), DB_ID(backfill->activity_id),
                  DB_INT(ACTIVITY_SETTLED)) >= 0 &&
           audit_append(db, &audit, backfill->now_us, error);
}

static bool enter(struct db *db, void *context, struct error *error)
{
    struct backfilling *work = context;
    bool there;

    if (!member_hold(db, work->backfill->member_id, &there, error) ||
        !lock_activity(db, work, error))
        return false;
    if (!there)
        work->refusal = REFUSED_NOT_FOUND;
    if (work->refusal == ACCEPTED)
        work->refusal = backfill_refusal(work);
    if (work->refusal != ACCEPTED)
        return true;
    if (!insert_record(db, work, error) || !check_made(db, work, error))
        return false;
    return work->refusal != ACCEPTED || reopen(db, work->backfill, error);
}

bool record_backfill(struct db *db, const struct backfill *backfill, enum refusal *refusal,
                     struct error *error)
{
    struct backfilling work = {.backfill = backfill};
    bool done = db_transaction(db, enter, &work, error);

    *refusal = work.refusal;
    return done;
}

bool public_notice_list(struct db *db, uint64_t unit_id, int64_t now_us, uint64_t after,
                        int64_t limit, struct arena *arena, struct public_notice **notices,
                        size_t *count, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT r.record_id, r.member_id, a.title, r.minutes, r.notice_until_us"
                 " FROM activities a JOIN records r ON r.activity_id = a.activity_id"
                 " WHERE a.unit_id = ? AND r.grade = ? AND r.state = ? AND r.notice_until_us > ?"
                 " AND r.record_id > ? ORDER BY r.record_id LIMIT ?",
                 DB_ID(unit_id), DB_INT(GRADE_D), DB_INT(RECORD_PENDING), DB_INT(now_us),
                 DB_ID(after), DB_INT(limit));

    *notices = arena_take(arena, (size_t)limit * sizeof **notices);
    for (*count = 0; rows_next(rows); (*count)++)
        (*notices)[*count] = (struct public_notice){
            .record_id = rows_id(rows, 0),
            .member_id = rows_id(rows, 1),
            .activity_title = rows_copy(rows, 2, arena),
            .minutes = (int32_t)rows_int(rows, 3),
            .until_us = rows_int(rows, 4),
        };
    return rows_end(rows, error);
}
