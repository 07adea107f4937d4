/*
 * The books for subcommands: the database of the settings with the keys that it was signed with.
 */
#ifndef LINLI_CLI_BOOKS_H
#define LINLI_CLI_BOOKS_H

#include "cli/cli.h"
#include "cli/database.h"
#include "ledger/checkpoint.h"

struct books {
    struct database database;
    struct keyring *keyring;
};

/* Fills `books`, also when it returns false: then they are closed all the same. */
bool books_open(struct books *books, const struct settings *settings,
                struct error *error) MUST_CHECK;
void books_close(struct books *books);

/* The latest checkpoint, made just now if anything has moved since the last. FIND_NOTHING: the
 * ledger is empty. Lives in the arena. */
enum find books_checkpoint(const struct books *books, struct arena *arena,
                           struct checkpoint *checkpoint, struct error *error);
/* As JSON, with the public key that it was signed with; NULL: that key is not there. The new owner
 * has the reference. */
json_t *books_checkpoint_json(const struct books *books, const struct checkpoint *checkpoint,
                              struct error *error);

/* Recomputes the books, with progress on a terminal. `kept`: a checkpoint that the history must
 * meet, or NULL. */
enum verdict books_verify(const struct books *books, const struct program *program,
                          const struct checkpoint *kept, struct verify_report *report,
                          struct error *error);

#endif
