#include "market/statement_totals.h"

#include <string.h>

#include "base/csv.h"

bool statement_totals(struct db *db, const struct statement_totals_of *of, struct arena *arena,
                      struct statement_total **totals, size_t *count, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT d.sponsor_id, MAX(p.name), COUNT(DISTINCT s.statement_id), COUNT(*),"
                 " SUM(d.points), SUM(d.reimburse_fen) FROM statements s"
                 " JOIN statement_lines l ON l.statement_id = s.statement_id"
                 " JOIN redemptions d ON d.redemption_id = l.redemption_id"
                 " LEFT JOIN sponsors p ON p.sponsor_id = d.sponsor_id"
                 " WHERE (? = 0 OR s.statement_id = ?) AND (? = 0 OR s.merchant_id = ?)"
                 " AND (? < 0 OR s.state = ?)"
                 " GROUP BY d.sponsor_id ORDER BY d.sponsor_id LIMIT ?",
                 DB_ID(of->statement_id), DB_ID(of->statement_id), DB_ID(of->filter.merchant_id),
                 DB_ID(of->filter.merchant_id), DB_INT(of->filter.state), DB_INT(of->filter.state),
                 DB_INT(TOTALS_MOST));

    *totals = arena_take(arena, TOTALS_MOST * sizeof **totals);
    for (*count = 0; rows_next(rows); (*count)++)
        (*totals)[*count] = (struct statement_total){
            .sponsor_id = rows_id(rows, 0),
            .sponsor_name = rows_id(rows, 0) == 0 ? NULL : rows_copy(rows, 1, arena),
            .statements = rows_int(rows, 2),
            .lines = rows_int(rows, 3),
            .points = rows_int(rows, 4),
            .reimburse_fen = rows_int(rows, 5),
        };
    return rows_end(rows, error);
}

void statement_totals_csv(const struct statement_total *totals, size_t count, struct buffer *out)
{
    static const char *const heads[] = {"sponsor_id", "sponsor", "statements",
                                        "lines",      "points",  "reimburse_fen"};

    csv_begin(out);
    for (size_t i = 0; i < ARRAY_LENGTH(heads); i++)
        csv_word(out, heads[i]);
    csv_end_row(out);
    for (size_t i = 0; i < count; i++) {
        const char *name = totals[i].sponsor_name ? totals[i].sponsor_name : "";

        csv_id(out, totals[i].sponsor_id);
        csv_text(out, (struct text){name, strlen(name)});
        csv_int(out, totals[i].statements);
        csv_int(out, totals[i].lines);
        csv_points(out, totals[i].points);
        csv_int(out, totals[i].reimburse_fen);
        csv_end_row(out);
    }
}
