/*
 * Checkpoints: signed heads of all lanes, one a minute while there is something new. Whoever keeps
 * one can tell when the history before it was changed or shortened afterwards.
 *
 * Signed bytes, big-endian, Ed25519 by a key of the chain:
 *
 *   "linli-checkpoint-1" NUL | id u64 | time µs i64 | lanes u16
 *   then, lanes ascending: lane u8 | height u64 | hash of the block at that height, 32 bytes
 *
 * Lanes without a block are left out. Ids count up from 1 without a gap.
 */
#ifndef LINLI_CHECKPOINT_H
#define LINLI_CHECKPOINT_H

#include "ledger/chain_walk.h"
#include "store/find.h"

#define LANES_MOST 255 /* numbers 1..255 */

struct checkpoint {
    uint64_t id;
    int64_t time_us;
    struct lane_head *heads; /* by lane */
    size_t head_count;
    uint32_t key_id;
    uint8_t signature[SIGNATURE_SIZE];
};

/* The signed bytes. */
void checkpoint_pack(struct buffer *out, const struct checkpoint *checkpoint);
void checkpoint_sign(struct checkpoint *checkpoint, const struct signer *signer, uint32_t key_id);
bool checkpoint_is_signed(const struct checkpoint *checkpoint,
                          const uint8_t public_key[SIGN_PUBLIC_SIZE]) MUST_CHECK;
/* NULL: the lane had no block yet. */
const struct lane_head *checkpoint_head(const struct checkpoint *checkpoint, uint8_t lane);

/*
 * Makes the next one if any lane has moved since the last; `is_new` tells. Two servers at once: one
 * makes it, the other has nothing to do. Durable when it returns: only then may it be told.
 */
bool checkpoint_make(struct db *db, const struct signer *signer, uint32_t key_id, int64_t now_us,
                     struct arena *arena, struct checkpoint *made, bool *is_new,
                     struct error *error) MUST_CHECK;

/* Reading; heads live in the arena. `id` 0: the latest. */
enum find checkpoint_find(struct db *db, uint64_t id, struct arena *arena,
                          struct checkpoint *checkpoint, struct error *error);
/* By id, above `after`. A row whose heads cannot be read comes without any. */
bool checkpoint_list(struct db *db, uint64_t after, int64_t limit, struct arena *arena,
                     struct checkpoint **checkpoints, size_t *count,
                     struct error *error) MUST_CHECK;
/* The first that covers the block; FIND_NOTHING: none does yet. */
enum find checkpoint_find_covering(struct db *db, uint8_t lane, uint64_t height,
                                   struct arena *arena, struct checkpoint *checkpoint,
                                   struct error *error);

#endif
