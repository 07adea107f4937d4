/* How wallets are shown: the member's own (wallet.c) and other people's (wallets.c). */
#ifndef LINLI_WALLET_JSON_H
#define LINLI_WALLET_JSON_H

#include <jansson.h>

#include "ledger/statement.h"

const char *wallet_state_name(enum wallet_state state);
json_t *wallet_json(const struct wallet_view *view);

#endif
