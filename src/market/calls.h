/*
 * What a merchant's plugin wants to hear of, and how it works, packed into one number: stock rows
 * and redemptions carry it, so that a batch needs no look at the plugin. A redemption keeps the one
 * that it began with, whatever is configured later.
 *
 *   bit 0        there is a plugin (0: the voucher is Linli's own, nobody is asked)
 *   bits 1..8    the operations that it hears of: 1 << enum operation_kind
 *   bits 12..14  enum call_way
 *   bits 16..18  what it discloses: enum linli_disclosure << 16
 */
#ifndef LINLI_CALLS_H
#define LINLI_CALLS_H

#include <linli/plugin.h>

#include "outbox/operations.h"
#include "plugin/manifest.h"

enum call_way {
    CALLS_PLUGIN = 1,
    CALLS_CAN_UNDO = 1 << 12,
    CALLS_CONFIRMS_AT_ONCE = 1 << 13,
    CALLS_TAKES_CODES = 1 << 14,
};
#define CALLS_TELLS_SHIFT 16

#define DISCLOSURES_ALL   (LINLI_TELLS_NAME | LINLI_TELLS_PHONE | LINLI_TELLS_OPENID)

static inline bool calls_hears(uint32_t calls, enum operation_kind kind)
{
    enum operation_kind heard = kind == OPERATION_LAPSE ? OPERATION_CANCEL : kind;

    return (calls & (UINT32_C(1) << heard)) != 0;
}

static inline uint32_t calls_tells(uint32_t calls)
{
    return calls >> CALLS_TELLS_SHIFT & DISCLOSURES_ALL;
}

/* Of a merchant plugin; never 0. */
uint32_t calls_of(const struct manifest *manifest);

#endif
