#include "service/series.h"

enum series_state { SERIES_GOING_ON = 1, SERIES_STOPPED };

/* --- Starting and stopping ------------------------------------------------------------------- */

struct setting {
    const struct series *series;
    enum refusal refusal;
};

static bool lock_pattern(struct db *db, struct setting *setting, struct error *error)
{
    uint64_t id = setting->series->id;
    struct rows *rows = db_query(
        db, "SELECT state, part_of, series_id FROM activities WHERE activity_id = ? FOR UPDATE",
        DB_ID(id));

    setting->refusal = REFUSED_NOT_FOUND;
    if (rows_next(rows)) {
        bool is_other = rows_id(rows, 2) != 0 && rows_id(rows, 2) != id;

        setting->refusal = rows_int(rows, 0) == ACTIVITY_DRAFT || rows_id(rows, 1) != 0 || is_other
                               ? REFUSED_WRONG_STATE
                               : ACCEPTED;
    }
    return rows_end(rows, error);
}

static bool set(struct db *db, void *context, struct error *error)
{
    struct setting *setting = context;
    const struct series *series = setting->series;

    if (!lock_pattern(db, setting, error))
        return false;
    return setting->refusal != ACCEPTED ||
           (db_run(db, error,
                   "INSERT INTO activity_series (series_id, pattern_id, state, weeks_ahead,"
                   " next_week, until_us, created_by, created_us) VALUES (?, ?, ?, ?, 1, ?, ?, ?)"
                   " ON DUPLICATE KEY UPDATE state = VALUES(state),"
                   " weeks_ahead = VALUES(weeks_ahead), until_us = VALUES(until_us)",
                   DB_ID(series->id), DB_ID(series->id), DB_INT(SERIES_GOING_ON),
                   DB_INT(series->weeks_ahead), DB_INT(series->until_us), DB_ID(series->actor),
                   DB_INT(series->now_us)) >= 0 &&
            db_run(db, error, "UPDATE activities SET series_id = ? WHERE activity_id = ?",
                   DB_ID(series->id), DB_ID(series->id)) >= 0);
}

bool series_set(struct db *db, const struct series *series, enum refusal *refusal,
                struct error *error)
{
    struct setting setting = {.series = series};
    bool done = db_transaction(db, set, &setting, error);

    *refusal = setting.refusal;
    return done;
}

bool series_stop(struct db *db, uint64_t series_id, enum refusal *refusal, struct error *error)
{
    int64_t found = db_run(db, error, "UPDATE activity_series SET state = ? WHERE series_id = ?",
                           DB_INT(SERIES_STOPPED), DB_ID(series_id));

    *refusal = found > 0 ? ACCEPTED : REFUSED_NOT_FOUND;
    return found >= 0;
}

/* --- Publishing ------------------------------------------------------------------------------ */

struct publishing {
    struct id_maker *ids;
    uint64_t series_id;
    int64_t now_us;
    int week;     /* the next one; 0: there is nothing to publish */
    bool is_past; /* of that week */
    bool goes_on; /* there may be another */
};

static bool lock_series(struct db *db, struct publishing *work, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT s.next_week, s.weeks_ahead, s.until_us, a.starts_us"
                 " FROM activity_series s JOIN activities a ON a.activity_id = s.pattern_id"
                 " WHERE s.series_id = ? AND s.state = ? FOR UPDATE",
                 DB_ID(work->series_id), DB_INT(SERIES_GOING_ON));

    work->week = 0;
    if (rows_next(rows)) {
        int64_t starts_us = rows_int(rows, 3) + rows_int(rows, 0) * WEEK_US;
        int64_t until_us = rows_int(rows, 2);

        if (starts_us <= work->now_us + rows_int(rows, 1) * WEEK_US &&
            (until_us == 0 || starts_us <= until_us))
            work->week = (int)rows_int(rows, 0);
        work->is_past = starts_us <= work->now_us;
    }
    work->goes_on = work->week != 0;
    return rows_end(rows, error);
}

/* The pattern, or one of its shifts, `week` weeks later. */
static bool copy(struct db *db, const struct publishing *work, uint64_t from, uint64_t id,
                 uint64_t part_of, struct error *error)
{
    return db_run(db, error,
                  "INSERT INTO activities (activity_id, part_of, series_id, state, starts_us,"
                  " ends_us, signed_up, created_us, created_by, unit_id, category, title,"
                  " description, place, capacity, skill, age_note, insurance_note, latitude_e6,"
                  " longitude_e6, radius_m, difficulty)"
                  " SELECT ?, ?, ?, ?, starts_us + ?, ends_us + ?, 0, ?, created_by, unit_id,"
                  " category, title, description, place, capacity, skill, age_note,"
                  " insurance_note, latitude_e6, longitude_e6, radius_m, difficulty FROM activities"
                  " WHERE activity_id = ?",
                  DB_ID(id), DB_ID(part_of), DB_ID(work->series_id), DB_INT(ACTIVITY_PUBLISHED),
                  DB_INT(work->week * WEEK_US), DB_INT(work->week * WEEK_US), DB_INT(work->now_us),
                  DB_ID(from)) >= 0;
}

static bool copy_shifts(struct db *db, const struct publishing *work, uint64_t whole_id,
                        struct error *error)
{
    uint64_t shifts[SHIFTS_MOST];
    size_t count = 0;
    struct rows *rows = db_query(db, "SELECT activity_id FROM activities WHERE part_of = ? LIMIT ?",
                                 DB_ID(work->series_id), DB_INT(SHIFTS_MOST));

    while (rows_next(rows))
        shifts[count++] = rows_id(rows, 0);
    if (!rows_end(rows, error))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!copy(db, work, shifts[i], id_next(work->ids), whole_id, error))
            return false;
    return true;
}

static bool publish_week(struct db *db, void *context, struct error *error)
{
    struct publishing *work = context;
    uint64_t id = id_next(work->ids);

    if (!lock_series(db, work, error))
        return false;
    if (work->week == 0)
        return true;
    if (!work->is_past &&
        (!copy(db, work, work->series_id, id, 0, error) || !copy_shifts(db, work, id, error)))
        return false;
    return db_run(db, error, "UPDATE activity_series SET next_week = ? WHERE series_id = ?",
                  DB_INT(work->week + 1), DB_ID(work->series_id)) >= 0;
}

bool series_publish(struct db *db, struct id_maker *ids, uint64_t series_id, int64_t now_us,
                    struct error *error)
{
    struct publishing work = {.ids = ids, .series_id = series_id, .now_us = now_us};

    do {
        if (!db_transaction(db, publish_week, &work, error))
            return false;
    } while (work.goes_on);
    return true;
}

#define SLICE 100

/* Those that are going on, above `after`. */
static bool read_series(struct db *db, uint64_t after, uint64_t series[SLICE], size_t *count,
                        struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT series_id FROM activity_series WHERE series_id > ?"
                                 " AND state = ? ORDER BY series_id LIMIT ?",
                                 DB_ID(after), DB_INT(SERIES_GOING_ON), DB_INT(SLICE));

    for (*count = 0; rows_next(rows); (*count)++)
        series[*count] = rows_id(rows, 0);
    return rows_end(rows, error);
}

bool series_publish_all(struct db *db, struct id_maker *ids, int64_t now_us, struct error *error)
{
    uint64_t series[SLICE], after = 0;
    size_t count;

    do {
        if (!read_series(db, after, series, &count, error))
            return false;
        for (size_t i = 0; i < count; i++)
            if (!series_publish(db, ids, after = series[i], now_us, error))
                return false;
    } while (count == SLICE);
    return true;
}
