#include "plugin/pseudonyms.h"

#include <sodium.h>
#include <string.h>

#include "base/crypto.h"

struct pseudonyms pseudonyms_of(const uint8_t key[PSEUDONYM_KEY_SIZE], const char *plugin)
{
    struct pseudonyms pseudonyms;
    uint8_t derived[HASH_SIZE];

    _Static_assert(PSEUDONYM_KEY_SIZE == MAC_KEY_SIZE, "one key for both");
    _Static_assert(sizeof pseudonyms.key == crypto_shorthash_KEYBYTES, "SipHash's key");
    crypto_mac(key, plugin, strlen(plugin), derived);
    memcpy(pseudonyms.key, derived, sizeof pseudonyms.key);
    crypto_wipe(derived, sizeof derived);
    return pseudonyms;
}

uint64_t pseudonym(const struct pseudonyms *pseudonyms, enum pseudonym_of of, uint64_t id)
{
    uint64_t named = (uint64_t)of << 56 ^ id; /* ids stay below 2^53 */
    uint64_t number;

    if (id == 0)
        return 0;
    crypto_shorthash((uint8_t *)&number, (const uint8_t *)&named, sizeof named, pseudonyms->key);
    return number ? number : 1;
}
