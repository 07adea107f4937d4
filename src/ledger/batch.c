#include "ledger/batch.h"

#include <stdlib.h>

#define FEWEST_ENTRIES 64

struct batch *batch_new(void)
{
    struct batch *batch = memory_new(sizeof(*batch));

    batch->book = book_new();
    batch->arena = arena_new();
    batch->papers = arena_new();
    return batch;
}

void batch_free(struct batch *batch)
{
    if (!batch)
        return;
    book_free(batch->book);
    arena_free(batch->arena);
    arena_free(batch->papers);
    hash_map_free(&batch->claimed);
    sql_free(&batch->sql);
    key_set_free(&batch->keys);
    free(batch->entries);
    free(batch);
}

void batch_start(struct batch *batch, int64_t now_us)
{
    batch->count = 0;
    batch->now_us = now_us;
    batch->again = NULL;
    batch->took_us = 0;
    key_set_clear(&batch->keys);
    hash_map_clear(&batch->claimed);
    arena_reset(batch->papers);
}

struct entry *batch_add(struct batch *batch, struct command *command, const struct key_set *keys)
{
    if (batch->count == batch->capacity) {
        batch->capacity = batch->capacity ? batch->capacity * 2 : FEWEST_ENTRIES;
        batch->entries = memory_resize(batch->entries, batch->capacity, sizeof(*batch->entries));
    }
    struct entry *entry = &batch->entries[batch->count++];
    *entry = (struct entry){.command = command};
    key_set_merge(&batch->keys, keys);
    key_set_claim(keys, &batch->claimed);
    return entry;
}

enum step step_after_failure(const struct db *db)
{
    switch (db_error_kind(db)) {
    case DB_LOST: return STEP_LOST;
    case DB_RETRY: return STEP_CONFLICT;
    case DB_DUPLICATE: return STEP_DUPLICATE;
    case DB_BROKEN: return STEP_BROKEN;
    case DB_OK: break;
    }
    ASSERT(!"it failed, or a SELECT of load returned no rows");
    return STEP_BROKEN;
}

/* --- What a judge sees ---------------------------------------------------------------------- */

size_t batch_size(const struct batch *batch)
{
    return batch->count;
}

struct command *batch_command(struct batch *batch, size_t index)
{
    ASSERT(index < batch->count);
    return batch->entries[index].command;
}

struct arena *batch_papers(struct batch *batch)
{
    return batch->papers;
}

void batch_deny(struct batch *batch, size_t index, enum refusal refusal)
{
    ASSERT(index < batch->count && refusal != ACCEPTED);
    batch->entries[index].denied = refusal;
}

void batch_expect_version(struct batch *batch, size_t index, uint64_t member_id, uint32_t version)
{
    ASSERT(index < batch->count && member_id != 0);
    batch->entries[index].wallet_id = member_id;
    batch->entries[index].wallet_version = version;
}
