#include "service/roster.h"

#include "service/sign_ups.h"

bool roster_read(struct db *db, uint64_t activity_id, struct arena *arena,
                 struct roster_line **lines, size_t *count, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT a.activity_id, a.title, a.starts_us, a.ends_us, s.member_id"
                 " FROM activities a"
                 " LEFT JOIN sign_ups s ON s.activity_id = a.activity_id AND s.state = ?"
                 " WHERE a.activity_id = ? OR a.part_of = ?"
                 " ORDER BY a.part_of, a.starts_us, a.activity_id, s.member_id LIMIT ?",
                 DB_INT(SIGNED_UP), DB_ID(activity_id), DB_ID(activity_id), DB_INT(ROSTER_MOST));

    *lines = arena_take(arena, ROSTER_MOST * sizeof **lines);
    for (*count = 0; rows_next(rows); (*count)++)
        (*lines)[*count] = (struct roster_line){
            .activity_id = rows_id(rows, 0),
            .title = rows_copy(rows, 1, arena),
            .starts_us = rows_int(rows, 2),
            .ends_us = rows_int(rows, 3),
            .member_id = rows_id(rows, 4),
        };
    return rows_end(rows, error);
}
