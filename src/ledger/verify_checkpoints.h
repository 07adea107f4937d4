/*
 * Checkpoints held against the chain, which is known to be good by now.
 */
#ifndef LINLI_VERIFY_CHECKPOINTS_H
#define LINLI_VERIFY_CHECKPOINTS_H

#include "ledger/checkpoint.h"

/* Every row: ids without a gap, signatures, heads that never go back and are in the chain. */
enum verdict checkpoints_fit(struct db *db, const struct chain_keys *keys, uint64_t *count,
                             struct misfit *misfit, struct error *error) MUST_CHECK;
/* One that somebody kept outside. */
enum verdict checkpoint_fits(struct db *db, const struct chain_keys *keys,
                             const struct checkpoint *kept, struct misfit *misfit,
                             struct error *error) MUST_CHECK;

#endif
