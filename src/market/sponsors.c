#include "market/sponsors.h"

bool sponsor_create(struct db *db, const struct sponsor *sponsor, struct error *error)
{
    return db_run(db, error, "INSERT INTO sponsors (sponsor_id, name, created_us) VALUES (?, ?, ?)",
                  DB_ID(sponsor->id), DB_STR(sponsor->name), DB_INT(sponsor->created_us)) == 1;
}

/* What stock rows have committed is of their present sponsor: a reward whose sponsor changed counts
 * for the new one; statements say who pays for each voucher. */
#define SPONSOR_COLUMNS                                                                            \
    "SELECT p.sponsor_id, p.name, p.created_us,"                                                   \
    " (SELECT COALESCE(SUM(s.committed_fen), 0) FROM stock s WHERE s.sponsor_id = p.sponsor_id)"   \
    " FROM sponsors p "

static void read_sponsor(struct rows *rows, struct arena *arena, struct sponsor *sponsor)
{
    *sponsor = (struct sponsor){
        .id = rows_id(rows, 0),
        .name = rows_copy(rows, 1, arena),
        .created_us = rows_int(rows, 2),
        .committed_fen = rows_int(rows, 3),
    };
}

enum find sponsor_find(struct db *db, uint64_t sponsor_id, struct arena *arena,
                       struct sponsor *sponsor, struct error *error)
{
    struct rows *rows = db_query(db, SPONSOR_COLUMNS "WHERE p.sponsor_id = ?", DB_ID(sponsor_id));
    bool found = rows_next(rows);

    if (found)
        read_sponsor(rows, arena, sponsor);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

bool sponsor_list(struct db *db, uint64_t after, int64_t limit, struct arena *arena,
                  struct sponsor **sponsors, size_t *count, struct error *error)
{
    struct rows *rows =
        db_query(db, SPONSOR_COLUMNS "WHERE p.sponsor_id > ? ORDER BY p.sponsor_id LIMIT ?",
                 DB_ID(after), DB_INT(limit));

    *sponsors = arena_take(arena, (size_t)limit * sizeof **sponsors);
    for (*count = 0; rows_next(rows); (*count)++)
        read_sponsor(rows, arena, &(*sponsors)[*count]);
    return rows_end(rows, error);
}
