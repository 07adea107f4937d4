/*
 * Who was merged into whom, for verifiers: from the transfers, in any order. One thread; `{0}` is
 * none.
 */
#ifndef LINLI_MERGES_H
#define LINLI_MERGES_H

#include "base/hash_map.h"
#include "ledger/book.h"

struct merges {
    struct hash_map into; /* a member merged away → into whom */
};

void merges_free(struct merges *merges);
/* Takes every transfer; those that are no merge are passed over. */
void merges_add(struct merges *merges, const struct transfer *transfer);
/* Who has in the end what was the member's. */
uint64_t merges_owner(const struct merges *merges, uint64_t member_id);
/* Whether what was the member's may have been `owner_id`'s at some time. */
bool merges_lead_to(const struct merges *merges, uint64_t member_id, uint64_t owner_id);

#endif
