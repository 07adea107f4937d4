/*
 * The connection was lost while COMMIT was under way: was it done?
 */
#include <string.h>

#include "ledger/batch.h"

struct search {
    const struct batch *batch;
    struct lane *lane;
    bool found;
};

static bool wait_for_lane(struct db *db, uint8_t number, struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT height FROM lanes WHERE lane = ? FOR UPDATE", DB_INT(number));

    while (rows_next(rows))
        ;
    return rows_end(rows, error);
}

/* Ed25519 signatures are deterministic: a block with ours is ours, whoever holds the lane now. */
static bool look_for_block(struct db *db, struct search *search, struct error *error)
{
    const struct block *block = &search->batch->block;
    uint8_t signature[SIGNATURE_SIZE];
    struct rows *rows = db_query(db, "SELECT signature FROM blocks WHERE lane = ? AND height = ?",
                                 DB_INT(block->lane), DB_ID(block->height));

    search->found = false;
    if (rows_next(rows)) {
        rows_bytes(rows, 0, signature, sizeof(signature));
        search->found = memcmp(signature, search->batch->signature, sizeof(signature)) == 0;
    }
    return rows_end(rows, error);
}

/* The lease is written so that this commit is on disk, and with it what was found: see
 * batch_write.c. */
static bool search_lane(struct db *db, void *context, struct error *error)
{
    struct search *search = context;

    return wait_for_lane(db, search->batch->block.lane, error) &&
           look_for_block(db, search, error) && lane_renew(search->lane, db, error);
}

bool batch_find_block(const struct batch *batch, struct db *db, struct lane *lane, bool *found,
                      struct error *error)
{
    struct search search = {.batch = batch, .lane = lane};

    ASSERT(batch->has_block);
    bool learnt = db_transaction(db, search_lane, &search, error);
    *found = search.found;
    return learnt;
}
