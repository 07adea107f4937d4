/*
 * Sign-up, check-in and check-out: each one transaction that first locks the activity's row, so
 * that a burst never overfills it.
 */
#include "service/activities.h"

enum sign_up_state { SIGNED_UP = 1, SIGNED_OFF };

struct visit {
    struct attendance *attendance;
    struct activity activity; /* locked */
    int sign_up;              /* enum sign_up_state, 0: never */
    enum refusal refusal;
};

int32_t activity_minutes(const struct activity *activity, int64_t from_us, int64_t to_us)
{
    if (from_us < activity->starts_us)
        from_us = activity->starts_us;
    if (to_us > activity->ends_us)
        to_us = activity->ends_us;
    return to_us <= from_us ? 0 : (int32_t)((to_us - from_us) / MINUTE_US);
}

static bool lock_activity(struct db *db, struct visit *visit, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT state, starts_us, ends_us, capacity, signed_up"
                                 " FROM activities WHERE activity_id = ? FOR UPDATE",
                                 DB_ID(visit->attendance->activity_id));

    visit->refusal = REFUSED_NOT_FOUND;
    if (rows_next(rows)) {
        visit->activity.state = (enum activity_state)rows_int(rows, 0);
        visit->activity.starts_us = rows_int(rows, 1);
        visit->activity.ends_us = rows_int(rows, 2);
        visit->activity.capacity = (int32_t)rows_int(rows, 3);
        visit->activity.signed_up = (int32_t)rows_int(rows, 4);
        if (visit->activity.state != ACTIVITY_DRAFT)
            visit->refusal = ACCEPTED;
    }
    return rows_end(rows, error);
}

static bool read_sign_up(struct db *db, struct visit *visit, struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT state FROM sign_ups WHERE activity_id = ? AND member_id = ?",
                 DB_ID(visit->attendance->activity_id), DB_ID(visit->attendance->member_id));

    visit->sign_up = rows_next(rows) ? (int)rows_int(rows, 0) : 0;
    return rows_end(rows, error);
}

static bool begin_visit(struct db *db, struct visit *visit, struct error *error)
{
    return lock_activity(db, visit, error) && read_sign_up(db, visit, error);
}

/* Runs one of the steps below as a transaction. */
static bool run_visit(struct db *db, bool (*step)(struct db *, void *, struct error *),
                      struct attendance *attendance, enum refusal *refusal, struct error *error)
{
    struct visit visit = {.attendance = attendance};
    bool done = db_transaction(db, step, &visit, error);

    *refusal = visit.refusal;
    return done;
}

/* --- Sign-up --------------------------------------------------------------------------------- */

static bool write_sign_up(struct db *db, const struct visit *visit, enum sign_up_state state,
                          struct error *error)
{
    const struct attendance *attendance = visit->attendance;

    return db_run(db, error,
                  "INSERT INTO sign_ups (activity_id, member_id, state, at_us) VALUES (?, ?, ?, ?)"
                  " ON DUPLICATE KEY UPDATE state = VALUES(state), at_us = VALUES(at_us)",
                  DB_ID(attendance->activity_id), DB_ID(attendance->member_id), DB_INT(state),
                  DB_INT(attendance->now_us)) >= 0 &&
           db_run(db, error,
                  "UPDATE activities SET signed_up = signed_up + ? WHERE activity_id = ?",
                  DB_INT(state == SIGNED_UP ? 1 : -1), DB_ID(attendance->activity_id)) >= 0;
}

static bool sign_up(struct db *db, void *context, struct error *error)
{
    struct visit *visit = context;

    if (!begin_visit(db, visit, error))
        return false;
    if (visit->refusal != ACCEPTED || visit->sign_up == SIGNED_UP)
        return true;
    if (visit->activity.ends_us <= visit->attendance->now_us)
        visit->refusal = REFUSED_NOT_OPEN;
    else if (visit->activity.signed_up >= visit->activity.capacity)
        visit->refusal = REFUSED_ACTIVITY_FULL;
    return visit->refusal != ACCEPTED || write_sign_up(db, visit, SIGNED_UP, error);
}

bool activity_sign_up(struct db *db, const struct attendance *attendance, enum refusal *refusal,
                      struct error *error)
{
    struct attendance copy = *attendance;

    return run_visit(db, sign_up, &copy, refusal, error);
}

