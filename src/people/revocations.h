/*
 * Revocations: which accounts' tokens are void, kept in memory for the loops. A thread with a
 * connection of its own reads the table every 2 seconds, so that a token revoked through any server
 * is refused by every server within 5. The teller checks epochs once more in its load (epochs.h).
 */
#ifndef LINLI_REVOCATIONS_H
#define LINLI_REVOCATIONS_H

#include "people/who.h"
#include "store/db.h"

struct revocations_cache;

/* Reads once, then starts the thread. NULL when the first read failed. `options` must outlive it.
 */
struct revocations_cache *revocations_start(const struct db_options *options, struct error *error);
void revocations_stop(
    struct revocations_cache *cache); /* ends the thread and frees; NULL allowed */

/* Any thread, no I/O, well under a microsecond. `who` was read from a good token. */
bool who_is_revoked(struct revocations_cache *cache, const struct who *who) MUST_CHECK;

#endif
