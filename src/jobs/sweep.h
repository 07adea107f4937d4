/*
 * A sweep: what has run out by now, the longest dead first, in slices of low-priority commands. The
 * job's cursor is the expiry up to which all is done, so that what ran out in earlier years is not
 * read again and again. Nothing is given an expiry in the past; the look back of an hour is for
 * transactions that took their time.
 */
#ifndef LINLI_SWEEP_H
#define LINLI_SWEEP_H

#include "jobs/keeper.h"

#define SWEEP_SLICE 200

struct sweep {
    const char *what; /* "lots": for the error */
    /* At most SWEEP_SLICE of what ran out in that time and is still there, in the order of its
     * expiry, which is the first column. */
    struct rows *(*select)(struct db *db, int64_t from_us, int64_t until_us);
    /* The command for a row, in the context's arena; NULL when it broke. */
    struct command *(*command)(struct job_context *context, struct rows *rows, struct error *error);
};

/* One run of the job, 50 slices at most. */
bool sweep_run(const struct sweep *sweep, struct job_context *context,
               struct error *error) MUST_CHECK;

#endif
