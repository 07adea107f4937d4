/*
 * Migrations: sql/NNNN_name.sql, forward only, each with a SHA-256 kept in `migrations`. The files
 * are compiled into the binary (CMake makes a table of them), so that a binary and its schema
 * never part. Safe when two servers start together: a row lock in `migrations` serialises them.
 * Refused: a file that changed after it was applied, and a schema newer than this binary.
 */
#ifndef LINLI_MIGRATE_H
#define LINLI_MIGRATE_H

#include "store/db.h"

struct migration {
    const char *name; /* "0001_foundation" */
    const char *sql;
};
extern const struct migration migrations[]; /* generated, ends with a NULL name */

/* Applies what is missing; `applied` (may be NULL) counts. */
bool migrate(struct db *db, int *applied, struct error *error) MUST_CHECK;
/* Prints each migration and whether it is applied. */
bool migrate_status(struct db *db, struct error *error) MUST_CHECK;

#endif
