/* Ratings, looked at. */
#include "assess/runs.h"

#define RATING_COLUMNS                                                                             \
    "SELECT r.run_id, r.scope, r.subject_id, r.unit_id, IF(r." RATING_COUNTS ", r.rating, ''),"    \
    " r.drafted, r.fails AND r." RATING_COUNTS ", r.reasons, r.facts, r.state, r.merged_into"      \
    " FROM ratings r "

static void read_rating(struct rows *rows, struct arena *arena, struct rating *rating)
{
    *rating = (struct rating){
        .run_id = rows_id(rows, 0),
        .scope = (enum linli_scope)rows_int(rows, 1),
        .subject_id = rows_id(rows, 2),
        .unit_id = rows_id(rows, 3),
        .rating = rows_copy(rows, 4, arena),
        .drafted = rows_copy(rows, 5, arena),
        .fails = rows_int(rows, 6) != 0,
        .reasons = rows_copy(rows, 7, arena),
        .facts = rows_copy(rows, 8, arena),
        .state = (enum rating_state)rows_int(rows, 9),
        .merged_into = rows_id(rows, 10),
    };
}

static bool read_all(struct rows *rows, size_t most, struct arena *arena, struct rating **list,
                     size_t *count, struct error *error)
{
    *list = arena_take(arena, (most + 1) * sizeof **list);
    *count = 0;
    while (*count < most && rows_next(rows))
        read_rating(rows, arena, &(*list)[(*count)++]);
    return rows_end(rows, error);
}

bool rating_list(struct db *db, const struct rating_query *query, struct arena *arena,
                 struct rating **list, size_t *count, struct error *error)
{
    struct rows *rows = db_query(
        db,
        RATING_COLUMNS "WHERE r.run_id = ? AND r.scope = ? AND r.subject_id > ? AND r.state <> ?"
                       " AND (? = '' OR (r.rating = ? AND r." RATING_COUNTS "))"
                       " AND (? = 0 OR r.unit_id IN (SELECT u.unit_id FROM units u"
                       "  WHERE u.path LIKE CONCAT('%/', ?, '/%')))"
                       " ORDER BY r.subject_id LIMIT ?",
        DB_ID(query->run_id), DB_INT(query->scope), DB_ID(query->after_id), DB_INT(RATING_ERASED),
        DB_TEXT(query->rating), DB_TEXT(query->rating), DB_ID(query->unit_id),
        DB_ID(query->unit_id), DB_INT(query->limit));

    return read_all(rows, query->limit, arena, list, count, error);
}

enum find rating_find(struct db *db, uint64_t run_id, enum linli_scope scope, uint64_t subject_id,
                      struct arena *arena, struct rating *rating, struct error *error)
{
    struct rows *rows =
        db_query(db, RATING_COLUMNS "WHERE r.run_id = ? AND r.scope = ? AND r.subject_id = ?",
                 DB_ID(run_id), DB_INT(scope), DB_ID(subject_id));
    bool found = rows_next(rows);

    if (found)
        read_rating(rows, arena, rating);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

#define OWN_MOST 100

bool rating_list_own(struct db *db, uint64_t member_id, struct arena *arena, struct rating **list,
                     size_t *count, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 RATING_COLUMNS "JOIN assessment_runs a ON a.run_id = r.run_id AND a.shown_us > 0"
                                " WHERE (r.subject_id = ? OR r.merged_into = ?) AND r.scope = ?"
                                " AND r.state <> ? ORDER BY r.run_id DESC, r.subject_id LIMIT ?",
                 DB_ID(member_id), DB_ID(member_id), DB_INT(LINLI_OF_MEMBER), DB_INT(RATING_ERASED),
                 DB_INT(OWN_MOST));

    return read_all(rows, OWN_MOST, arena, list, count, error);
}

#define COUNTS_MOST (PLUGIN_RATINGS_MOST + 1) /* and those without a rating */

bool rating_counts(struct db *db, uint64_t run_id, enum linli_scope scope, uint64_t unit_id,
                   struct arena *arena, struct rating_count **list, size_t *count,
                   struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT rating, COUNT(*) FROM ratings WHERE run_id = ? AND " RATING_COUNTS
                 " AND scope = ? AND (? = 0 OR unit_id IN (SELECT u.unit_id"
                 "  FROM units u WHERE u.path LIKE CONCAT('%/', ?, '/%')))"
                 " GROUP BY rating ORDER BY rating LIMIT ?",
                 DB_ID(run_id), DB_INT(scope), DB_ID(unit_id), DB_ID(unit_id), DB_INT(COUNTS_MOST));

    *list = arena_take(arena, COUNTS_MOST * sizeof **list);
    *count = 0;
    while (*count < COUNTS_MOST && rows_next(rows))
        (*list)[(*count)++] =
            (struct rating_count){.rating = rows_copy(rows, 0, arena), .count = rows_int(rows, 1)};
    return rows_end(rows, error);
}
