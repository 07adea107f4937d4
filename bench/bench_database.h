/*
 * What the bench's programs share: the embedded database of a state directory, its keys, and the
 * two files that bench_prepare leaves there for bench_load.
 */
#ifndef LINLI_BENCH_DATABASE_H
#define LINLI_BENCH_DATABASE_H

#include "base/ids.h"
#include "people/keyring.h"
#include "store/db.h"
#include "store/embedded.h"

struct bench_database {
    struct embedded_options embedded_options;
    struct keyring_options keyring_options;
    struct embedded *embedded;
    struct db_options options; /* for further connections */
    struct db *db;
    struct keyring *keyring;
    struct id_maker ids;
};

/* Reads --state_dir and the program's own settings, into `options`, from the command line. Opens,
 * migrates, loads the keys and claims an instance; ends the process with a word when anything
 * fails. */
void bench_open(struct bench_database *database, int argc, char **argv,
                const struct config_entry *own, void *options);
void bench_close(struct bench_database *database);
/* Prints the error and ends the process. */
NORETURN void bench_fail(const char *what, const struct error *error);

#endif
