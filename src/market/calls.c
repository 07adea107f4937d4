#include "market/calls.h"

/* The numbers of operations in the ABI are ours: bit 1 << operation stays where it is. */
_Static_assert((int)OPERATION_RESERVE == LINLI_RESERVE && (int)OPERATION_CONFIRM == LINLI_CONFIRMED,
               "bits of calls");
_Static_assert((int)OPERATION_CANCEL == LINLI_CANCELLED && (int)OPERATION_REFUND == LINLI_REFUNDED,
               "bits of calls");
_Static_assert((int)OPERATION_SETTLE == LINLI_SETTLED && (int)OPERATION_UNDO == LINLI_UNDONE,
               "bits of calls");

uint32_t calls_of(const struct manifest *manifest)
{
    const uint32_t heard = 1 << LINLI_CONFIRMED | 1 << LINLI_CANCELLED | 1 << LINLI_REFUNDED |
                           1 << LINLI_SETTLED | 1 << LINLI_UNDONE;
    uint32_t calls = CALLS_PLUGIN | 1 << LINLI_RESERVE | (manifest->merchant.operations & heard);

    ASSERT(manifest->kind == LINLI_MERCHANT);
    /* Who hears of confirmations and not of slips would go on believing in them. */
    if (manifest->merchant.can_undo &&
        (calls_hears(calls, OPERATION_UNDO) || !calls_hears(calls, OPERATION_CONFIRM)))
        calls |= CALLS_CAN_UNDO;
    if (manifest->merchant.ways & LINLI_CONFIRMS_AT_ONCE)
        calls |= CALLS_CONFIRMS_AT_ONCE;
    if (manifest->merchant.ways & LINLI_TAKES_CODES)
        calls |= CALLS_TAKES_CODES;
    return calls | (manifest->discloses & DISCLOSURES_ALL) << CALLS_TELLS_SHIFT;
}
