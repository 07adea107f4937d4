/*
 * What is on statements, added up by who pays: each sponsor, and the programme itself. Which
 * sponsor pays for a voucher was fixed when it was issued. Query threads.
 */
#ifndef LINLI_STATEMENT_TOTALS_H
#define LINLI_STATEMENT_TOTALS_H

#include "market/statements.h"

struct statement_total {
    uint64_t sponsor_id; /* 0: the programme pays */
    char *sponsor_name;  /* NULL: the programme */
    int64_t statements, lines, points, reimburse_fen;
};
struct statement_totals_of {
    uint64_t statement_id; /* 0: all that `filter` lets through */
    struct statement_filter filter;
};
/* By sponsor, the programme first, TOTALS_MOST of them at most; texts live in the arena. */
#define TOTALS_MOST 1000
bool statement_totals(struct db *db, const struct statement_totals_of *of, struct arena *arena,
                      struct statement_total **totals, size_t *count,
                      struct error *error) MUST_CHECK;
/* As CSV (RFC 4180, UTF-8 with BOM). */
void statement_totals_csv(const struct statement_total *totals, size_t count, struct buffer *out);

#endif
