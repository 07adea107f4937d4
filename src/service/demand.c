#include "service/demand.h"

#include <stdlib.h>

#include "service/figures_sql.h"
#include "service/participation.h"

/* Of an activity with shifts, these are what is signed up for. 2: published. */
#define WHERE_OFFERED                                                                              \
    " WHERE u.path LIKE ? AND w.starts_us >= ? AND w.starts_us < ?"                                \
    " AND a.starts_us >= ? AND a.starts_us < ? AND w.state IN (2, 3, 4, 5)"                        \
    " AND a.state IN (2, 3, 4, 5) AND (a.part_of <> 0 OR NOT EXISTS"                               \
    " (SELECT 1 FROM activities s WHERE s.part_of = a.activity_id))"

/* Sign-up 1 has a place; in_line 0 took it without waiting for it. Record 4 is rejected. */
#define TAKEN_AT                                                                                   \
    "(SELECT MAX(s.at_us) FROM sign_ups s"                                                         \
    "  WHERE s.activity_id = a.activity_id AND s.state = 1 AND s.in_line = 0)"
#define CAME                                                                                       \
    "(SELECT COUNT(*) FROM sign_ups s"                                                             \
    "  JOIN records r ON r.activity_id = s.activity_id AND r.member_id = s.member_id"              \
    "  WHERE s.activity_id = a.activity_id AND s.state = 1 AND r.state <> 4"                       \
    "  AND r.record_id NOT IN"                                                                     \
    "  (SELECT p.subject FROM proposals p WHERE p.kind = 2 AND p.state = 1))"

static struct demand read_demand(struct rows *rows, struct arena *arena)
{
    struct demand demand = {
        .activity_id = rows_id(rows, 0),
        .unit_id = rows_id(rows, 1),
        .category = (int)rows_int(rows, 2),
        .category_code = rows_copy(rows, 3, arena),
        .title = rows_copy(rows, 4, arena),
        .starts_us = rows_int(rows, 5),
        .places = rows_int(rows, 6),
        .signed_up = rows_int(rows, 7),
        .waiting = rows_int(rows, 8),
        .full_after_us = rows_int(rows, 9),
        .came = rows_int(rows, 10),
    };

    if (rows_int(rows, 11) == 0 || demand.signed_up < PARTICIPATION_LEAST)
        demand.came = DEMAND_UNTOLD;
    return demand;
}

/* By (signed up + waiting) / places, without dividing. */
static int compare_demand(const void *one, const void *other)
{
    const struct demand *a = one, *b = other;
    int64_t left = (a->signed_up + a->waiting) * b->places;
    int64_t right = (b->signed_up + b->waiting) * a->places;

    if (left != right)
        return left > right ? -1 : 1;
    return (a->activity_id > b->activity_id) - (a->activity_id < b->activity_id);
}

bool demand_read(struct db *db, const struct figures_of *of, struct arena *arena,
                 struct demand **list, size_t *count, struct error *error)
{
    struct figures_span span = figures_span(of, arena);
    struct rows *rows = db_query(
        db,
        "SELECT w.activity_id, w.unit_id, w.category, c.code, w.title, w.starts_us,"
        " SUM(a.capacity), SUM(a.signed_up), SUM(a.waiting),"
        " IF(MIN(a.signed_up >= a.capacity) = 1 AND COUNT(" TAKEN_AT ") = COUNT(*),"
        "  GREATEST(MAX(" TAKEN_AT ") - w.created_us, 1), 0),"
        " SUM(" CAME "), MIN(a.state IN (4, 5)), COUNT(*) OVER ()" FROM_HELD
        " JOIN categories c ON c.category_id = w.category" WHERE_OFFERED " GROUP BY w.activity_id",
        HELD_VALUES(&span));

    *list = NULL;
    for (*count = 0; rows_next(rows); (*count)++) {
        if (*count == 0)
            *list = arena_take(arena, (size_t)rows_int(rows, 12) * sizeof **list);
        (*list)[*count] = read_demand(rows, arena);
    }
    if (*count > 0)
        qsort(*list, *count, sizeof **list, compare_demand);
    return rows_end(rows, error);
}

static void add(struct category_demand *sum, const struct demand *demand)
{
    sum->category_code = demand->category_code;
    sum->activities++;
    sum->places += demand->places;
    sum->signed_up += demand->signed_up;
    sum->waiting += demand->waiting;
    if (demand->came == DEMAND_UNTOLD)
        return;
    sum->told_signed_up += demand->signed_up;
    sum->came += demand->came;
}

size_t demand_by_category(const struct demand *list, size_t count,
                          struct category_demand categories[CATEGORIES_MOST])
{
    size_t found = 0;

    for (size_t i = 0; i < CATEGORIES_MOST; i++)
        categories[i] = (struct category_demand){0};
    for (size_t i = 0; i < count; i++) {
        ASSERT(list[i].category >= 0 && list[i].category < CATEGORIES_MOST);
        add(&categories[list[i].category], &list[i]);
    }
    for (size_t i = 0; i < CATEGORIES_MOST; i++)
        if (categories[i].activities > 0)
            categories[found++] = categories[i];
    return found;
}
