#include "people/secrets.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outbox/inbox.h"
#include "people/accounts.h"
#include "people/audit.h"
#include "plugin/registry.h"

uint32_t secret_seal(const struct keyring *keyring, struct text context, struct text plain,
                     struct buffer *sealed)
{
    const struct key *key = keyring_current(keyring, KEY_SECRET);
    uint8_t *bytes = memory_new(plain.length + SEAL_OVERHEAD);

    crypto_seal(key->secret, context, plain.data, plain.length, bytes);
    buffer_add(sealed, bytes, plain.length + SEAL_OVERHEAD);
    free(bytes);
    return key->id;
}

bool secret_open(const struct keyring *keyring, uint32_t key_id, struct text context,
                 struct text sealed, struct buffer *plain)
{
    const struct key *key = keyring_find(keyring, key_id);

    if (!key || key->purpose != KEY_SECRET || sealed.length < SEAL_OVERHEAD)
        return false;
    size_t length = sealed.length - SEAL_OVERHEAD;
    uint8_t *bytes = memory_new(length + 1);
    bool opened = crypto_open(key->secret, context, sealed.data, sealed.length, bytes);
    if (opened)
        buffer_add(plain, bytes, length);
    crypto_wipe(bytes, length);
    free(bytes);
    return opened;
}

/* --- For the registry of plugins -------------------------------------------------------------- */

static const struct keyring *registry_keyring;

/* "plugin_policies 4711" */
static struct text policy_context(uint64_t policy_id, char room[40])
{
    int length = snprintf(room, 40, "plugin_policies %" PRIu64, policy_id);

    return (struct text){room, (size_t)length};
}

static uint32_t seal_settings(uint64_t policy_id, struct text plain, struct buffer *sealed)
{
    char room[40];

    return secret_seal(registry_keyring, policy_context(policy_id, room), plain, sealed);
}

static bool open_settings(uint32_t key_id, uint64_t policy_id, struct text sealed,
                          struct buffer *plain)
{
    char room[40];

    return secret_open(registry_keyring, key_id, policy_context(policy_id, room), sealed, plain);
}

static bool note_change(struct db *db, uint64_t actor, const char *action, uint64_t plugin_id,
                        struct text before, struct text after, struct text why, int64_t now_us,
                        struct error *error)
{
    return audit_append(db,
                        &(struct audit){.actor = actor,
                                        .action = action,
                                        .object_id = plugin_id,
                                        .before = before,
                                        .after = after,
                                        .why = why},
                        now_us, error);
}

/* Every administrator who may sign in. */
static bool tell_administrators(struct db *db, uint64_t plugin_id, struct text name, int64_t now_us,
                                struct error *error)
{
    struct rows *rows = db_query(db, "SELECT account_id FROM accounts WHERE role = ? AND state = ?",
                                 DB_INT(ROLE_ADMINISTRATOR), DB_INT(ACCOUNT_IS_ACTIVE));
    uint64_t *accounts = NULL;
    size_t count = 0, room = 0;
    bool told;

    while (rows_next(rows)) {
        if (count == room)
            accounts = memory_resize(accounts, room = room * 2 + 16, sizeof *accounts);
        accounts[count++] = rows_id(rows, 0);
    }
    told = rows_end(rows, error);
    for (size_t i = 0; told && i < count; i++)
        told = inbox_tell(db, accounts[i], NOTICE_PLUGIN_QUARANTINED, plugin_id,
                          json_pack("{s:s%}", "name", name.data, name.length), now_us, error);
    free(accounts);
    return told;
}

/* Of the one kind of key that is never rotated: a plugin knows people again next year. */
static void pseudonym_key(uint8_t key[32])
{
    const struct key *index = keyring_current(registry_keyring, KEY_INDEX);

    crypto_mac(index->secret, TEXT("plugin pseudonyms").data, TEXT("plugin pseudonyms").length,
               key);
}

void secrets_serve_registry(const struct keyring *keyring)
{
    static const struct registry_hooks hooks = {seal_settings, open_settings, note_change,
                                                tell_administrators, pseudonym_key};

    registry_keyring = keyring;
    registry_use(&hooks);
}
