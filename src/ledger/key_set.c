#include "ledger/key_set.h"

#include <stdlib.h>
#include <string.h>

#define FEWEST_KEYS 4

void key_set_clear(struct key_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        set->lists[i].count = 0;
    set->keys = 0;
}

void key_set_free(struct key_set *set)
{
    for (size_t i = 0; i < set->capacity; i++)
        free(set->lists[i].keys);
    free(set->lists);
    *set = (struct key_set){0};
}

static const struct key_list *find_list(const struct key_set *set, const struct row_kind *kind)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->lists[i].kind == kind)
            return &set->lists[i];
    return NULL;
}

/* A list for `kind`; one that key_set_sort left out lends its memory. */
static struct key_list *add_list(struct key_set *set, const struct row_kind *kind)
{
    if (set->count == set->capacity) {
        size_t capacity = set->capacity ? set->capacity * 2 : FEWEST_KEYS;

        set->lists = memory_resize(set->lists, capacity, sizeof(*set->lists));
        memset(set->lists + set->capacity, 0, (capacity - set->capacity) * sizeof(*set->lists));
        set->capacity = capacity;
    }
    struct key_list *list = &set->lists[set->count++];
    list->kind = kind;
    list->count = 0;
    return list;
}

static struct key_list *list_of(struct key_set *set, const struct row_kind *kind)
{
    struct key_list *list = (struct key_list *)find_list(set, kind);

    return list ? list : add_list(set, kind);
}

static void list_add(struct key_list *list, const uint64_t *keys, size_t count)
{
    if (list->capacity - list->count < count) {
        list->capacity = list->capacity * 2 + count + FEWEST_KEYS;
        list->keys = memory_resize(list->keys, list->capacity, sizeof(*list->keys));
    }
    memcpy(list->keys + list->count, keys, count * sizeof(*keys));
    list->count += count;
}

void key_set_add(struct key_set *set, const struct row_kind *kind, uint64_t key)
{
    list_add(list_of(set, kind), &key, 1);
    set->keys++;
}

void key_set_merge(struct key_set *set, const struct key_set *one)
{
    for (size_t i = 0; i < one->count; i++)
        if (one->lists[i].count > 0)
            list_add(list_of(set, one->lists[i].kind), one->lists[i].keys, one->lists[i].count);
    set->keys += one->keys;
}

/* Ids have 53 bits: the top ones keep the kinds apart. */
static uint64_t claim_of(const struct key_list *list, size_t index)
{
    return (uint64_t)list->kind->lock_order << 56 ^ list->keys[index];
}

bool key_set_conflicts(const struct key_set *set, const struct hash_map *claimed)
{
    for (size_t i = 0; claimed->count > 0 && i < set->count; i++)
        for (size_t k = 0; set->lists[i].kind->exclusive && k < set->lists[i].count; k++)
            if (hash_map_find(claimed, claim_of(&set->lists[i], k)))
                return true;
    return false;
}

void key_set_claim(const struct key_set *set, struct hash_map *claimed)
{
    for (size_t i = 0; i < set->count; i++)
        for (size_t k = 0; set->lists[i].kind->exclusive && k < set->lists[i].count; k++)
            hash_map_insert(claimed, claim_of(&set->lists[i], k), NULL);
}

static int compare_keys(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

/* Empty lists go to the end; two kinds of one order stay apart by name. */
static int compare_lists(const void *a, const void *b)
{
    const struct key_list *left = a, *right = b;

    if ((left->count == 0) != (right->count == 0))
        return left->count == 0 ? 1 : -1;
    if (left->kind->lock_order != right->kind->lock_order)
        return left->kind->lock_order < right->kind->lock_order ? -1 : 1;
    return strcmp(left->kind->name, right->kind->name);
}

static void sort_list(struct key_list *list)
{
    size_t kept = 0;

    qsort(list->keys, list->count, sizeof(*list->keys), compare_keys);
    for (size_t i = 0; i < list->count; i++)
        if (i == 0 || list->keys[i] != list->keys[kept - 1])
            list->keys[kept++] = list->keys[i];
    list->count = kept;
}

void key_set_sort(struct key_set *set)
{
    if (set->count == 0)
        return;
    qsort(set->lists, set->count, sizeof(*set->lists), compare_lists);
    while (set->count > 0 && set->lists[set->count - 1].count == 0)
        set->count--;
    set->keys = 0;
    for (size_t i = 0; i < set->count; i++) {
        sort_list(&set->lists[i]);
        set->keys += set->lists[i].count;
    }
}
