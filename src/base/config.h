/*
 * Configuration: one table a room, one mechanism. Each room exports entries whose offsets point
 * into its own options struct; main.c adds them. Sources, later ones win: the default in the
 * table, the file (`--config=FILE`: lines of `name = value`, # comments), the environment
 * (`LINLI_DATABASE_URL` for `database.url`), the command line (`--database.url=…`).
 * `linli config` prints the table; docs and --help are printed from it too.
 */
#ifndef LINLI_CONFIG_H
#define LINLI_CONFIG_H

#include <stdio.h>

#include "base/base.h"

enum config_type {
    CONFIG_INT,      /* int64_t, between min and max */
    CONFIG_BOOL,     /* bool: true/false/yes/no/on/off */
    CONFIG_TEXT,     /* char *, owned by the config; "" when empty, never NULL */
    CONFIG_DURATION, /* int64_t microseconds: "250ms", "30s", "5m", "12h", "30d" */
    CONFIG_SIZE,     /* int64_t bytes: "64k", "16M", "1G" */
    CONFIG_CHOICE,   /* int: index into the |-separated `choices` */
};

struct config_entry {
    const char *name; /* "http.max_body" */
    enum config_type type;
    size_t offset; /* into the room's options */
    const char *initial;
    int64_t min, max; /* INT, DURATION in µs, SIZE; max 0 and min >= 0: no upper bound */
    const char *choices;
    bool reloadable; /* SIGHUP applies it */
    bool secret;     /* `linli config` prints "(set)" */
    const char *help;
};

struct config;

struct config *config_new(void);
void config_free(struct config *config);
/* `entries` ends with a zero name. `options` is where values are stored. Before config_load. */
void config_add(struct config *config, const struct config_entry *entries, void *options);

/*
 * Reads every source and fills every options struct. Takes `--name=value`, `--name value` and
 * `--config` (or LINLI_CONFIG) out of argv, leaving the rest in order (argc is updated): what is
 * behind `--`, and options without a dot that are no setting's name, which the command judges. An
 * unknown name in the file, an unknown `--name.with.dots`, a bad value or an unreadable file is an
 * error that says which source, where and what would be right; an unknown LINLI_ variable is only
 * logged, since others (Kubernetes) set such too.
 */
bool config_load(struct config *config, int *argc, char **argv, struct error *error) MUST_CHECK;
/* SIGHUP: file and environment again; applies reloadable entries only, and all or none. Entries
 * that changed but are not reloadable are logged and left alone. Swaps values with plain stores:
 * readers copy what they need at the start of a request. Replaced texts stay valid for ever. */
bool config_reload(struct config *config, struct error *error) MUST_CHECK;
/* The table with current values and where each came from, in the form of a configuration file. */
void config_print(const struct config *config, FILE *out);

#endif
