#include "service/visit.h"

static bool lock_activity(struct db *db, struct visit *visit, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT a.state, a.starts_us, a.ends_us, a.capacity, a.signed_up, a.waiting,"
                 " a.latitude_e6, a.longitude_e6, a.radius_m,"
                 " EXISTS (SELECT 1 FROM activities s WHERE s.part_of = a.activity_id)"
                 " FROM activities a WHERE a.activity_id = ? FOR UPDATE",
                 DB_ID(visit->attendance->activity_id));

    visit->refusal = REFUSED_NOT_FOUND;
    if (rows_next(rows)) {
        visit->activity = (struct activity){
            .id = visit->attendance->activity_id,
            .state = (enum activity_state)rows_int(rows, 0),
            .starts_us = rows_int(rows, 1),
            .ends_us = rows_int(rows, 2),
            .capacity = (int32_t)rows_int(rows, 3),
            .signed_up = (int32_t)rows_int(rows, 4),
            .waiting = (int32_t)rows_int(rows, 5),
            .latitude_e6 = (int32_t)rows_int(rows, 6),
            .longitude_e6 = (int32_t)rows_int(rows, 7),
            .radius_m = (int32_t)rows_int(rows, 8),
        };
        visit->has_shifts = rows_int(rows, 9) != 0;
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

    visit->sign_up = rows_next(rows) ? (enum sign_up_state)rows_int(rows, 0) : SIGN_UP_NONE;
    return rows_end(rows, error);
}

bool visit_begin(struct db *db, struct visit *visit, struct error *error)
{
    return lock_activity(db, visit, error) && read_sign_up(db, visit, error);
}

bool visit_run(struct db *db, bool (*step)(struct db *, void *, struct error *),
               struct attendance *attendance, enum refusal *refusal, struct error *error)
{
    struct visit visit = {.attendance = attendance};
    bool done = db_transaction(db, step, &visit, error);

    *refusal = visit.refusal;
    return done;
}
