#include "cli/counter.h"

bool counter_open(struct counter *counter, const struct settings *settings, const char *name,
                  struct error *error)
{
    const struct key *key;
    uint32_t instance;

    *counter = (struct counter){.arena = arena_new()};
    if (!database_open_migrated(&counter->database, settings, error) ||
        !instance_claim(counter->database.db, name, &instance, error))
        return false;
    id_maker_start(&counter->ids, instance);
    counter->keyring =
        keyring_load(counter->database.db, &settings->keyring, counter->database.state_dir, error);
    if (counter->keyring == NULL)
        return false;
    key = keyring_current(counter->keyring, KEY_CHAIN);
    counter->signer = signer_new(key->secret);
    counter->teller = teller_start(&settings->teller, &counter->database.options, instance,
                                   counter->signer, key->id, NULL, error);
    return counter->teller != NULL;
}

void counter_close(struct counter *counter)
{
    if (counter->teller)
        teller_stop(counter->teller);
    if (counter->signer)
        signer_free(counter->signer);
    if (counter->keyring)
        keyring_free(counter->keyring);
    database_close(&counter->database);
    arena_free(counter->arena);
}
