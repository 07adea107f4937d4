#include "ledger/merges.h"

void merges_free(struct merges *merges)
{
    hash_map_free(&merges->into);
}

void merges_add(struct merges *merges, const struct transfer *transfer)
{
    if (transfer->kind == TRANSFER_MERGE)
        hash_map_insert(&merges->into, transfer->ref, NULL)->number = transfer->member_id;
}

/* From `member_id` on until `wanted`, or to the end. A merged wallet takes part in nothing any
 * more, so the way has no ring; a history that says otherwise ends the walk all the same. */
static uint64_t follow(const struct merges *merges, uint64_t member_id, uint64_t wanted)
{
    for (size_t steps = 0; steps < merges->into.count && member_id != wanted; steps++) {
        const struct hash_map_entry *entry = hash_map_find(&merges->into, member_id);

        if (!entry)
            break;
        member_id = entry->number;
    }
    return member_id;
}

uint64_t merges_owner(const struct merges *merges, uint64_t member_id)
{
    return follow(merges, member_id, 0);
}

bool merges_lead_to(const struct merges *merges, uint64_t member_id, uint64_t owner_id)
{
    return follow(merges, member_id, owner_id) == owner_id;
}
