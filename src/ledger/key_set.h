/*
 * Key sets: which rows a command, or a whole batch of commands, names. A kind of command fills one
 * in its `keys` function by key_set_add (ledger/command.h); only the teller and the simulator look
 * inside. One thread at a time.
 *
 *   gather   key_set_clear(&one); command->kind->keys(command, &one);
 *            if (key_set_conflicts(&one, &claimed)) … it waits for the next batch
 *            else key_set_claim(&one, &claimed), key_set_merge(&batch, &one);
 *   load     key_set_sort(&batch);
 *            for each of batch.lists: kind->lock(sql, key_list_keys(list)), then its reads
 */
#ifndef LINLI_KEY_SET_H
#define LINLI_KEY_SET_H

#include "base/hash_map.h"
#include "ledger/command.h"

/* The keys of one kind. */
struct key_list {
    const struct row_kind *kind;
    uint64_t *keys;
    size_t count, capacity;
};

/* `{0}` is an empty set. */
struct key_set {
    struct key_list *lists; /* each kind once; in lock order after key_set_sort */
    size_t count, capacity;
    size_t keys; /* how many in all lists; after key_set_sort each counts once */
};

void key_set_clear(struct key_set *set); /* keeps the memory */
void key_set_free(struct key_set *set);

/* Whether a row of an exclusive kind that `set` names was claimed. */
bool key_set_conflicts(const struct key_set *set, const struct hash_map *claimed);
/* Claims the set's rows of exclusive kinds. */
void key_set_claim(const struct key_set *set, struct hash_map *claimed);
/* Adds everything that `one` names. */
void key_set_merge(struct key_set *set, const struct key_set *one);
/* Kinds in lock order, their keys ascending, each once: the order of every lock. Kinds that name no
 * row are left out. More may be added afterwards, until the next sort. */
void key_set_sort(struct key_set *set);

static inline struct row_keys key_list_keys(const struct key_list *list)
{
    return (struct row_keys){list->keys, list->count};
}

#endif
