/*
 * The teller's connection, and its patience while the database is away.
 *
 * A session is fit for the teller when the server flushes its log at every commit
 * (innodb_flush_log_at_trx_commit = 1): else an answer would be told that a power cut takes back.
 */
#ifndef LINLI_LINK_H
#define LINLI_LINK_H

#include "store/db.h"

struct link {
    struct db *db;
    int64_t outage_us;     /* how long link_wait waits, from the first failure on */
    int64_t away_since_us; /* monotonic; 0: when last tried, the database was there */
    uint64_t session;      /* db_sessions() of the one found fit */
};

/* One try to have a session, and a fit one: "ledger.not_durable" says that it is not. */
bool link_connect(struct link *link, struct error *error) MUST_CHECK;
/* Tries until there is one; false once the database was away for longer than outage_us: then each
 * call is one try. */
bool link_wait(struct link *link, struct error *error) MUST_CHECK;
/* Whether the current session is the one that was found fit: db calls reconnect by themselves. */
bool link_is_fit(const struct link *link);

/* Sleeps between half of `most_us` and all of it, so that servers do not retry in step. */
void link_pause(int64_t most_us);

#endif
