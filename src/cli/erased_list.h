/*
 * The list of who was erased: kept outside of the database, so that a restore erases again whom the
 * backup brought back. "# as of 2026-11-22T20:08:17Z", then a line "1234 2026-11-22T18:00:00Z"
 * each.
 */
#ifndef LINLI_CLI_ERASED_LIST_H
#define LINLI_CLI_ERASED_LIST_H

#include "people/erasure.h"

struct erased_list {
    int64_t as_of_us; /* 0: it does not say */
    uint64_t *members;
    size_t count;
};

/* Prints it as of now. */
bool erased_list_print(struct db *db, struct error *error) MUST_CHECK;
/* `members` lives in the arena. */
bool erased_list_read(const char *path, struct arena *arena, struct erased_list *list,
                      struct error *error) MUST_CHECK;
/* Erases all of it again; whoever is not in the database was never restored. `erased` counts those
 * who were. */
bool erased_list_replay(struct db *db, const struct erased_list *list, size_t *erased,
                        struct error *error) MUST_CHECK;

#endif
