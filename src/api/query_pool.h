/*
 * Query threads: where handlers ON_QUERY run, straight-line and blocking, each with a connection of
 * its own. The door is bounded: what does not fit is answered 503 at once.
 */
#ifndef LINLI_QUERY_POOL_H
#define LINLI_QUERY_POOL_H

#include "base/config.h"
#include "store/db.h"

struct query_pool;
struct trip;

struct query_options {
    int64_t threads; /* 0: two per core */
    int64_t queue;   /* calls that may wait for a thread */
};
extern const struct config_entry query_config[];

/* `db` outlives the pool. */
struct query_pool *query_pool_start(const struct query_options *options,
                                    const struct db_options *db);
/* Serves what is queued, then ends the threads. */
void query_pool_stop(struct query_pool *pool);

/* Any thread: the trip's handler will run, or it is answered 503. Either way the trip is gone. */
void query_pool_run(struct query_pool *pool, struct trip *trip);

#endif
