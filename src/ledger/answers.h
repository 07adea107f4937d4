/*
 * Answers: what was answered to an Idempotency-Key, kept for 30 days: enough to render the same
 * answer again, never its body. The IETF draft (draft-ietf-httpapi-idempotency-key-header) and
 * Stripe's rules: same key and payload, same answer; same key, other payload, 422.
 */
#ifndef LINLI_ANSWERS_H
#define LINLI_ANSWERS_H

#include "ledger/command.h"
#include "store/db.h"

struct answer {
    uint8_t request_key[16];
    uint8_t fingerprint[8]; /* of the request that the key was first used for */
    struct outcome outcome;
};

/* Adds one SELECT of what is kept for `count` keys, at least one. */
void answers_select(struct sql *sql, const uint8_t *const *request_keys, size_t count);
/* Steps to the next of its rows; false at the end. rows_end stays with the caller. */
bool answers_next(struct rows *rows, struct answer *answer);
/* Adds one INSERT of `count` answers, at least one. A key that is kept by now is error 1062. */
void answers_insert(struct sql *sql, const struct answer *answers, size_t count);

#endif
