/*
 * Voucher codes: of HMAC(voucher key, redemption id). Pure; any thread.
 */
#ifndef LINLI_VOUCHER_H
#define LINLI_VOUCHER_H

#include "base/paper_code.h"

void voucher_code_make(const uint8_t voucher_key[32], uint64_t redemption_id,
                       struct paper_code *code);

#endif
