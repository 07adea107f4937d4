/*
 * The demo: one street with 300 fictional members, twelve merchants and three months of service
 * and redemptions. People, places and records are written as rows; every point moves through the
 * ledger's own commands, at the times of the story. The same seed tells the same story.
 */
#ifndef LINLI_DEMO_H
#define LINLI_DEMO_H

#include <stdio.h>

#include "base/ids.h"
#include "cli/settings.h"

struct demo_tools {
    const struct settings *settings;
    struct db *db;
    const struct db_options *options;
    const struct keyring *keyring;
    const struct signer *signer;
    uint32_t key_id, instance_id;
    struct id_maker *ids;
    const struct award_policy *award_policy;
};

/* Loads the demo into an empty database, whole or, after a kill, once more; one that holds anything
 * else is left as it is. Seconds. */
bool demo_load(const struct demo_tools *tools, struct error *error) MUST_CHECK;
/* Whether the database holds the demo or a half of it: its sign-ins are public, so nobody may serve
 * it as real. */
bool demo_is_loaded(struct db *db, bool *loaded, struct error *error) MUST_CHECK;
/* Whom to sign in as. */
void demo_print_sign_ins(FILE *out);

#endif
