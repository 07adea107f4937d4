/*
 * Bulk: many rows of one table, sent as statements of many rows each. For demos; one thread.
 *
 *   struct bulk units = bulk_into(db, "INSERT INTO units (unit_id, name) VALUES ");
 *   if (!bulk_add(&units, error, DB_ID(id), DB_STR(name))) …
 *   if (!bulk_end(&units, error)) …
 *
 * Each statement is a transaction of its own, unless the caller has one open.
 */
#ifndef LINLI_BULK_H
#define LINLI_BULK_H

#include "store/db.h"

struct bulk {
    struct db *db;
    struct text head; /* program text */
    struct sql sql;
    size_t rows; /* not sent yet */
};

/* `head` is a literal: whatever comes before the first row. */
#define bulk_into(db, head) bulk_start((db), TEXT("" head ""))
struct bulk bulk_start(struct db *db, struct text head);
#define bulk_add(bulk, error, ...)                                                                 \
    bulk_add_values((bulk), (error), (const struct db_value[]){__VA_ARGS__, {0}})
bool bulk_add_values(struct bulk *bulk, struct error *error,
                     const struct db_value *values) MUST_CHECK;
/* Sends what is left and frees its memory, whatever had happened before. */
bool bulk_end(struct bulk *bulk, struct error *error) MUST_CHECK;

#endif
