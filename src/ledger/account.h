/*
 * Accounts of the double-entry book. A transfer moves points from one account to another; a
 * balance is what came in less what went out; all balances sum to zero. Points are int64_t
 * hundredths everywhere.
 */
#ifndef LINLI_ACCOUNT_H
#define LINLI_ACCOUNT_H

#include "base/base.h"

enum account_kind {
    ACCOUNT_ISSUANCE =
        1,              /* where awarded points come from: negative by all that was ever awarded */
    ACCOUNT_WALLET,     /* a member's points to spend: never negative */
    ACCOUNT_HELD,       /* a member's points set aside for vouchers not yet confirmed */
    ACCOUNT_MERCHANT,   /* a merchant's confirmed points not yet settled */
    ACCOUNT_SETTLED,    /* a merchant's points whose statement was signed */
    ACCOUNT_EXPIRED,    /* points whose lot ran out */
    ACCOUNT_ADJUSTMENT, /* the other side of corrections by two people */
    ACCOUNT_REVOKED,    /* points clawed back from tainted records */
    ACCOUNT_RECEIVABLE, /* minus what a member owes for clawed-back points already spent */
    ACCOUNT_WAIVED,     /* receivables that two people let go */
};

/* An account's number: kind in the top 8 bits, owner (member or merchant id; 0 for system) below.
 */
static inline uint64_t account_of(enum account_kind kind, uint64_t owner)
{
    return (uint64_t)kind << 56 | owner;
}
static inline enum account_kind account_kind(uint64_t account)
{
    return (enum account_kind)(account >> 56);
}
static inline uint64_t account_owner(uint64_t account)
{
    return account & ((UINT64_C(1) << 56) - 1);
}
/* A member's own accounts live in the wallet row; the book keeps no balance for them. */
bool account_is_members(enum account_kind kind);
const char *account_kind_name(enum account_kind kind); /* "wallet" */

#endif
