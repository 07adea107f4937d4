/*
 * The database of the settings, for subcommands: the embedded one, started or adopted, or that of
 * database.url.
 */
#ifndef LINLI_CLI_DATABASE_H
#define LINLI_CLI_DATABASE_H

#include "cli/settings.h"

struct database {
    struct embedded *embedded; /* NULL: a database of one's own */
    struct db_options options; /* for further connections */
    struct db *db;             /* connected */
    const char *state_dir;     /* NULL: a database of one's own */
};

/* Fills `database`, also when it returns false: then it is closed all the same. */
bool database_open(struct database *database, const struct settings *settings,
                   struct error *error) MUST_CHECK;
/* The same, with the schema of this binary. Refused while a restore into it is unfinished. */
bool database_open_migrated(struct database *database, const struct settings *settings,
                            struct error *error) MUST_CHECK;
/* False when the settings name an embedded database that was never made: what only looks must not
 * make one. Whether one of your own answers, database_open tells. */
bool database_is_there(const struct settings *settings, struct error *error) MUST_CHECK;
void database_close(struct database *database);

#endif
