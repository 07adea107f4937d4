#include "ledger/account.h"

static const char *const names[] = {
    [ACCOUNT_ISSUANCE] = "issuance",
    [ACCOUNT_WALLET] = "wallet",
    [ACCOUNT_HELD] = "held",
    [ACCOUNT_MERCHANT] = "merchant",
    [ACCOUNT_SETTLED] = "settled",
    [ACCOUNT_EXPIRED] = "expired",
    [ACCOUNT_ADJUSTMENT] = "adjustment",
    [ACCOUNT_REVOKED] = "revoked",
    [ACCOUNT_RECEIVABLE] = "receivable",
    [ACCOUNT_WAIVED] = "waived",
};

const char *account_kind_name(enum account_kind kind)
{
    return name_from(names, ARRAY_LENGTH(names), (size_t)kind);
}

bool account_is_members(enum account_kind kind)
{
    return kind == ACCOUNT_WALLET || kind == ACCOUNT_HELD || kind == ACCOUNT_RECEIVABLE;
}
