/*
 * A map from uint64_t keys to a pointer or a number: open addressing, linear probing, no
 * tombstones. Any key is allowed, 0 too. Not for keys that an attacker chooses: the mixing is
 * fixed. Owned by whoever holds the struct; `{0}` is an empty map. One thread at a time.
 */
#ifndef LINLI_HASH_MAP_H
#define LINLI_HASH_MAP_H

#include "base/base.h"

struct hash_map_entry {
    uint64_t key;
    union {
        void *pointer;
        uint64_t number;
    };
};

struct hash_map {
    /* `capacity` slots, a power of two; one more is the home of key 0, which marks a free slot */
    struct hash_map_entry *slots;
    size_t capacity;
    size_t count;
    bool has_zero;
};

void hash_map_free(struct hash_map *map);  /* the entries' values are the caller's */
void hash_map_clear(struct hash_map *map); /* keeps the memory */
/* Room for `count` entries without another growth. */
void hash_map_reserve(struct hash_map *map, size_t count);

/* The entry of `key` or NULL. An entry moves with the next insert, remove or reserve. */
struct hash_map_entry *hash_map_find(const struct hash_map *map, uint64_t key);
/* The entry of `key`, made with a zero value when it is new, which `*is_new` (or NULL) tells. */
struct hash_map_entry *hash_map_insert(struct hash_map *map, uint64_t key, bool *is_new)
    __attribute__((returns_nonnull));
/* False when `key` was not there. */
bool hash_map_remove(struct hash_map *map, uint64_t key);

/*
 * Every entry once, in no order: `for (size_t at = 0; (entry = hash_map_next(&map, &at));)`.
 * NULL when there are no more. Values may be changed meanwhile; nothing inserted or removed.
 */
struct hash_map_entry *hash_map_next(const struct hash_map *map, size_t *at);

/* The pointer kept for `key`, NULL when there is none. */
static inline void *hash_map_get(const struct hash_map *map, uint64_t key)
{
    const struct hash_map_entry *entry = hash_map_find(map, key);

    return entry ? entry->pointer : NULL;
}

/* Keeps `pointer` for `key` in place of what was kept before. */
static inline void hash_map_put(struct hash_map *map, uint64_t key, void *pointer)
{
    hash_map_insert(map, key, NULL)->pointer = pointer;
}

#endif
