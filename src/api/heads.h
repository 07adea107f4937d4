/*
 * Long-polls. One thread reads the heads of all lanes, and who was told something, every 200 ms,
 * only while somebody waits, and runs the calls again whose member's points moved or whose inbox
 * has news, on whichever server that was. Any thread may
 * call unless a function says otherwise.
 */
#ifndef LINLI_HEADS_H
#define LINLI_HEADS_H

#include "api/query_pool.h"

struct heads;

struct heads_options {
    int64_t most; /* long-polls that may wait */
};
extern const struct config_entry heads_config[];

/* `db` and `pool` outlive it. */
struct heads *heads_start(const struct heads_options *options, const struct db_options *db,
                          struct query_pool *pool);
/* The drain: who waits is run for the last time, and nobody may wait any more. */
void heads_release(struct heads *heads);
/* Ends the thread; nobody waits (heads_release, and the requests were answered). */
void heads_stop(struct heads *heads);

/* Grows whenever something was seen to have moved. */
uint64_t heads_generation(const struct heads *heads);

#endif
