/*
 * Receipts: what a member can show to prove a transfer without trusting the server: the transfer's
 * leaf, its path to the root of its block, the block's signed header, the headers from there to the
 * head that the first checkpoint after it names, and that checkpoint.
 *
 * Whoever kept a checkpoint, or knows the programme's public key, checks it with no database.
 */
#ifndef LINLI_RECEIPT_H
#define LINLI_RECEIPT_H

#include <jansson.h>

#include "ledger/checkpoint.h"

#define RECEIPT_PATH_MOST    17     /* 2^16 leaves */
#define RECEIPT_HEADERS_MOST 100000 /* blocks of a lane from one checkpoint to the next */

/* Of a block's header what cannot be computed from the one before. */
struct compact_header {
    uint8_t root[HASH_SIZE];
    uint16_t transfers;
    int64_t time_us;
};

struct receipt {
    struct transfer transfer;
    uint8_t path[RECEIPT_PATH_MOST][HASH_SIZE];
    size_t path_length;
    struct stored_block block;
    uint8_t block_key[SIGN_PUBLIC_SIZE];
    bool has_checkpoint;            /* not yet in the minute after the transfer: */
    struct compact_header *headers; /* then these are not there either */
    size_t header_count;
    struct checkpoint checkpoint;
    uint8_t checkpoint_key[SIGN_PUBLIC_SIZE];
};

/* Everything lives in the arena. */
enum find receipt_make(struct db *db, const struct chain_keys *keys, uint64_t transfer_id,
                       struct arena *arena, struct receipt *receipt, struct error *error);
/* The new owner has the reference. */
json_t *receipt_json(const struct receipt *receipt);

struct receipt_trust {
    const uint8_t *public_key;     /* of the programme; NULL: whatever the receipt names */
    const struct checkpoint *kept; /* by the one who asks, checked already; NULL: none */
};

/* What a good receipt proves. */
enum receipt_proof {
    RECEIPT_SIGNED = 1,    /* a block signed by that key has the transfer */
    RECEIPT_IN_CHECKPOINT, /* and so does the history that a checkpoint fixes */
};

/*
 * Pure: whether the receipt is good, and what it proves. Every value in it is checked, those for
 * people too. On false the error says why.
 */
bool receipt_verify(const json_t *json, const struct receipt_trust *trust, struct arena *arena,
                    struct receipt *receipt, enum receipt_proof *proof,
                    struct error *error) MUST_CHECK;

#endif
