/*
 * The two halves of an import: import_check.c reads and judges the rows, import.c stages them.
 */
#ifndef LINLI_IMPORT_INTERNAL_H
#define LINLI_IMPORT_INTERNAL_H

#include "people/import.h"
#include "people/members.h"

struct import_rows {
    struct new_member *members; /* malloc'ed: import_rows_free */
    size_t count, capacity;
};
void import_rows_free(struct import_rows *rows);

/* Fills the rows and the report's faults. False when the database failed. */
bool import_check(struct db *db, const struct keyring *keyring, const struct import_wanted *wanted,
                  int64_t now_us, struct arena *arena, struct import_rows *rows,
                  struct import_report *report, struct error *error) MUST_CHECK;

#endif
