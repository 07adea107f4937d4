#include "cli/books.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "cli/progress.h"
#include "ledger/proof_json.h"

bool books_open(struct books *books, const struct settings *settings, struct error *error)
{
    *books = (struct books){0};
    if (!database_open_migrated(&books->database, settings, error))
        return false;
    books->keyring =
        keyring_load(books->database.db, &settings->keyring, books->database.state_dir, error);
    return books->keyring != NULL;
}

void books_close(struct books *books)
{
    keyring_free(books->keyring);
    database_close(&books->database);
}

enum find books_checkpoint(const struct books *books, struct arena *arena,
                           struct checkpoint *checkpoint, struct error *error)
{
    const struct key *key = keyring_current(books->keyring, KEY_CHAIN);
    struct signer *signer = signer_new(key->secret);
    bool is_new;
    bool made = checkpoint_make(books->database.db, signer, key->id, clock_now_us(), arena,
                                checkpoint, &is_new, error);

    signer_free(signer);
    return made ? checkpoint_find(books->database.db, 0, arena, checkpoint, error) : FIND_FAILED;
}

json_t *books_checkpoint_json(const struct books *books, const struct checkpoint *checkpoint,
                              struct error *error)
{
    struct chain_keys keys = chain_keys_of(books->keyring);
    uint8_t public_key[SIGN_PUBLIC_SIZE];

    if (keys.find(keys.context, checkpoint->key_id, public_key))
        return checkpoint_json(checkpoint, public_key);
    error_set(error, "ledger.key", "key %u is not there", checkpoint->key_id);
    return NULL;
}

static void show(void *context, const struct verify_progress *at)
{
    progress_show(context, at->stage, at->done, at->total);
}

enum verdict books_verify(const struct books *books, const struct program *program,
                          const struct checkpoint *kept, struct verify_report *report,
                          struct error *error)
{
    struct progress progress = progress_new();
    struct verify_options options = {
        .keys = chain_keys_of(books->keyring),
        .keyring = books->keyring,
        .verifiers = program->verifiers,
        .kept = kept,
        .progress = show,
        .context = &progress,
    };
    enum verdict verdict = ledger_verify(books->database.db, &options, report, error);

    progress_end(&progress);
    return verdict;
}
