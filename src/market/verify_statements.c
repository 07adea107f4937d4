/*
 * Statements: a settlement names the statement that it went onto, so every line of a statement is
 * one transfer of the history, and what the statement adds up to is what its transfers do. What
 * was settled before there were statements names its reward instead, and is on none.
 */
#include <stdlib.h>

#include "ledger/sums.h"
#include "market/verify.h"

struct line_sum {
    struct sum sum; /* key: redemption */
    uint64_t statement_id;
};

struct statement_sum {
    struct sum sum; /* key: statement */
    int64_t lines, points;
};

struct both {
    struct sums *lines, *statements;
};

static void *begin(void)
{
    struct both *both = memory_new(sizeof *both);

    both->lines = sums_new(sizeof(struct line_sum));
    both->statements = sums_new(sizeof(struct statement_sum));
    return both;
}

static void end(void *state)
{
    struct both *both = state;

    if (both == NULL)
        return;
    sums_free(both->lines);
    sums_free(both->statements);
    free(both);
}

static bool add_transfer(void *state, const struct block *block, const struct transfer *transfer,
                         struct misfit *misfit)
{
    struct both *both = state;
    struct line_sum *line;
    struct statement_sum *statement;

    (void)block;
    (void)misfit;
    if (transfer->kind != TRANSFER_SETTLE)
        return true;
    line = sums_at(both->lines, transfer->ref);
    line->statement_id = transfer->subject;
    statement = sums_at(both->statements, transfer->subject);
    statement->lines++;
    statement->points += transfer->points;
    return true;
}

/* --- Comparing -------------------------------------------------------------------------------- */

static bool line_verdict(void *state, struct rows *rows, struct misfit *misfit)
{
    struct both *both = state;
    struct row_name name = {
        .table = "statement_lines", .column = "redemption_id", .key = rows_id(rows, 0)};
    struct line_sum *line = sums_find(both->lines, name.key);
    int64_t expected = line ? (int64_t)line->statement_id : 0;
    struct check checks[] = {
        {"statement_id", CHECK_NUMBER, expected, rows_int(rows, 1)},
        {"confirmed_us", CHECK_NUMBER, rows_int(rows, 3), rows_int(rows, 2)},
        {0},
    };

    if (!line)
        return row_is_too_much(misfit, name);
    line->sum.seen = true;
    return row_fits(misfit, name, checks);
}

static bool statement_verdict(void *state, struct rows *rows, struct misfit *misfit)
{
    static const struct statement_sum empty;
    struct both *both = state;
    struct row_name name = {
        .table = "statements", .column = "statement_id", .key = rows_id(rows, 0)};
    struct statement_sum *known = sums_find(both->statements, name.key);
    const struct statement_sum *sum = known ? known : &empty;
    struct check checks[] = {
        {"line_count", CHECK_NUMBER, sum->lines, rows_int(rows, 1)},
        {"points", CHECK_POINTS, sum->points, rows_int(rows, 2)},
        {"reimburse_fen", CHECK_NUMBER, rows_int(rows, 4), rows_int(rows, 3)},
        {0},
    };

    if (known)
        known->sum.seen = true;
    return row_fits(misfit, name, checks);
}

/* A settlement that names a statement has its line; one that names a reward has none. */
static bool line_is_missing(void *state, struct rows *rows, struct misfit *misfit)
{
    struct both *both = state;
    struct row_name name = {
        .table = "statement_lines", .column = "redemption_id", .key = rows_id(rows, 0)};
    const struct line_sum *line = sums_find(both->lines, name.key);

    if (line == NULL || line->statement_id == rows_id(rows, 1))
        return true;
    return row_is_missing(misfit, name);
}

static enum verdict compare(void *state, struct verify *verify)
{
    struct db *db = verify_db(verify);
    enum verdict verdict = verify_rows(
        verify,
        db_stream(db, "SELECT l.redemption_id, l.statement_id, l.confirmed_us, d.confirmed_us"
                      " FROM statement_lines l LEFT JOIN redemptions d"
                      " ON d.redemption_id = l.redemption_id ORDER BY l.redemption_id"),
        line_verdict, state);

    if (verdict == VERDICT_FITS)
        verdict = verify_rows(
            verify,
            db_stream(db, "SELECT d.redemption_id, d.reward_id FROM redemptions d"
                          " LEFT JOIN statement_lines l ON l.redemption_id = d.redemption_id"
                          " WHERE l.redemption_id IS NULL ORDER BY d.redemption_id"),
            line_is_missing, state);
    if (verdict != VERDICT_FITS)
        return verdict;
    return verify_rows(verify,
                       db_stream(db,
                                 "SELECT s.statement_id, s.line_count, s.points, s.reimburse_fen,"
                                 " COALESCE(SUM(d.reimburse_fen), 0) FROM statements s"
                                 " LEFT JOIN statement_lines l ON l.statement_id = s.statement_id"
                                 " LEFT JOIN redemptions d ON d.redemption_id = l.redemption_id"
                                 " GROUP BY s.statement_id ORDER BY s.statement_id"),
                       statement_verdict, state);
}

const struct verifier verifier_statements = {"statements", begin, add_transfer, compare, end};
