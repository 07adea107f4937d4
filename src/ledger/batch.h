/*
 * A batch: commands that share one transaction, with everything they need on the way through it.
 * batch_load, batch_apply and batch_write are the three steps; the teller decides what happens
 * when one of them fails. One thread at a time: the usher's while it is gathered and judged, the
 * teller's while it is served.
 */
#ifndef LINLI_BATCH_H
#define LINLI_BATCH_H

#include "ledger/answers.h"
#include "ledger/key_set.h"
#include "ledger/lane.h"
#include "ledger/teller.h"

/* How a command ends in this batch. */
enum ending {
    ENDING_OPEN,     /* not yet decided */
    ENDING_DECIDED,  /* accepted, or finally refused: kept with its key */
    ENDING_REPLAYED, /* its key was answered before: the same again */
    ENDING_PASSING,  /* a refusal that passes: not kept */
    ENDING_STALE,    /* its wallet moved after the judge had looked: back to the queue */
};

struct entry {
    struct command *command;
    /* By the judge, once: */
    enum refusal denied; /* ACCEPTED: it is not */
    uint64_t wallet_id;  /* 0: no version is expected */
    uint32_t wallet_version;
    uint64_t denied_by; /* the decision that a denial's outcome refers to; 0: none */
    void *note;         /* the judge's own, for its write; NULL: it was not asked */
    /* By each attempt anew: */
    enum ending ending;
    struct outcome outcome;
};

struct batch {
    struct entry *entries; /* in the order of their arrival, which is the order of apply */
    size_t count, capacity;
    struct key_set keys;       /* of every row that they name */
    struct hash_map claimed;   /* those of exclusive kinds: in no other batch meanwhile */
    int64_t now_us;            /* the batch's time */
    const struct judge *judge; /* may be NULL; stays from batch to batch */
    struct arena *papers;      /* the judge's, about these commands */
    /* By the teller, for the usher: */
    struct queue_item *again; /* commands to be judged anew, the last first */
    int64_t took_us;          /* in the database */

    struct book *book;
    struct arena *arena; /* of one attempt */
    struct sql sql;
    /* Of one attempt, made by load: */
    struct entry **keyed; /* those with a request key, sorted by it */
    size_t keyed_count;
    struct entry **acting; /* those with an actor, sorted by it */
    size_t acting_count;
    /* By apply: */
    bool has_block; /* a batch without transfers has none */
    struct block block;
    uint8_t block_hash[HASH_SIZE];
    uint8_t signature[SIGNATURE_SIZE];
    uint8_t (*seals)[TRANSFER_SEAL_SIZE]; /* of its transfers */
};

struct batch *batch_new(void);
void batch_free(struct batch *batch);
/* Empties it for the next commands; `now_us` becomes its time. */
void batch_start(struct batch *batch, int64_t now_us);
/* Adds a command that names the rows of `keys`; returns its entry, valid until the next one. */
struct entry *batch_add(struct batch *batch, struct command *command, const struct key_set *keys);

/* What came of a step. But for the first, nothing is open and nothing of this attempt is written;
 * STEP_UNKNOWN alone cannot promise that. */
enum step {
    STEP_DONE,
    STEP_CONFLICT,   /* others were in the way */
    STEP_DUPLICATE,  /* a row is there that was not when we read */
    STEP_LANE_TAKEN, /* somebody else holds the lane */
    STEP_LOST,       /* the connection is gone */
    STEP_UNKNOWN,    /* the connection is gone, and a COMMIT was under way */
    STEP_BROKEN,     /* nobody foresaw this */
};

/* The step that the last failure of `db` makes. */
enum step step_after_failure(const struct db *db);

/* One round trip: BEGIN, locks the lane and every row in lock order, then reads what hangs on them,
 * the answers kept and the actors' epochs. */
enum step batch_load(struct batch *batch, struct db *db, const struct lane *lane,
                     struct error *error) MUST_CHECK;
/* Pure: settles every entry, and makes the block of the transfers that came of it. */
void batch_apply(struct batch *batch, const struct lane *lane, const struct signer *signer);
/* One round trip: rows, transfers, block, answers, the lane's head, COMMIT. */
enum step batch_write(struct batch *batch, struct db *db, const struct lane *lane, uint32_t key_id,
                      struct error *error) MUST_CHECK;
/*
 * After STEP_UNKNOWN: whether the batch's block is in the lane. Waits out the dead connection's
 * transaction, which the server may still commit, by locking the lane's row. False when it could
 * not be learnt yet. The lane's `number` becomes 0 when somebody else took it meanwhile.
 */
bool batch_find_block(const struct batch *batch, struct db *db, struct lane *lane, bool *found,
                      struct error *error) MUST_CHECK;

#endif
