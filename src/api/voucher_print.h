/*
 * A voucher on paper, for people without a phone: one HTML page in Chinese with everything in it,
 * ready to print. Pure.
 */
#ifndef LINLI_VOUCHER_PRINT_H
#define LINLI_VOUCHER_PRINT_H

#include "market/redemptions.h"

/* In the arena. */
struct text voucher_page(struct arena *arena, const struct redemption_view *view,
                         const struct paper_code *code, int offset_minutes);

#endif
