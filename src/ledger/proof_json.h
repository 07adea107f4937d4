/*
 * Checkpoints and receipts as JSON: what is offered for download and kept by members. Hashes, keys
 * and signatures are hexadecimal, times microseconds since 1970, ids and points as in the API.
 * Pure; any thread. The new owner of what is written has the reference; what is read lives in the
 * arena.
 */
#ifndef LINLI_PROOF_JSON_H
#define LINLI_PROOF_JSON_H

#include "ledger/receipt.h"

json_t *checkpoint_json(const struct checkpoint *checkpoint,
                        const uint8_t public_key[SIGN_PUBLIC_SIZE]);
/* The signature is not looked at. The error names the field that does not fit. */
bool checkpoint_from_json(const json_t *json, struct arena *arena, struct checkpoint *checkpoint,
                          uint8_t public_key[SIGN_PUBLIC_SIZE], struct error *error) MUST_CHECK;
/* The transfer is read from the leaf; what stands beside it for people is not looked at. */
bool receipt_from_json(const json_t *json, struct arena *arena, struct receipt *receipt,
                       struct error *error) MUST_CHECK;

/* Of `length` bytes, at most 64. */
json_t *json_hex(const uint8_t *bytes, size_t length);

#endif
