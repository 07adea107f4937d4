#include "ledger/sums.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/hash_map.h"

struct sums {
    size_t size;
    struct arena *memory;
    struct hash_map map;
};

struct sums *sums_new(size_t size)
{
    struct sums *sums = memory_new(sizeof(*sums));

    ASSERT(size >= sizeof(struct sum));
    sums->size = size;
    sums->memory = arena_new();
    return sums;
}

void sums_free(void *sums)
{
    struct sums *all = sums;

    if (!all)
        return;
    arena_free(all->memory);
    hash_map_free(&all->map);
    free(all);
}

void *sums_at(struct sums *sums, uint64_t key)
{
    bool is_new;
    struct hash_map_entry *entry = hash_map_insert(&sums->map, key, &is_new);

    if (is_new) {
        struct sum *sum = arena_take(sums->memory, sums->size);

        sum->key = key;
        entry->pointer = sum;
    }
    ASSERT(entry->pointer);
    return entry->pointer;
}

void *sums_find(const struct sums *sums, uint64_t key)
{
    return hash_map_get(&sums->map, key);
}

const void *sums_unseen(const struct sums *sums, bool (*counts)(const void *sum))
{
    const struct hash_map_entry *entry;
    const struct sum *first = NULL;

    for (size_t at = 0; (entry = hash_map_next(&sums->map, &at));) {
        const struct sum *sum = entry->pointer;

        if (!sum->seen && (!first || sum->key < first->key) && (!counts || counts(sum)))
            first = sum;
    }
    return first;
}

bool sums_all_seen(const struct sums *sums, struct row_name name, struct misfit *misfit)
{
    const struct sum *unseen = sums_unseen(sums, NULL);

    if (!unseen)
        return true;
    name.key = unseen->key;
    return row_is_missing(misfit, name);
}
