/*
 * What the history says of stock, redemptions, limits and statements, and what redemptions and the
 * operations on them, statements and their disputes say of each other, for `linli ledger verify`:
 * ledger/verify.h.
 */
#ifndef LINLI_MARKET_VERIFY_H
#define LINLI_MARKET_VERIFY_H

#include "ledger/verify.h"

extern const struct verifier verifier_stock, verifier_redemptions, verifier_statements,
    verifier_disputes, verifier_operations, verifier_limits;

#endif
