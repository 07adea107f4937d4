/*
 * Voucher codes: 16 Crockford base-32 characters, 80 bits of HMAC(voucher key, redemption id), and
 * a check character (Luhn mod 32) that catches a mistyped or swapped one before anything is looked
 * up. A code is found by a keyed hash and never stored plain. Pure; any thread.
 */
#ifndef LINLI_VOUCHER_H
#define LINLI_VOUCHER_H

#include "base/arena.h"
#include "base/base.h"

#define VOUCHER_CODE_LENGTH 17
#define VOUCHER_HASH_SIZE   16

struct voucher_code {
    char text[VOUCHER_CODE_LENGTH + 1]; /* upper case, no separators */
};

void voucher_code_make(const uint8_t voucher_key[32], uint64_t redemption_id,
                       struct voucher_code *code);
/* Reads what a person typed or a camera saw: case, spaces and hyphens do not matter; O is 0; I and
 * L are 1. False when it cannot be a code of ours. */
bool voucher_code_parse(struct text typed, struct voucher_code *code) MUST_CHECK;
/* For looking it up: the first 16 bytes of HMAC(index key, code). */
void voucher_code_hash(const uint8_t index_key[32], const struct voucher_code *code,
                       uint8_t out[VOUCHER_HASH_SIZE]);
/* "ABCD-EFGH-JKMN-PQRS-T" */
char *voucher_code_for_people(struct arena *arena, const struct voucher_code *code);

#endif
