#include "service/activities.h"

#include "base/clock.h"

const char *activity_state_name(enum activity_state state)
{
    static const char *const names[] = {
        [ACTIVITY_DRAFT] = "draft",     [ACTIVITY_PUBLISHED] = "published",
        [ACTIVITY_RUNNING] = "running", [ACTIVITY_CLOSED] = "closed",
        [ACTIVITY_SETTLED] = "settled", [ACTIVITY_CANCELLED] = "cancelled",
    };

    return name_from(names, ARRAY_LENGTH(names), (size_t)state);
}

bool activity_create(struct db *db, const struct activity *activity, struct error *error)
{
    return db_run(db, error,
                  "INSERT INTO activities (activity_id, unit_id, category, state, title,"
                  " description, place, starts_us, ends_us, capacity, signed_up, created_by,"
                  " created_us, part_of, series_id, skill, age_note, insurance_note, latitude_e6,"
                  " longitude_e6, radius_m, difficulty)"
                  " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, COALESCE(?, ''),"
                  " COALESCE(?, ''), COALESCE(?, ''), ?, ?, ?, ?)",
                  DB_ID(activity->id), DB_ID(activity->unit_id), DB_INT(activity->category),
                  DB_INT(ACTIVITY_DRAFT), DB_STR(activity->title), DB_STR(activity->description),
                  DB_STR(activity->place), DB_INT(activity->starts_us), DB_INT(activity->ends_us),
                  DB_INT(activity->capacity), DB_ID(activity->created_by),
                  DB_INT(activity->created_us), DB_ID(activity->part_of),
                  DB_ID(activity->series_id), DB_STR(activity->skill), DB_STR(activity->age_note),
                  DB_STR(activity->insurance_note), DB_INT(activity->latitude_e6),
                  DB_INT(activity->longitude_e6), DB_INT(activity->radius_m),
                  DB_INT(activity->difficulty)) >= 0;
}

#define ACTIVITY_COLUMNS                                                                           \
    "SELECT a.activity_id, a.unit_id, a.category, c.code, a.state, a.title, a.description,"        \
    " a.place, a.starts_us, a.ends_us, a.capacity, a.signed_up, a.created_by, a.created_us,"       \
    " a.waiting, a.part_of, a.series_id, a.skill, a.age_note, a.insurance_note, a.latitude_e6,"    \
    " a.longitude_e6, a.radius_m, a.difficulty"                                                    \
    " FROM activities a JOIN categories c ON c.category_id = a.category "

static void read_activity(struct rows *rows, struct arena *arena, struct activity *activity)
{
    *activity = (struct activity){
        .id = rows_id(rows, 0),
        .unit_id = rows_id(rows, 1),
        .category = (int)rows_int(rows, 2),
        .category_code = rows_copy(rows, 3, arena),
        .state = (enum activity_state)rows_int(rows, 4),
        .title = rows_copy(rows, 5, arena),
        .description = rows_copy(rows, 6, arena),
        .place = rows_copy(rows, 7, arena),
        .starts_us = rows_int(rows, 8),
        .ends_us = rows_int(rows, 9),
        .capacity = (int32_t)rows_int(rows, 10),
        .signed_up = (int32_t)rows_int(rows, 11),
        .created_by = rows_id(rows, 12),
        .created_us = rows_int(rows, 13),
        .waiting = (int32_t)rows_int(rows, 14),
        .part_of = rows_id(rows, 15),
        .series_id = rows_id(rows, 16),
        .skill = rows_copy(rows, 17, arena),
        .age_note = rows_copy(rows, 18, arena),
        .insurance_note = rows_copy(rows, 19, arena),
        .latitude_e6 = (int32_t)rows_int(rows, 20),
        .longitude_e6 = (int32_t)rows_int(rows, 21),
        .radius_m = (int32_t)rows_int(rows, 22),
        .difficulty = (int32_t)rows_int(rows, 23),
    };
}

enum find activity_find(struct db *db, uint64_t activity_id, struct arena *arena,
                        struct activity *activity, struct error *error)
{
    struct rows *rows =
        db_query(db, ACTIVITY_COLUMNS "WHERE a.activity_id = ?", DB_ID(activity_id));
    bool found = rows_next(rows);

