/*
 * A voucher on paper, for people without a phone: one HTML page in Chinese with everything in it,
 * ready to print. Pure.
 */
#ifndef LINLI_VOUCHER_PRINT_H
#define LINLI_VOUCHER_PRINT_H

#include "market/redemptions.h"

/* In the arena. merchant_code: what the merchant's own machines read, printed first; NULL: the
 * merchant gave none. */
struct text voucher_page(struct arena *arena, const struct redemption_view *view,
                         const struct paper_code *code, const char *merchant_code,
                         int offset_minutes);

#endif
