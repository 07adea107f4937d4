#include "people/member_seal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

#define CONTEXT_SIZE 40

/* What a sealed value is, and whose: a value moved to another row does not open there. */
static struct text seal_context(char out[CONTEXT_SIZE], const char *what, uint64_t member_id)
{
    int length = snprintf(out, CONTEXT_SIZE, "%s:%" PRIu64, what, member_id);

    return (struct text){out, (size_t)length};
}

void member_likeness(const struct keyring *keyring, struct text name, uint64_t unit_id,
                     uint8_t out[LIKENESS_SIZE])
{
    char named[40 + NAME_BYTES_MOST];
    uint8_t mac[HASH_SIZE];
    size_t length = (size_t)snprintf(named, 40, "alike:%" PRIu64 ":", unit_id);

    ASSERT(name.length <= NAME_BYTES_MOST);
    for (size_t i = 0; i < name.length; i++)
        if (name.data[i] != ' ')
            named[length++] = name.data[i];
    crypto_mac(keyring_current(keyring, KEY_INDEX)->secret, named, length, mac);
    memcpy(out, mac, LIKENESS_SIZE);
}

void member_seal_phone(const uint8_t personal[SEAL_KEY_SIZE], uint64_t member_id,
                       const struct phone *phone, uint8_t out[PHONE_SIZE + SEAL_OVERHEAD])
{
    char context[CONTEXT_SIZE];

    crypto_seal(personal, seal_context(context, "phone", member_id), phone->text, PHONE_SIZE, out);
}

void member_seal(const struct keyring *keyring, uint64_t member_id, const struct new_member *member,
                 struct sealed_person *out)
{
    const struct key *wrap = keyring_current(keyring, KEY_PERSONAL);
    uint8_t personal[SEAL_KEY_SIZE];
    char context[CONTEXT_SIZE];

    ASSERT(member->name.length <= NAME_BYTES_MOST);
    crypto_random(personal, sizeof(personal));
    out->key_id = wrap->id;
    crypto_seal(wrap->secret, seal_context(context, "member", member_id), personal,
                sizeof(personal), out->personal_key);
    crypto_seal(personal, seal_context(context, "name", member_id), member->name.data,
                member->name.length, out->name);
    out->name_length = member->name.length + SEAL_OVERHEAD;
    out->has_phone = member->phone.text[0] != '\0';
    if (out->has_phone) {
        member_seal_phone(personal, member_id, &member->phone, out->phone);
        phone_index(keyring_current(keyring, KEY_INDEX), &member->phone, out->index);
    }
    member_likeness(keyring, member->name, member->unit_id, out->likeness);
    crypto_wipe(personal, sizeof(personal));
}

bool member_unwrap(const struct keyring *keyring, uint64_t member_id, uint32_t key_id,
                   struct text wrapped, uint8_t personal[SEAL_KEY_SIZE])
{
    const struct key *key = keyring_find(keyring, key_id);
    char context[CONTEXT_SIZE];

    if (wrapped.length == 0)
        return false;
    bool opened = key && wrapped.length == WRAPPED_SIZE &&
                  crypto_open(key->secret, seal_context(context, "member", member_id), wrapped.data,
                              wrapped.length, personal);
    if (!opened)
        LOG(ERROR, "members.unwrap", LOG_INT("member", member_id), LOG_INT("key", key_id));
    return opened;
}

char *member_open_name(const uint8_t personal[SEAL_KEY_SIZE], uint64_t member_id,
                       struct text sealed, struct arena *arena)
{
    char context[CONTEXT_SIZE];

    if (sealed.length < SEAL_OVERHEAD)
        return NULL;
    uint8_t *name = arena_take(arena, sealed.length - SEAL_OVERHEAD + 1); /* zeroed: terminated */
    return crypto_open(personal, seal_context(context, "name", member_id), sealed.data,
                       sealed.length, name)
               ? (char *)name
               : NULL;
}

void member_open_phone(const uint8_t personal[SEAL_KEY_SIZE], uint64_t member_id,
                       struct text sealed, struct phone *phone)
{
    char context[CONTEXT_SIZE];

    if (sealed.length != PHONE_SIZE + SEAL_OVERHEAD ||
        !crypto_open(personal, seal_context(context, "phone", member_id), sealed.data,
                     sealed.length, (uint8_t *)phone->text))
        phone->text[0] = '\0';
}
