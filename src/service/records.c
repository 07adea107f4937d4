/* Records as people see them: what query threads read. The decisions are commands (record.h). */
#include "service/activities.h"

#define RECORD_COLUMNS                                                                             \
    "SELECT r.record_id, r.activity_id, r.member_id, r.state, r.grade, r.started_us, r.ended_us,"  \
    " r.minutes, r.points, r.reviewed_by, r.reviewed_us, a.unit_id, a.title,"                      \
    " c.coefficient_percent, r.proposed_by, r.notice_until_us, r.place_check, r.stated,"           \
    " r.statement_until_us, EXISTS (SELECT 1 FROM records o WHERE o.member_id = r.member_id"       \
    "  AND o.record_id <> r.record_id AND o.state <> 4 AND r.state <> 4"                           \
    "  AND o.started_us < r.ended_us AND r.started_us < o.ended_us),"                              \
    " (SELECT MAX(k.due_us) FROM checks k WHERE r.state = 6 AND k.ref = r.record_id"               \
    "  AND k.state = 1), c.code, a.difficulty, EXISTS (SELECT 1 FROM members m"                    \
    "  WHERE m.member_id = r.member_id AND m.erased_us > 0) FROM records r"                        \
    " JOIN activities a ON a.activity_id = r.activity_id"                                          \
    " JOIN categories c ON c.category_id = a.category "

static void read_view(struct rows *rows, struct arena *arena, struct record_view *view)
{
    *view = (struct record_view){
        .record = {.row = {.key = rows_id(rows, 0)},
                   .activity_id = rows_id(rows, 1),
                   .member_id = rows_id(rows, 2),
                   .state = (enum record_state)rows_int(rows, 3),
                   .grade = (enum evidence_grade)rows_int(rows, 4),
                   .started_us = rows_int(rows, 5),
                   .ended_us = rows_int(rows, 6),
                   .minutes = (int32_t)rows_int(rows, 7),
                   .points = rows_int(rows, 8),
                   .reviewed_by = rows_id(rows, 9),
                   .reviewed_us = rows_int(rows, 10),
                   .proposed_by = rows_id(rows, 14),
                   .notice_until_us = rows_int(rows, 15)},
        .unit_id = rows_id(rows, 11),
        .activity_title = rows_copy(rows, 12, arena),
        .coefficient_percent = (int32_t)rows_int(rows, 13),
        .place_check = (enum place_check)rows_int(rows, 16),
        .stated = rows_int(rows, 17) != 0,
        .statement_until_us = rows_int(rows, 18),
        .overlaps = rows_int(rows, 19) != 0,
        .answer_by_us = rows_int(rows, 20),
        .category = rows_copy(rows, 21, arena),
        .difficulty = (int32_t)rows_int(rows, 22),
        .is_erased = rows_int(rows, 23) != 0,
    };
}

enum find record_find(struct db *db, uint64_t record_id, struct arena *arena,
                      struct record_view *view, struct error *error)
{
    struct rows *rows = db_query(db, RECORD_COLUMNS "WHERE r.record_id = ?", DB_ID(record_id));
    bool found = rows_next(rows);

    if (found)
        read_view(rows, arena, view);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

bool record_list(struct db *db, const struct record_filter *filter, uint64_t after, int64_t limit,
                 struct arena *arena, struct record_view **views, size_t *count,
                 struct error *error)
{
    struct rows *rows =
        db_query(db,
                 RECORD_COLUMNS "JOIN units u ON u.unit_id = a.unit_id WHERE r.record_id > ?"
                                " AND (? = 0 OR r.activity_id = ?) AND (? = 0 OR r.member_id = ?)"
                                " AND (? = 0 OR r.state = ?)"
                                " AND (? = 0 OR u.path LIKE CONCAT('%/', ?, '/%'))"
                                " ORDER BY r.record_id LIMIT ?",
                 DB_ID(after), DB_ID(filter->activity_id), DB_ID(filter->activity_id),
                 DB_ID(filter->member_id), DB_ID(filter->member_id), DB_INT(filter->state),
                 DB_INT(filter->state), DB_ID(filter->under), DB_ID(filter->under), DB_INT(limit));

    *views = arena_take(arena, (size_t)limit * sizeof **views);
    for (*count = 0; rows_next(rows); (*count)++)
        read_view(rows, arena, &(*views)[*count]);
    return rows_end(rows, error);
}
