/*
 * Codes that people carry on paper and type: vouchers, certificates. 16 Crockford base-32
 * characters, 80 bits of an HMAC, and a check character (Luhn mod 32) that catches a mistyped or
 * swapped one before anything is looked up. A code is found by a keyed hash and never stored plain.
 * Pure; any thread.
 */
#ifndef LINLI_PAPER_CODE_H
#define LINLI_PAPER_CODE_H

#include "base/arena.h"
#include "base/base.h"

#define PAPER_CODE_LENGTH    17
#define PAPER_CODE_HASH_SIZE 16

struct paper_code {
    char text[PAPER_CODE_LENGTH + 1]; /* upper case, no separators */
};

/* From what it stands for, under the key of its kind. */
void paper_code_make(const uint8_t key[32], const void *message, size_t length,
                     struct paper_code *code);
/* Reads what a person typed or a camera saw: case, spaces and hyphens do not matter; O is 0; I and
 * L are 1. False when it cannot be a code of ours. */
bool paper_code_parse(struct text typed, struct paper_code *code) MUST_CHECK;
/* For looking it up: the first 16 bytes of HMAC(index key, code). */
void paper_code_hash(const uint8_t index_key[32], const struct paper_code *code,
                     uint8_t out[PAPER_CODE_HASH_SIZE]);
/* "ABCD-EFGH-JKMN-PQRS-T" */
char *paper_code_for_people(struct arena *arena, const struct paper_code *code);

#endif
