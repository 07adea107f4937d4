#include "service/work_figures.h"

#include "people/affiliations.h"
#include "service/figures_sql.h"
#include "service/participation.h"

#define LONGEST_MONTH 31

static struct figures_span span_of(const struct figures_of *of, const struct work_figures *part,
                                   struct arena *arena)
{
    struct figures_of these = *of;

    these.from_day = part->from_day;
    these.to_day = part->to_day;
    return figures_span(&these, arena);
}

static bool count_members(struct db *db, const struct figures_span *span, struct work_figures *part,
                          struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT COUNT(DISTINCT x.member_id) FROM units t"
                                 " JOIN affiliations x ON x.unit_id = t.unit_id AND x.kind = ?"
                                 " JOIN members m ON m.member_id = x.member_id AND " IS_MEMBER
                                 " WHERE t.path LIKE ? AND x.from_us < ? AND x.to_us > ?",
                                 DB_INT(AFFILIATION_WORK), DB_STR(span->pattern),
                                 DB_INT(span->to_us), DB_INT(span->from_us));

    if (rows_next(rows))
        part->members = rows_int(rows, 0);
    part->hidden = part->members < PARTICIPATION_LEAST;
    return rows_end(rows, error);
}

static bool count_service(struct db *db, const struct figures_span *span, struct work_figures *part,
                          struct error *error)
{
    struct figures_span anywhere = *span;

    anywhere.pattern = "/%";
    struct rows *rows = db_query(
        db,
        "SELECT COUNT(DISTINCT x.member_id), COUNT(*), SUM(r.minutes)" FROM_HELD
        " JOIN records r ON r.activity_id = a.activity_id" JOIN_PERSON
        " JOIN affiliations x ON x.member_id = " PERSON " AND x.kind = ?"
        " AND x.from_us <= w.starts_us AND x.to_us > w.starts_us" WHERE_HELD " AND " RECORD_COUNTS
        " AND x.unit_id IN (SELECT t.unit_id FROM units t WHERE t.path LIKE ?)",
        DB_INT(AFFILIATION_WORK), HELD_VALUES(&anywhere), DB_STR(span->pattern));

    if (rows_next(rows)) {
        part->volunteers = rows_int(rows, 0);
        part->attendances = rows_int(rows, 1);
        part->minutes = rows_int(rows, 2);
    }
    return rows_end(rows, error);
}

static bool read_month(struct db *db, const struct figures_of *of, struct work_figures *month,
                       struct arena *arena, struct error *error)
{
    struct figures_span span = span_of(of, month, arena);

    return count_members(db, &span, month, error) &&
           (month->hidden || count_service(db, &span, month, error));
}

bool work_figures_read(struct db *db, const struct figures_of *of, struct work_figures *total,
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
        if (!read_month(db, of, month, arena, error))
            return false;
        total->hidden |= month->hidden;
        if (month->members < total->members)
            total->members = month->members;
        day = next;
    }
    struct figures_span span = span_of(of, total, arena);
    return total->hidden || count_service(db, &span, total, error);
}
