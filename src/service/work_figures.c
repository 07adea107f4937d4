#include "service/work_figures.h"

#include "people/affiliations.h"
#include "service/figures_sql.h"
#include "service/participation.h"

#define LONGEST_MONTH 31

/* --- How many they are ----------------------------------------------------------------------- */

static bool count_members(struct db *db, const struct figures_of *of, struct work_figures *month,
                          struct arena *arena, struct error *error)
{
    struct figures_of these = *of;

    these.from_day = month->from_day;
    these.to_day = month->to_day;
    struct figures_span span = figures_span(&these, arena);
    struct rows *rows = db_query(db,
                                 "SELECT COUNT(DISTINCT x.member_id) FROM units t"
                                 " JOIN affiliations x ON x.unit_id = t.unit_id AND x.kind = ?"
                                 " JOIN members m ON m.member_id = x.member_id AND " IS_MEMBER
                                 " WHERE t.path LIKE ? AND x.from_us < ? AND x.to_us > ?",
                                 DB_INT(AFFILIATION_WORK), DB_STR(span.pattern), DB_INT(span.to_us),
                                 DB_INT(span.from_us));

    if (rows_next(rows))
        month->members = rows_int(rows, 0);
    month->hidden = month->members < PARTICIPATION_LEAST;
    return rows_end(rows, error);
}

static bool make_months(struct db *db, const struct figures_of *of, struct work_figures *total,
                        struct work_figures months[WORK_MONTHS_MOST], size_t *count,
                        struct arena *arena, struct error *error)
{
    *total = (struct work_figures){of->from_day, of->to_day, .members = INT64_MAX};
    *count = 0;
    for (int32_t day = of->from_day; day <= of->to_day; (*count)++) {
        int32_t next = figures_first_day(day + LONGEST_MONTH, BY_MONTH);
        struct work_figures *month = &months[*count];

        ASSERT(*count < WORK_MONTHS_MOST);
        *month = (struct work_figures){day, next - 1};
        if (!count_members(db, of, month, arena, error))
            return false;
        total->hidden |= month->hidden;
        if (month->members < total->members)
            total->members = month->members;
        day = next;
    }
    return true;
}

/* --- What they did --------------------------------------------------------------------------- */

/* The month that a row is about; the total for the last row, which is that of all months. */
static struct work_figures *part_of(struct rows *rows, struct work_figures *total,
                                    struct work_figures *months, size_t count)
{
    for (size_t i = 0; i < count && !rows_is_null(rows, 0); i++)
        if (months[i].from_day == rows_int(rows, 0))
            return &months[i];
    return total;
}

static bool take(struct rows *rows, struct work_figures *total, struct work_figures *months,
                 size_t count, struct error *error)
{
    while (rows_next(rows)) {
        struct work_figures *part = part_of(rows, total, months, count);

        if (part->hidden)
            continue;
        part->volunteers = rows_int(rows, 1);
        part->attendances = rows_int(rows, 2);
        part->minutes = rows_int(rows, 3);
    }
    return rows_end(rows, error);
}

/* In the order of the joins: an optimizer that begins with the office's people has no key from them
 * to records, since those of a merged account are found by who it is now. */
bool work_figures_read(struct db *db, const struct figures_of *of, struct work_figures *total,
                       struct work_figures months[WORK_MONTHS_MOST], size_t *count,
                       struct arena *arena, struct error *error)
{
    struct figures_span here = figures_span(of, arena), anywhere = here;

    anywhere.pattern = "/%";
    if (!make_months(db, of, total, months, count, arena, error))
        return false;
    return take(
        db_query(db,
                 "SELECT STRAIGHT_JOIN " LINE_KEY " AS line, COUNT(DISTINCT x.member_id),"
                 " COUNT(*), SUM(r.minutes)" FROM_HELD
                 " JOIN records r ON r.activity_id = a.activity_id" JOIN_PERSON
                 " JOIN affiliations x ON x.member_id = " PERSON " AND x.kind = ?"
                 " AND x.from_us <= w.starts_us AND x.to_us > w.starts_us"
                 " JOIN units t ON t.unit_id = x.unit_id AND t.path LIKE ?" JOIN_QUESTION WHERE_HELD
                 " AND " RECORD_COUNTS " GROUP BY line WITH ROLLUP",
                 DB_INT(AFFILIATION_WORK), DB_STR(here.pattern), SPLIT_VALUES(BY_MONTH, &here),
                 HELD_VALUES(&anywhere)),
        total, months, *count, error);
}
