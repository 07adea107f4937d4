/*
 * The code that a merchant gave for a redemption, which its own system knows the voucher by. Kept
 * sealed beside Linli's own, and found by a keyed hash of the merchant and the code: so another
 * merchant's same code is another hash. Any thread.
 */
#ifndef LINLI_MERCHANT_CODE_H
#define LINLI_MERCHANT_CODE_H

#include "people/keyring.h"
#include "store/find.h"

#define MERCHANT_CODE_MOST      128 /* bytes */
#define MERCHANT_CODE_HASH_SIZE 16

/* As it is stored. */
struct merchant_code {
    uint32_t key_id;
    uint8_t hash[MERCHANT_CODE_HASH_SIZE];
    struct text sealed; /* empty: the merchant gave none */
};

/* In the arena. */
struct merchant_code merchant_code_seal(const struct keyring *keyring, uint64_t redemption_id,
                                        uint64_t merchant_id, struct text code,
                                        struct arena *arena);
/* Of what a person typed or a camera saw: spaces, hyphens and the case of A to Z do not matter. */
void merchant_code_hash(const struct keyring *keyring, uint64_t merchant_id, struct text typed,
                        uint8_t out[MERCHANT_CODE_HASH_SIZE]);
/* As the merchant wrote it, in the arena and ended by a zero; FIND_NOTHING: it gave none. */
enum find merchant_code_read(struct db *db, const struct keyring *keyring, uint64_t redemption_id,
                             struct arena *arena, struct text *code, struct error *error);

#endif
