#include "ledger/chain_keys.h"

static bool find_in_ring(const void *context, uint32_t key_id, uint8_t public_key[SIGN_PUBLIC_SIZE])
{
    const struct key *key = keyring_find(context, key_id);

    if (!key || key->purpose != KEY_CHAIN)
        return false;
    struct signer *signer = signer_new(key->secret);
    signer_public(signer, public_key);
    signer_free(signer);
    return true;
}

struct chain_keys chain_keys_of(const struct keyring *keyring)
{
    return (struct chain_keys){.find = find_in_ring, .context = keyring};
}