    if (found)
        read_activity(rows, arena, activity);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

/* A filter that is not set admits everything. Words are looked for as they are: % and _ too. */
bool activity_list(struct db *db, const struct activity_filter *filter, uint64_t after,
                   int64_t limit, struct arena *arena, struct activity **activities, size_t *count,
                   struct error *error)
{
    struct rows *rows = db_query(
        db,
        ACTIVITY_COLUMNS
        "JOIN units u ON u.unit_id = a.unit_id"
        " WHERE a.activity_id > ? AND (a.state <> 1 OR"
        " (? AND (? = 0 OR u.path LIKE CONCAT('%/', ?, '/%'))))"
        " AND (? = 0 OR u.path LIKE CONCAT('%/', ?, '/%')) AND a.part_of = ?"
        " AND (? = 0 OR a.series_id = ?) AND (? = 0 OR a.category = ?)"
        " AND (? = '' OR a.skill = ?) AND (? = '' OR LOCATE(?, a.place) > 0)"
        " AND (? = '' OR LOCATE(?, a.title) > 0 OR LOCATE(?, a.description) > 0)"
        " AND a.ends_us > ? AND (? = 0 OR a.starts_us < ?)"
        " AND (? = 0 OR (a.state IN (2, 3) AND a.ends_us > ? AND a.signed_up < a.capacity))"
        " ORDER BY a.activity_id LIMIT ?",
        DB_ID(after), DB_INT(filter->with_drafts), DB_ID(filter->drafts_under),
        DB_ID(filter->drafts_under), DB_ID(filter->under), DB_ID(filter->under),
        DB_ID(filter->part_of), DB_ID(filter->series_id), DB_ID(filter->series_id),
        DB_INT(filter->category), DB_INT(filter->category), DB_TEXT(filter->skill),
        DB_TEXT(filter->skill), DB_TEXT(filter->place), DB_TEXT(filter->place),
        DB_TEXT(filter->words), DB_TEXT(filter->words), DB_TEXT(filter->words),
        DB_INT(filter->from_us), DB_INT(filter->to_us), DB_INT(filter->to_us),
        DB_INT(filter->open_at_us), DB_INT(filter->open_at_us), DB_INT(limit));

    *activities = arena_take(arena, (size_t)limit * sizeof **activities);
    for (*count = 0; rows_next(rows); (*count)++)
        read_activity(rows, arena, &(*activities)[*count]);
    return rows_end(rows, error);
}

bool activity_publish(struct db *db, uint64_t activity_id, int64_t now_us, enum refusal *refusal,
                      struct error *error)
{
    int64_t changed =
        db_run(db, error,
               "UPDATE activities SET state = ? WHERE (activity_id = ? OR part_of = ?)"
               " AND state = ? AND ends_us > ?",
               DB_INT(ACTIVITY_PUBLISHED), DB_ID(activity_id), DB_ID(activity_id),
               DB_INT(ACTIVITY_DRAFT), DB_INT(now_us));

    *refusal = changed == 0 ? REFUSED_WRONG_STATE : ACCEPTED;
    return changed >= 0;
}

bool activities_advance(struct db *db, int64_t now_us, struct error *error)
{
    return db_run(db, error, "UPDATE activities SET state = ? WHERE state = ? AND starts_us <= ?",
                  DB_INT(ACTIVITY_RUNNING), DB_INT(ACTIVITY_PUBLISHED), DB_INT(now_us)) >= 0 &&
           db_run(db, error, "UPDATE activities SET state = ? WHERE state = ? AND ends_us <= ?",
                  DB_INT(ACTIVITY_CLOSED), DB_INT(ACTIVITY_RUNNING),
                  DB_INT(now_us - CHECK_OUT_LATE_US)) >= 0 &&
           db_run(db, error,
                  "UPDATE activities a SET a.state = ? WHERE a.state = ? AND NOT EXISTS"
                  " (SELECT 1 FROM records r WHERE r.activity_id = a.activity_id"
                  "  AND r.state IN (1, 2, 5, 6))",
                  DB_INT(ACTIVITY_SETTLED), DB_INT(ACTIVITY_CLOSED)) >= 0;
}