static bool sign_off(struct db *db, void *context, struct error *error)
{
    struct visit *visit = context;

    if (!begin_visit(db, visit, error))
        return false;
    if (visit->refusal != ACCEPTED || visit->sign_up == SIGNED_OFF)
        return true;
    if (visit->sign_up == 0)
        visit->refusal = REFUSED_NOT_SIGNED_UP;
    else if (visit->activity.starts_us <= visit->attendance->now_us)
        visit->refusal = REFUSED_NOT_OPEN;
    return visit->refusal != ACCEPTED || write_sign_up(db, visit, SIGNED_OFF, error);
}

bool activity_sign_off(struct db *db, const struct attendance *attendance, enum refusal *refusal,
                       struct error *error)
{
    struct attendance copy = *attendance;

    return run_visit(db, sign_off, &copy, refusal, error);
}

/* --- Check-in and check-out ------------------------------------------------------------------ */

struct open_record {
    uint64_t id;
    int state;
    int64_t started_us;
};

/* The member's record of this activity; id 0 when there is none. */
static bool read_record(struct db *db, const struct attendance *attendance,
                        struct open_record *record, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT record_id, state, started_us FROM records"
                                 " WHERE activity_id = ? AND member_id = ?",
                                 DB_ID(attendance->activity_id), DB_ID(attendance->member_id));

    *record = (struct open_record){0};
    if (rows_next(rows))
        *record = (struct open_record){rows_id(rows, 0), (int)rows_int(rows, 1), rows_int(rows, 2)};
    return rows_end(rows, error);
}

static enum refusal check_in_refusal(const struct visit *visit)
{
    if (visit->refusal != ACCEPTED)
        return visit->refusal;
    if (visit->sign_up != SIGNED_UP)
        return REFUSED_NOT_SIGNED_UP;
    if (visit->attendance->now_us < visit->activity.starts_us - CHECK_IN_EARLY_US ||
        visit->attendance->now_us >= visit->activity.ends_us)
        return REFUSED_NOT_OPEN;
    return ACCEPTED;
}

static bool check_in(struct db *db, void *context, struct error *error)
{
    struct visit *visit = context;
    struct attendance *attendance = visit->attendance;
    struct open_record record;

    if (!begin_visit(db, visit, error) || !read_record(db, attendance, &record, error))
        return false;
    if (record.id != 0) {
        attendance->record_id = record.id;
        return true;
    }
    visit->refusal = check_in_refusal(visit);
    return visit->refusal != ACCEPTED ||
           db_run(db, error,
                  "INSERT INTO records (record_id, activity_id, member_id, state, grade,"
                  " started_us, ended_us, minutes, points, reviewed_by, reviewed_us, note)"
                  " VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, '')",
                  DB_ID(attendance->record_id), DB_ID(attendance->activity_id),
                  DB_ID(attendance->member_id), DB_INT(RECORD_OPEN), DB_INT(attendance->grade),
                  DB_INT(attendance->now_us)) >= 0;
}

bool activity_check_in(struct db *db, struct attendance *attendance, enum refusal *refusal,
                       struct error *error)
{
    return run_visit(db, check_in, attendance, refusal, error);
}

static bool check_out(struct db *db, void *context, struct error *error)
{
    struct visit *visit = context;
    struct attendance *attendance = visit->attendance;
    struct open_record record;

    if (!begin_visit(db, visit, error) || !read_record(db, attendance, &record, error))
        return false;
    if (visit->refusal != ACCEPTED)
        return true;
    attendance->record_id = record.id;
    if (record.id == 0)
        visit->refusal = REFUSED_WRONG_STATE;
    else if (attendance->now_us > visit->activity.ends_us + CHECK_OUT_LATE_US)
        visit->refusal = REFUSED_NOT_OPEN;
    if (visit->refusal != ACCEPTED || record.state != RECORD_OPEN)
        return true;
    return db_run(db, error,
                  "UPDATE records SET state = ?, ended_us = ?, minutes = ? WHERE record_id = ?",
                  DB_INT(RECORD_PENDING), DB_INT(attendance->now_us),
                  DB_INT(activity_minutes(&visit->activity, record.started_us, attendance->now_us)),
                  DB_ID(record.id)) >= 0;
}

bool activity_check_out(struct db *db, struct attendance *attendance, enum refusal *refusal,
                        struct error *error)
{
    return run_visit(db, check_out, attendance, refusal, error);
}
