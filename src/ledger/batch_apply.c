/*
 * Apply: pure. Every command runs on the loaded rows, one after the other; the transfers that come
 * of it become one block. The order of questions is the order of precedence: signed out, answered
 * before (both found by load), wallet moved, denied by the judge, and only then the book.
 */
#include <string.h>

#include "ledger/batch.h"
#include "ledger/wallet.h"

/* A wallet that is not there has no facts to be stale: apply will say that it is not found. */
static bool wallet_moved(const struct batch *batch, const struct entry *entry)
{
    if (entry->wallet_id == 0)
        return false;
    const struct wallet *wallet = book_wallet(batch->book, entry->wallet_id);

    return wallet && wallet->version != entry->wallet_version;
}

static void settle(struct batch *batch, struct entry *entry)
{
    const struct command *command = entry->command;
    struct outcome outcome = {.at_us = batch->now_us};

    if (entry->ending != ENDING_OPEN)
        return;
    if (wallet_moved(batch, entry)) {
        entry->ending = ENDING_STALE;
        return;
    }
    if (entry->denied != ACCEPTED) {
        outcome.refusal = entry->denied;
        outcome.ref = entry->denied_by;
    } else {
        outcome.refusal = command->kind->apply(batch->book, command, &outcome);
    }
    entry->outcome = outcome;
    entry->ending = ENDING_DECIDED;
}

static void make_block(struct batch *batch, const struct lane *lane, const struct signer *signer)
{
    size_t count;
    const struct transfer *transfers = book_transfers(batch->book, &count);

    batch->has_block = count > 0;
    if (!batch->has_block)
        return;
    uint8_t(*leaves)[HASH_SIZE] = arena_take(batch->arena, count * sizeof(*leaves));
    batch->seals = arena_take(batch->arena, count * sizeof(*batch->seals));
    for (size_t i = 0; i < count; i++) {
        transfer_leaf(&transfers[i], leaves[i]);
        memcpy(batch->seals[i], leaves[i], TRANSFER_SEAL_SIZE);
    }
    batch->block = (struct block){
        .lane = lane->number,
        .height = lane->height + 1,
        .transfers = (uint16_t)count,
        .time_us = batch->now_us,
    };
    memcpy(batch->block.previous, lane->head, HASH_SIZE);
    merkle_root(leaves, count, batch->block.root);
    block_hash(&batch->block, batch->block_hash);
    block_sign(&batch->block, signer, batch->signature);
}

void batch_apply(struct batch *batch, const struct lane *lane, const struct signer *signer)
{
    for (size_t i = 0; i < batch->count; i++)
        settle(batch, &batch->entries[i]);
    make_block(batch, lane, signer);
}
