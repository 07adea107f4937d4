#include "base/hash_map.h"

#include <stdlib.h>
#include <string.h>

#define SMALLEST_CAPACITY 16

/* The finaliser of MurmurHash3: ids count up and share high bits; their slots must not. */
static size_t home_of(const struct hash_map *map, uint64_t key)
{
    key ^= key >> 33;
    key *= UINT64_C(0xff51afd7ed558ccd);
    key ^= key >> 33;
    key *= UINT64_C(0xc4ceb9fe1a85ec53);
    key ^= key >> 33;
    return key & (map->capacity - 1);
}

/* At most three quarters full: probes stay short and there is always a free slot to end them. */
static size_t most_in(size_t capacity)
{
    return capacity / 4 * 3;
}

/* The slot of `key`, or the free one where it belongs. `key` is not 0, there are slots. */
static size_t probe(const struct hash_map *map, uint64_t key)
{
    size_t slot = home_of(map, key);

    while (map->slots[slot].key != key && map->slots[slot].key != 0)
        slot = (slot + 1) & (map->capacity - 1);
    return slot;
}

void hash_map_free(struct hash_map *map)
{
    free(map->slots);
    *map = (struct hash_map){0};
}

void hash_map_clear(struct hash_map *map)
{
    if (map->count > 0)
        memset(map->slots, 0, (map->capacity + 1) * sizeof(*map->slots));
    map->count = 0;
    map->has_zero = false;
}

static void rebuild(struct hash_map *map, size_t capacity)
{
    struct hash_map old = *map;

    map->slots = memory_new((capacity + 1) * sizeof(*map->slots));
    map->capacity = capacity;
    for (size_t slot = 0; slot < old.capacity; slot++)
        if (old.slots[slot].key != 0)
            map->slots[probe(map, old.slots[slot].key)] = old.slots[slot];
    if (old.has_zero)
        map->slots[capacity] = old.slots[old.capacity];
    free(old.slots);
}

void hash_map_reserve(struct hash_map *map, size_t count)
{
    size_t capacity = map->capacity ? map->capacity : SMALLEST_CAPACITY;

    ASSERT(count < SIZE_MAX / (4 * sizeof(*map->slots)));
    while (most_in(capacity) < count)
        capacity *= 2;
    if (capacity > map->capacity)
        rebuild(map, capacity);
}

/* Whether `key` is there; `*slot` is its slot or the one where it belongs. There are slots. */
static bool has_slot(const struct hash_map *map, uint64_t key, size_t *slot)
{
    *slot = key == 0 ? map->capacity : probe(map, key);
    return key == 0 ? map->has_zero : map->slots[*slot].key != 0;
}

struct hash_map_entry *hash_map_find(const struct hash_map *map, uint64_t key)
{
    size_t slot;

    return map->count > 0 && has_slot(map, key, &slot) ? &map->slots[slot] : NULL;
}

static bool is_full(const struct hash_map *map)
{
    return map->count >= most_in(map->capacity);
}

struct hash_map_entry *hash_map_insert(struct hash_map *map, uint64_t key, bool *is_new)
{
    size_t slot;

    if (is_full(map) && !hash_map_find(map, key))
        hash_map_reserve(map, map->count + 1);
    bool is_there = has_slot(map, key, &slot);
    if (is_new)
        *is_new = !is_there;
    if (!is_there) {
        map->slots[slot] = (struct hash_map_entry){.key = key};
        map->has_zero |= key == 0;
        map->count++;
    }
    return &map->slots[slot];
}

/* Moves back those behind `hole` that could have stood there, so that no probe ends too early. */
static void close_hole(struct hash_map *map, size_t hole)
{
    size_t mask = map->capacity - 1;

    for (size_t slot = (hole + 1) & mask; map->slots[slot].key != 0; slot = (slot + 1) & mask) {
        size_t distance = (slot - home_of(map, map->slots[slot].key)) & mask;
        if (distance < ((slot - hole) & mask))
            continue; /* its home is behind the hole */
        map->slots[hole] = map->slots[slot];
        hole = slot;
    }
    map->slots[hole] = (struct hash_map_entry){0};
}

bool hash_map_remove(struct hash_map *map, uint64_t key)
{
    size_t slot;

    if (map->count == 0 || !has_slot(map, key, &slot))
        return false;
    if (key == 0)
        map->has_zero = false;
    else
        close_hole(map, slot);
    map->count--;
    return true;
}

struct hash_map_entry *hash_map_next(const struct hash_map *map, size_t *at)
{
    for (; *at < map->capacity; (*at)++)
        if (map->slots[*at].key != 0)
            return &map->slots[(*at)++];
    if (map->has_zero && (*at)++ == map->capacity)
        return &map->slots[map->capacity];
    return NULL;
}
