#include "market/outstanding.h"

#include "market/redemption.h"
#include "market/settlement.h"

/* One statement, and so one moment. Of a reward with a budget no more pieces count than it pays. */
static const char figures[] =
    "SELECT"
    " (SELECT COALESCE(SUM(remaining), 0) FROM lots WHERE expires_us > ? AND remaining > 0),"
    " (SELECT COALESCE(SUM(held), 0) FROM wallets),"
    " o.pieces, o.points, o.fen, v.pieces, v.points, v.fen,"
    " (SELECT COALESCE(SUM(reimburse_fen), 0) FROM redemptions WHERE state = ?),"
    " (SELECT COALESCE(SUM(reimburse_fen), 0) FROM statements WHERE state <> ?)"
    " FROM (SELECT COALESCE(SUM(pieces), 0) AS pieces, COALESCE(SUM(pieces * price), 0) AS points,"
    "       COALESCE(SUM(pieces * reimburse_fen), 0) AS fen"
    "       FROM (SELECT s.price, s.reimburse_fen,"
    "             IF(s.budget_fen = 0 OR s.reimburse_fen = 0, s.free, GREATEST(0, LEAST(s.free,"
    "                (s.budget_fen - s.committed_fen) DIV s.reimburse_fen))) AS pieces"
    "             FROM stock s JOIN merchants m ON m.merchant_id = s.merchant_id"
    "             WHERE s.state = 0 AND m.state = 0"
    "             AND (s.sell_until_us = 0 OR s.sell_until_us > ?)) AS open_stock) AS o,"
    "      (SELECT COUNT(*) AS pieces, COALESCE(SUM(points), 0) AS points,"
    "       COALESCE(SUM(reimburse_fen), 0) AS fen FROM redemptions WHERE state = ?) AS v";

bool outstanding_read(struct db *db, int64_t now_us, struct outstanding *figure,
                      struct error *error)
{
    struct rows *rows = db_query(db, figures, DB_INT(now_us), DB_INT(REDEMPTION_CONFIRMED),
                                 DB_INT(STATEMENT_PAID), DB_INT(now_us), DB_INT(REDEMPTION_ISSUED));

    *figure = (struct outstanding){0};
    if (rows_next(rows))
        *figure = (struct outstanding){
            .spendable = rows_int(rows, 0),
            .held = rows_int(rows, 1),
            .offered_pieces = rows_int(rows, 2),
            .offered = rows_int(rows, 3),
            .offered_fen = rows_int(rows, 4),
            .voucher_pieces = rows_int(rows, 5),
            .vouchers = rows_int(rows, 6),
            .vouchers_fen = rows_int(rows, 7),
            .unsettled_fen = rows_int(rows, 8),
            .unpaid_fen = rows_int(rows, 9),
        };
    return rows_end(rows, error);
}
