#include "jobs/sweep.h"

#include "jobs/crowd.h"

#define SLICES_MOST  50 /* a run */
#define LOOK_BACK_US HOUR_US

/* Submits a slice. Returns how much was found, -1 on failure; `done_until` moves to the last one's
 * expiry if every one of them was served. */
static int sweep_slice(const struct sweep *sweep, struct job_context *context, int64_t *done_until,
                       struct error *error)
{
    struct rows *rows = sweep->select(context->db, *done_until, context->now_us);
    struct crowd *crowd = crowd_new(context->teller);
    int64_t last_us = *done_until;
    bool taken = true;
    size_t failed;
    int found = 0;

    while (taken && rows_next(rows)) {
        struct command *command = sweep->command(context, rows, error);

        last_us = rows_int(rows, 0);
        taken = command != NULL && crowd_submit(crowd, command);
        found++;
    }
    failed = crowd_wait(crowd);
    if (!rows_end(rows, error))
        return -1;
    if (failed > 0 || !taken) {
        error_set(error, "jobs.teller_busy", "%zu of %d %s were not served", failed, found,
                  sweep->what);
        return -1;
    }
    *done_until = found == SWEEP_SLICE ? last_us : context->now_us - LOOK_BACK_US;
    return found;
}

bool sweep_run(const struct sweep *sweep, struct job_context *context, struct error *error)
{
    int64_t done_until = (int64_t)context->cursor;

    for (int slice = 0; slice < SLICES_MOST && !*context->stopping; slice++) {
        int found = sweep_slice(sweep, context, &done_until, error);

        if (found < 0)
            return false;
        context->cursor = (uint64_t)done_until;
        if (found < SWEEP_SLICE)
            break;
    }
    return true;
}
