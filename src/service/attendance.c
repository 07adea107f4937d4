/*
 * Check-in and check-out: each one transaction that first locks the activity's row.
 */
#include "service/visit.h"

int32_t activity_minutes(const struct activity *activity, int64_t from_us, int64_t to_us)
{
    if (from_us < activity->starts_us)
        from_us = activity->starts_us;
    if (to_us > activity->ends_us)
        to_us = activity->ends_us;
    return to_us <= from_us ? 0 : (int32_t)((to_us - from_us) / MINUTE_US);
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
                                 " WHERE activity_id = ? AND member_id = ?"
                                 " ORDER BY served_as LIMIT 1",
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

/* Only what came of the place check is kept; near enough, it makes better evidence. */
static void check_place(struct visit *visit)
{
    const struct activity *activity = &visit->activity;
    struct attendance *attendance = visit->attendance;

    attendance->place_check =
        place_check((struct position){activity->latitude_e6, activity->longitude_e6},
                    activity->radius_m, attendance->at);
    if (attendance->place_check == PLACE_IN_RANGE)
        attendance->grade = GRADE_B;
}

static bool check_in(struct db *db, void *context, struct error *error)
{
    struct visit *visit = context;
    struct attendance *attendance = visit->attendance;
    struct open_record record;

    if (!visit_begin(db, visit, error) || !read_record(db, attendance, &record, error))
        return false;
    if (record.id != 0) {
        attendance->record_id = record.id;
        return true;
    }
    visit->refusal = check_in_refusal(visit);
    check_place(visit);
    return visit->refusal != ACCEPTED ||
           db_run(db, error,
                  "INSERT INTO records (record_id, activity_id, member_id, state, grade,"
                  " started_us, ended_us, minutes, points, reviewed_by, reviewed_us, note,"
                  " place_check) VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, '', ?)",
                  DB_ID(attendance->record_id), DB_ID(attendance->activity_id),
                  DB_ID(attendance->member_id), DB_INT(RECORD_OPEN), DB_INT(attendance->grade),
                  DB_INT(attendance->now_us), DB_INT(attendance->place_check)) >= 0;
}

bool activity_check_in(struct db *db, struct attendance *attendance, enum refusal *refusal,
                       struct error *error)
{
    return visit_run(db, check_in, attendance, refusal, error);
}

static bool check_out(struct db *db, void *context, struct error *error)
{
    struct visit *visit = context;
    struct attendance *attendance = visit->attendance;
    struct open_record record;

    if (!visit_begin(db, visit, error) || !read_record(db, attendance, &record, error))
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
    return visit_run(db, check_out, attendance, refusal, error);
}
