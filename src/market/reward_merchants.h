/*
 * Whose a reward is, which never changes: read once, and known from then on, so that a loop can say
 * it of what is redeemed without a look at the database. Any thread.
 */
#ifndef LINLI_REWARD_MERCHANTS_H
#define LINLI_REWARD_MERCHANTS_H

#include "store/db.h"
#include "store/find.h"

struct reward_merchants;

struct reward_merchants *reward_merchants_new(void);
void reward_merchants_free(struct reward_merchants *known);

/* With `db` NULL what is known already: FIND_NOTHING then says no more than that it is not.
 * merchant_id is 0 unless it was found. */
enum find reward_merchant_find(struct reward_merchants *known, struct db *db, uint64_t reward_id,
                               uint64_t *merchant_id, struct error *error);

#endif
