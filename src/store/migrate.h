/*
 * Migrations: sql/NNNN_name.sql, forward only, each with a SHA-256 kept in `migrations`. The files
 * are compiled into the binary (CMake makes a table of them), so that a binary and its schema
 * never part. Safe when two servers start together: a row lock in `migrations` serialises them.
 * Refused: a file that changed after it was applied, and a schema newer than this binary.
 *
 * How to write one: a statement ends with a semicolon at the end of a line, and no other line does;
 * comments stand on lines of their own. MariaDB commits at every CREATE and ALTER, so a migration
 * that dies half-way leaves its first half behind and runs again from its first line: write CREATE
 * TABLE IF NOT EXISTS, ADD COLUMN IF NOT EXISTS, INSERT IGNORE, and one ALTER a table.
 */
#ifndef LINLI_MIGRATE_H
#define LINLI_MIGRATE_H

#include "store/db.h"

struct migration {
    const char *name; /* "0001_foundation" */
    const char *sql;
};
extern const struct migration migrations[]; /* generated, ends with a NULL name */

/* Applies what is missing; `applied` (may be NULL) counts. Outside a transaction. Waits up to ten
 * minutes for another server that migrates. Codes: "store.schema_newer",
 * "store.migration_changed", "store.migration_order", "store.migration_failed". */
bool migrate(struct db *db, int *applied, struct error *error) MUST_CHECK;
/* The same for another table of migrations, for tests. */
bool migrate_list(struct db *db, const struct migration *list, int *applied,
                  struct error *error) MUST_CHECK;
/* How many of this binary's are not applied; changes nothing. The codes of migrate. */
bool migrate_missing(struct db *db, size_t *missing, struct error *error) MUST_CHECK;

struct applied_migration {
    char *name;
    uint8_t sha256[32];
};
/* What is applied, in order, into an array from the arena. */
bool migrate_applied(struct db *db, struct arena *arena, struct applied_migration **applied,
                     size_t *count, struct error *error) MUST_CHECK;
/* Gives an empty database the schema that had exactly these migrations: for a restore. Refused when
 * they are not how this binary's begin: "store.schema_newer", "store.migration_changed". */
bool migrate_as(struct db *db, const struct applied_migration *wanted, size_t count,
                struct error *error) MUST_CHECK;

/* Prints each migration and whether it is applied. */
bool migrate_status(struct db *db, struct error *error) MUST_CHECK;

#endif
