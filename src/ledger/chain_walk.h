/*
 * The chain as it is stored, walked and checked block by block: heights without a gap, signatures,
 * previous hashes, and each transfer under its block's root. Memory is that of one slice of blocks
 * and one block's transfers. One thread; the connection is the walker's while it walks.
 */
#ifndef LINLI_CHAIN_WALK_H
#define LINLI_CHAIN_WALK_H

#include "ledger/chain.h"
#include "ledger/chain_keys.h"
#include "ledger/misfit.h"
#include "store/db.h"

enum verdict {
    VERDICT_FAILED = -1, /* could not look: the error is filled */
    VERDICT_MISFIT = 0,  /* a row does not fit: the misfit is filled */
    VERDICT_FITS = 1,
};

/* Where a lane ends, or did at some time. */
struct lane_head {
    uint8_t lane;
    uint64_t height;
    uint8_t hash[HASH_SIZE]; /* of the block at `height`; zeros at height 0 */
};

/* Gets every transfer of every block that fits; false: this transfer cannot be (misfit filled). */
struct chain_reader {
    bool (*transfer)(void *context, const struct block *block, const struct transfer *transfer,
                     struct misfit *misfit);
    /* After each slice. May be NULL. */
    void (*progress)(void *context, uint64_t blocks, uint64_t transfers);
    void *context;
};

struct chain_walk; /* a walker: reused from lane to lane */

struct chain_walk *chain_walk_new(struct db *db, const struct chain_keys *keys,
                                  const struct chain_reader *reader /* NULL: nobody reads */);
void chain_walk_free(struct chain_walk *walk);

/*
 * Walks from `head`, which must be known to be good (height 0: from the lane's beginning), up to
 * the block at `until`; `head` moves along. All of these blocks are committed already.
 */
enum verdict chain_walk_to(struct chain_walk *walk, struct lane_head *head, uint64_t until,
                           struct misfit *misfit, struct error *error) MUST_CHECK;
/* The whole lane, whose row says that it ends at `stored`: nothing may stand behind it either. */
enum verdict chain_walk_lane(struct chain_walk *walk, const struct lane_head *stored,
                             struct misfit *misfit, struct error *error) MUST_CHECK;
/* Walked so far. */
uint64_t chain_walk_blocks(const struct chain_walk *walk);
uint64_t chain_walk_transfers(const struct chain_walk *walk);

/* The columns of a transfer in the order in which transfer_read takes them; its detail is valid
 * until the next row. `seal` may be NULL. */
#define TRANSFER_COLUMNS                                                                           \
    "transfer_id, kind, from_account, to_account, points, member_id, ref, subject, pieces,"        \
    " actor, detail, seal"
void transfer_read(struct rows *rows, struct transfer *transfer, uint8_t *seal);

/* Likewise of a block. */
#define BLOCK_COLUMNS "lane, height, previous_hash, root, transfers, time_us, key_id, signature"
struct stored_block {
    struct block block;
    uint32_t key_id;
    uint8_t signature[SIGNATURE_SIZE];
};
void block_read(struct rows *rows, struct stored_block *stored);

#endif
