/* Runs of assessments that are under way go on, slice by slice, until none is. */
#include "assess/runs.h"
#include "jobs/jobs.h"

bool assessments_rate(struct job_context *context, struct error *error)
{
    uint64_t run_id;
    bool more = true;

    if (!run_next(context->db, &run_id, error))
        return false;
    while (run_id != 0 && more && !atomic_load(context->stopping))
        if (!run_advance(context->db, context->plugins, context->programme, run_id, context->now_us,
                         &more, error))
            return false;
    return true;
}
