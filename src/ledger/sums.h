/*
 * Sums: what a verifier adds up for each row of its table, by the row's key. One thread.
 */
#ifndef LINLI_SUMS_H
#define LINLI_SUMS_H

#include "ledger/misfit.h"

/* Every sum's struct begins with this. */
struct sum {
    uint64_t key;
    bool seen; /* its row was found */
};

struct sums;

struct sums *sums_new(size_t size); /* of each */
void sums_free(void *sums);         /* NULL is allowed */
/* The sum of `key`, made with zeros when it is new. */
void *sums_at(struct sums *sums, uint64_t key) __attribute__((returns_nonnull));
/* NULL when there is none. */
void *sums_find(const struct sums *sums, uint64_t key);
/* The one with the lowest key whose row was not found and that `counts` (may be NULL: all do). */
const void *sums_unseen(const struct sums *sums, bool (*counts)(const void *sum));
/* That there is none; `name` gets the key of the row that is missing. */
bool sums_all_seen(const struct sums *sums, struct row_name name, struct misfit *misfit) MUST_CHECK;

#endif
