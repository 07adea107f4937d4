/*
 * What a backup says of itself: manifest.json in its directory. Beside it stand the tables' parts
 * (NAME.sql.gz) and checkpoint.json, as `linli ledger checkpoint` writes it, unless the ledger was
 * empty. The master key is in none of them.
 */
#ifndef LINLI_CLI_BACKUP_MANIFEST_H
#define LINLI_CLI_BACKUP_MANIFEST_H

#include "ledger/checkpoint.h"
#include "store/migrate.h"

#define MANIFEST_FILE   "manifest.json"
#define CHECKPOINT_FILE "checkpoint.json"
#define PART_SUFFIX     ".sql.gz"

struct manifest_part {
    char *table;
    uint64_t rows, bytes;
    uint8_t sha256[HASH_SIZE]; /* of the file */
};

struct backup_manifest {
    int64_t made_us;
    char *made_by; /* version of Linli */
    struct applied_migration *migrations;
    size_t migration_count;
    struct lane_head *lanes; /* where the history ends */
    size_t lane_count;
    struct manifest_part *parts;
    size_t part_count;
};

/* The heads of all lanes, with those that have no block yet; in the caller's transaction. */
bool manifest_read_lanes(struct db *db, struct arena *arena, struct lane_head **lanes,
                         size_t *count, struct error *error) MUST_CHECK;
/* Durable when true. */
bool backup_manifest_write(const struct backup_manifest *manifest, const char *path,
                           struct error *error) MUST_CHECK;
/* Everything lives in the arena. The error names the field that does not fit. */
bool backup_manifest_read(const char *path, struct arena *arena, struct backup_manifest *manifest,
                          struct error *error) MUST_CHECK;

#endif
