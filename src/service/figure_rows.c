/* What a figure is made of, row by row: the same activities and records that the sheet counts. */
#include "service/figures_sql.h"

#define OF_ACTIVITY "a.activity_id, a.unit_id, a.title, a.starts_us"
#define OF_NOTHING  "0, 0, NULL, 0"

/* Columns: id, the activity's four, record, member, value. */
static bool take_rows(struct rows *found, struct arena *arena, int64_t limit,
                      struct figure_row **rows, size_t *count, struct error *error)
{
    *rows = arena_take(arena, (size_t)limit * sizeof **rows);
    for (*count = 0; rows_next(found); (*count)++)
        (*rows)[*count] = (struct figure_row){
            .id = rows_id(found, 0),
            .activity_id = rows_id(found, 1),
            .unit_id = rows_id(found, 2),
            .title = rows_copy(found, 3, arena),
            .starts_us = rows_int(found, 4),
            .record_id = rows_id(found, 5),
            .member_id = rows_id(found, 6),
            .value = rows_int(found, 7),
        };
    return rows_end(found, error);
}

static struct rows *find_activities(struct db *db, const struct figures_span *span, uint64_t after,
                                    int64_t limit)
{
    return db_query(db,
                    "SELECT a.activity_id, " OF_ACTIVITY ", 0, 0, 1" FROM_HELD WHERE_HELD
                    " AND a.part_of = 0 AND a.activity_id > ? ORDER BY a.activity_id LIMIT ?",
                    HELD_VALUES(span), DB_ID(after), DB_INT(limit));
}

static struct rows *find_counts(struct db *db, const struct figures_span *span, enum figure figure,
                                uint64_t after, int64_t limit)
{
    return db_query(db,
                    "SELECT a.activity_id, " OF_ACTIVITY ", 0, 0,"
                    " CASE ? WHEN ? THEN c.residents WHEN ? THEN c.households ELSE c.cases END"
                    " AS value" FROM_HELD JOIN_COUNTS WHERE_HELD
                    " AND a.activity_id > ? HAVING value > 0 ORDER BY a.activity_id LIMIT ?",
                    DB_INT(figure), DB_INT(FIGURE_RESIDENTS), DB_INT(FIGURE_HOUSEHOLDS),
                    HELD_VALUES(span), DB_ID(after), DB_INT(limit));
}

/* A record of no minutes is an attendance, but adds nothing to them. */
static struct rows *find_attendances(struct db *db, const struct figures_span *span,
                                     enum figure figure, uint64_t after, int64_t limit)
{
    return db_query(
        db,
        "SELECT r.record_id, " OF_ACTIVITY ", r.record_id, r.member_id,"
        " IF(? = ?, r.minutes, 1) AS value" FROM_HELD
        " JOIN records r ON r.activity_id = a.activity_id" WHERE_HELD
        " AND r.record_id > ? AND " RECORD_COUNTS " HAVING value > 0 ORDER BY r.record_id LIMIT ?",
        DB_INT(figure), DB_INT(FIGURE_MINUTES), HELD_VALUES(span), DB_ID(after), DB_INT(limit));
}

static struct rows *find_undecided(struct db *db, const struct figures_span *span, uint64_t after,
                                   int64_t limit)
{
    return db_query(db,
                    "SELECT r.record_id, " OF_ACTIVITY ", r.record_id, r.member_id, 1" FROM_HELD
                    " JOIN records r ON r.activity_id = a.activity_id" WHERE_HELD
                    " AND r.record_id > ? AND r.state IN (1, 2, 5) ORDER BY r.record_id LIMIT ?",
                    HELD_VALUES(span), DB_ID(after), DB_INT(limit));
}

static struct rows *find_volunteers(struct db *db, const struct figures_span *span, uint64_t after,
                                    int64_t limit)
{
    return db_query(db,
                    "SELECT DISTINCT " PERSON " AS person, " OF_NOTHING ", 0, " PERSON
                    ", 1" FROM_HELD
                    " JOIN records r ON r.activity_id = a.activity_id" JOIN_PERSON WHERE_HELD
                    " AND " RECORD_COUNTS " HAVING person > ? ORDER BY person LIMIT ?",
                    HELD_VALUES(span), DB_ID(after), DB_INT(limit));
}

static struct rows *find(struct db *db, const struct figures_span *span, enum figure figure,
                         uint64_t after, int64_t limit)
{
    switch (figure) {
    case FIGURE_ACTIVITIES: return find_activities(db, span, after, limit);
    case FIGURE_VOLUNTEERS: return find_volunteers(db, span, after, limit);
    case FIGURE_ATTENDANCES:
    case FIGURE_MINUTES: return find_attendances(db, span, figure, after, limit);
    case FIGURE_UNDECIDED: return find_undecided(db, span, after, limit);
    default: return find_counts(db, span, figure, after, limit);
    }
}

bool figure_rows(struct db *db, const struct figures_of *of, enum figure figure, uint64_t after,
                 int64_t limit, struct arena *arena, struct figure_row **rows, size_t *count,
                 struct error *error)
{
    struct figures_span span = figures_span(of, arena);

    return take_rows(find(db, &span, figure, after, limit), arena, limit, rows, count, error);
}
