/*
 * The public keys of the chain, by the number that blocks and checkpoints name them with.
 */
#ifndef LINLI_CHAIN_KEYS_H
#define LINLI_CHAIN_KEYS_H

#include "base/crypto.h"
#include "people/keyring.h"

struct chain_keys {
    /* False: no key of the chain has this number. */
    bool (*find)(const void *context, uint32_t key_id, uint8_t public_key[SIGN_PUBLIC_SIZE]);
    const void *context;
};

/* Those of a keyring, which must outlive them. */
struct chain_keys chain_keys_of(const struct keyring *keyring);

#endif
