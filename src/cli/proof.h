/*
 * Files of checkpoints and receipts.
 */
#ifndef LINLI_CLI_PROOF_H
#define LINLI_CLI_PROOF_H

#include "ledger/proof_json.h"

/* The new owner has the reference; NULL when it cannot be read. */
json_t *proof_read(const char *path, struct error *error);
/* A checkpoint with a signature that is its own. */
bool proof_read_checkpoint(const char *path, struct arena *arena, struct checkpoint *checkpoint,
                           struct error *error) MUST_CHECK;
/* `path` NULL: stdout. */
bool proof_write(const json_t *json, const char *path, struct error *error) MUST_CHECK;

#endif
