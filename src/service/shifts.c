#include "service/series.h"

struct adding {
    const struct shift *shift;
    enum refusal refusal;
};

static enum refusal refusal_of(const struct shift *shift, struct rows *rows)
{
    int state = (int)rows_int(rows, 0);
    bool is_shift = rows_id(rows, 3) != 0, has_sign_ups = rows_int(rows, 4) > 0;

    if ((state > ACTIVITY_RUNNING) || is_shift || has_sign_ups)
        return REFUSED_WRONG_STATE;
    if (shift->starts_us < rows_int(rows, 1) || shift->ends_us > rows_int(rows, 2) ||
        rows_int(rows, 5) >= SHIFTS_MOST)
        return REFUSED_TOO_MUCH;
    return ACCEPTED;
}

static bool lock_whole(struct db *db, struct adding *adding, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT a.state, a.starts_us, a.ends_us, a.part_of, a.signed_up + a.waiting,"
                 " (SELECT COUNT(*) FROM activities s WHERE s.part_of = a.activity_id)"
                 " FROM activities a WHERE a.activity_id = ? FOR UPDATE",
                 DB_ID(adding->shift->whole_id));

    adding->refusal = rows_next(rows) ? refusal_of(adding->shift, rows) : REFUSED_NOT_FOUND;
    return rows_end(rows, error);
}

static bool add(struct db *db, void *context, struct error *error)
{
    struct adding *adding = context;
    const struct shift *shift = adding->shift;

    if (!lock_whole(db, adding, error))
        return false;
    return adding->refusal != ACCEPTED ||
           db_run(db, error,
                  "INSERT INTO activities (activity_id, part_of, title, starts_us, ends_us,"
                  " capacity, signed_up, created_by, created_us, unit_id, category, state,"
                  " description, place, skill, age_note, insurance_note, latitude_e6,"
                  " longitude_e6, radius_m, difficulty)"
                  " SELECT ?, activity_id, LEFT(CONCAT(title, ' · ', ?), 200), ?, ?, ?, 0, ?, ?,"
                  " unit_id, category, state, description, place, skill, age_note,"
                  " insurance_note, latitude_e6, longitude_e6, radius_m, difficulty FROM activities"
                  " WHERE activity_id = ?",
                  DB_ID(shift->id), DB_TEXT(shift->post), DB_INT(shift->starts_us),
                  DB_INT(shift->ends_us), DB_INT(shift->capacity), DB_ID(shift->created_by),
                  DB_INT(shift->now_us), DB_ID(shift->whole_id)) >= 0;
}

bool shift_add(struct db *db, const struct shift *shift, enum refusal *refusal, struct error *error)
{
    struct adding adding = {.shift = shift};
    bool done = db_transaction(db, add, &adding, error);

    *refusal = adding.refusal;
    return done;
}
