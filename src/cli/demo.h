/*
 * The demos, fictional, and made anew from the same seed. People, places and records are written as
 * rows; every point moves through the ledger's own commands, at the times of the story.
 *
 *   small      one street with 300 members, twelve merchants and three months: seconds
 *   district   a district of 19,400 members and 44 merchants, and a year: docs/demo.md
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
    uint32_t key_id;
    const struct award_policy *award_policy;
    /* Whether somebody asks to stop: looked at some times a second. */
    bool (*must_stop)(const void *context);
    const void *context;

    /* Filled by demo_load: numbers of the demo's own. */
    uint32_t instance_id;
    struct id_maker *ids;
};

/* Loads the demo of the settings into an empty database, whole or, after a kill, once more; one
 * that holds anything else is left as it is. "demo.stopped": somebody asked to stop. */
bool demo_load(const struct demo_tools *tools, struct error *error) MUST_CHECK;
/* False, with the error "demo.stopped", when somebody asks to stop. */
bool demo_goes_on(const struct demo_tools *tools, struct error *error) MUST_CHECK;
/* Whether the database holds the demo or a half of it: its sign-ins are public, so nobody may serve
 * it as real. */
bool demo_is_loaded(struct db *db, bool *loaded, struct error *error) MUST_CHECK;
/* Whom to sign in as. */
void demo_print_sign_ins(const struct settings *settings, FILE *out);
/* Beside the state: the cases that are planted in the district. The caller frees it. */
#define DEMO_CASES_FILE "demo-cases.json"
char *demo_cases_path(const struct settings *settings);

#endif
