/*
 * A counter for subcommands: a teller of one's own, with a lane of its own, beside those of the
 * servers that run on the same database.
 */
#ifndef LINLI_CLI_COUNTER_H
#define LINLI_CLI_COUNTER_H

#include "base/ids.h"
#include "cli/cli.h"
#include "cli/database.h"
#include "ledger/teller.h"
#include "people/keyring.h"

struct counter {
    struct database database;
    struct keyring *keyring;
    struct signer *signer;
    struct teller *teller;
    struct id_maker ids;
    struct arena *arena;
};

/* `name`: of the command, as instances are listed. Fills `counter`, also when it returns false:
 * then it is closed all the same. */
bool counter_open(struct counter *counter, const struct settings *settings, const char *name,
                  struct error *error) MUST_CHECK;
void counter_close(struct counter *counter);

#endif
