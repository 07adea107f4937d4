/*
 * A lane: one chain of blocks, held by one teller at a time under a lease by database time.
 *
 * The lease only keeps others from taking a lane that is in use. What makes the chain safe is the
 * lane's row: every batch locks it first, finds in it the head that this teller remembers, and
 * writes it last.
 */
#ifndef LINLI_LANE_H
#define LINLI_LANE_H

#include "ledger/chain.h"
#include "store/db.h"

#define LANE_LEASE_US (15 * SECOND_US)
#define LANE_RENEW_US (5 * SECOND_US) /* of an idle teller; a busy one renews with each batch */

struct lane {
    uint32_t instance_id; /* who holds it */
    uint8_t number;       /* 1..255; 0: none is held */
    uint64_t height;
    uint8_t head[HASH_SIZE]; /* hash of the block at `height`; zeros before the first */
    int64_t time_us;         /* of that block: the next is no earlier, whoever's clock it is by */
};

/* Takes a lane whose lease is over, or opens a new one. False when the database failed or all 255
 * lanes are held ("ledger.lanes"). */
bool lane_claim(struct lane *lane, struct db *db, struct error *error) MUST_CHECK;
/* Extends the lease. When somebody else took the lane meanwhile, `number` becomes 0. */
bool lane_renew(struct lane *lane, struct db *db, struct error *error) MUST_CHECK;
/* Ends the lease at once, so that the next teller need not wait. */
void lane_give_back(struct lane *lane, struct db *db);

/*
 * Ends all lanes for good: no teller takes them again. After a restore: what the lost end of their
 * history held was told to people, and its transfers' numbers and heights must never be given out
 * a second time. Whoever kept a younger checkpoint so sees a history that is shorter, not another.
 */
bool lanes_retire(struct db *db, struct error *error) MUST_CHECK;

/* SELECT … FOR UPDATE of the lane's row. */
void lane_lock(const struct lane *lane, struct sql *sql);
/* Whether that row is still ours and has the head that we remember. */
bool lane_is_ours(const struct lane *lane, struct rows *rows) MUST_CHECK;
/* Moves the head to `block` (may be NULL: the batch has none) and extends the lease. */
void lane_write(const struct lane *lane, const struct block *block, const uint8_t hash[HASH_SIZE],
                struct sql *sql);
/* Remembers that it was committed. */
void lane_advance(struct lane *lane, const struct block *block, const uint8_t hash[HASH_SIZE]);

#endif
