#include "market/reward_merchants.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/hash_map.h"

struct reward_merchants {
    pthread_rwlock_t lock;
    struct hash_map merchants; /* by reward id */
};

struct reward_merchants *reward_merchants_new(void)
{
    struct reward_merchants *known = memory_new(sizeof *known);

    ASSERT(pthread_rwlock_init(&known->lock, NULL) == 0);
    return known;
}

void reward_merchants_free(struct reward_merchants *known)
{
    if (!known)
        return;
    hash_map_free(&known->merchants);
    pthread_rwlock_destroy(&known->lock);
    free(known);
}

static uint64_t recall(struct reward_merchants *known, uint64_t reward_id)
{
    const struct hash_map_entry *entry;
    uint64_t merchant_id;

    pthread_rwlock_rdlock(&known->lock);
    entry = hash_map_find(&known->merchants, reward_id);
    merchant_id = entry ? entry->number : 0;
    pthread_rwlock_unlock(&known->lock);
    return merchant_id;
}

static void remember(struct reward_merchants *known, uint64_t reward_id, uint64_t merchant_id)
{
    pthread_rwlock_wrlock(&known->lock);
    hash_map_insert(&known->merchants, reward_id, NULL)->number = merchant_id;
    pthread_rwlock_unlock(&known->lock);
}

enum find reward_merchant_find(struct reward_merchants *known, struct db *db, uint64_t reward_id,
                               uint64_t *merchant_id, struct error *error)
{
    struct rows *rows;

    *merchant_id = recall(known, reward_id);
    if (*merchant_id != 0)
        return FIND_FOUND;
    if (db == NULL)
        return FIND_NOTHING;
    rows = db_query(db, "SELECT merchant_id FROM rewards WHERE reward_id = ?", DB_ID(reward_id));
    if (rows_next(rows))
        *merchant_id = rows_id(rows, 0);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    if (*merchant_id == 0)
        return FIND_NOTHING;
    remember(known, reward_id, *merchant_id);
    return FIND_FOUND;
}
