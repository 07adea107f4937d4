/*
 * What members could still spend, against what merchants still stand for: one figure for those who
 * answer for the programme. Query threads. Points are hundredths.
 */
#ifndef LINLI_OUTSTANDING_H
#define LINLI_OUTSTANDING_H

#include "store/db.h"

struct outstanding {
    /* Points that are out: every member's, whose lots live. */
    int64_t spendable, held;
    /* What merchants stand for: pieces on offer at their present price, within their budget, and
     * vouchers at what was paid for them. */
    int64_t offered_pieces, offered, offered_fen;
    int64_t voucher_pieces, vouchers, vouchers_fen;
    /* Owed to merchants: confirmed, not yet on a statement; and on statements not yet paid. */
    int64_t unsettled_fen, unpaid_fen;
};

/* As of one moment: one statement reads all of it. */
bool outstanding_read(struct db *db, int64_t now_us, struct outstanding *figure,
                      struct error *error) MUST_CHECK;

#endif
