#include "service/participation.h"

#include <inttypes.h>
#include <stdlib.h>

#include "service/figures_sql.h"

/* Everybody who served in the period, anywhere. */
#define TOOK_PART                                                                                  \
    "(SELECT DISTINCT " PERSON " AS person_id" FROM_HELD                                           \
    " JOIN records r ON r.activity_id = a.activity_id" JOIN_PERSON WHERE_HELD                      \
    " AND " RECORD_COUNTS ")"

/* It is the one before, or one above that. */
size_t participation_parent(const struct participation *units, size_t own, uint64_t parent_id)
{
    size_t above = own > 0 ? own - 1 : own;

    while (units[above].unit_id != parent_id && units[above].parent != above)
        above = units[above].parent;
    return units[above].unit_id == parent_id ? above : own;
}

/* "/1/" of "/1/5/9/" and all below. */
static const char *tree_of(const char *path, struct arena *arena)
{
    return arena_printf(arena, "/%" PRIu64 "/%%", (uint64_t)strtoull(path + 1, NULL, 10));
}

bool participation_read(struct db *db, const struct figures_of *of, uint64_t unit_id,
                        struct arena *arena, struct participation **units, size_t *count,
                        size_t *at, struct error *error)
{
    struct figures_of anywhere = *of;

    anywhere.path = "/";
    struct figures_span span = figures_span(&anywhere, arena);
    struct rows *rows =
        db_query(db,
                 "SELECT t.unit_id, t.parent_id, t.name, COUNT(m.member_id), COUNT(p.person_id),"
                 " COUNT(*) OVER () FROM units t"
                 " LEFT JOIN members m ON m.unit_id = t.unit_id AND " IS_MEMBER
                 " LEFT JOIN " TOOK_PART " p ON p.person_id = m.member_id"
                 " WHERE t.path LIKE ? GROUP BY t.unit_id, t.path ORDER BY t.path",
                 HELD_VALUES(&span), DB_STR(tree_of(of->path, arena)));

    *units = NULL;
    *at = 0;
    for (*count = 0; rows_next(rows); (*count)++) {
        if (*count == 0)
            *units = arena_take(arena, (size_t)rows_int(rows, 5) * sizeof **units);
        (*units)[*count] = (struct participation){
            .unit_id = rows_id(rows, 0),
            .name = rows_copy(rows, 2, arena),
            .parent = participation_parent(*units, *count, rows_id(rows, 1)),
            .direct_members = rows_int(rows, 3),
            .direct_active = rows_int(rows, 4),
        };
        if ((*units)[*count].unit_id == unit_id)
            *at = *count;
    }
    participation_hide(*units, *count, PARTICIPATION_LEAST);
    return rows_end(rows, error);
}

bool participation_people(struct db *db, const struct figures_of *of, bool active, uint64_t after,
                          int64_t limit, struct arena *arena, uint64_t **members, size_t *count,
                          struct error *error)
{
    struct figures_of anywhere = *of;

    anywhere.path = "/";
    anywhere.directly = false;
    struct figures_span here = figures_span(of, arena), span = figures_span(&anywhere, arena);
    struct rows *rows = db_query(
        db,
        "SELECT m.member_id FROM units t JOIN members m ON m.unit_id = t.unit_id"
        " AND " IS_MEMBER " WHERE t.path LIKE ? AND m.member_id > ?"
        " AND (? = 0 OR m.member_id IN " TOOK_PART ") ORDER BY m.member_id LIMIT ?",
        DB_STR(here.pattern), DB_ID(after), DB_INT(active), HELD_VALUES(&span), DB_INT(limit));

    *members = arena_take(arena, (size_t)limit * sizeof **members);
    for (*count = 0; rows_next(rows); (*count)++)
        (*members)[*count] = rows_id(rows, 0);
    return rows_end(rows, error);
}
