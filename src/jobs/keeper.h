/*
 * jobs: what the keeper does by itself, one file per job. The keeper is one thread with one
 * connection; it runs each job of a table when it is due, one after the other.
 *
 * Every job is conditional and works in slices: two servers that run the same job at the same time
 * are harmless, only wasteful. What moves points goes to the teller as commands of low priority.
 */
#ifndef LINLI_KEEPER_H
#define LINLI_KEEPER_H

#include <stdatomic.h>

#include "base/metrics.h"
#include "ledger/teller.h"
#include "people/programme.h"
#include "plugin/registry.h"
#include "store/db.h"

struct job_context {
    struct db *db;
    struct teller *teller;
    const struct programme_options *programme;
    struct keyring *keyring;
    struct id_maker *ids;
    struct plugins *plugins;
    const struct registry *registry;
    int64_t now_us;      /* when this run began */
    struct arena *arena; /* of this run */
    uint64_t cursor;     /* the job's own, kept from run to run; 0 at the start of the process */
    const _Atomic bool *stopping; /* long jobs look at it between slices */
};

struct job {
    const char *name; /* "expire_lots" */
    int64_t every_us; /* from the end of a run to the start of the next, by time or by the clock */
    /* One run; what does not fit into it is left for the next. False: it broke, and is tried again
     * when it is due again. */
    bool (*run)(struct job_context *context, struct error *error);
};

struct keeper;

struct keeper_tools {
    const struct db_options *db;
    struct teller *teller;
    const struct programme_options *programme;
    struct keyring *keyring;
    struct id_maker *ids;
    struct plugins *plugins;
    const struct registry *registry;
};

/* `jobs` ends with a NULL name and outlives the keeper, as the tools do. */
struct keeper *keeper_start(const struct job *jobs, const struct keeper_tools *tools);
/* Lets the job at hand finish its slice, ends the thread. NULL is allowed. */
void keeper_stop(struct keeper *keeper);

extern struct metric keeper_metrics[];
extern const size_t keeper_metrics_count;

#endif
