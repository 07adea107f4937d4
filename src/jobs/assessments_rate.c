/* Runs of assessments that are under way go on, slice by slice, until each is done, or waits. */
#include "assess/runs.h"
#include "jobs/jobs.h"

static bool advance(struct job_context *context, uint64_t run_id, struct error *error)
{
    const struct run_tools tools = {
        .plugins = context->plugins,
        .registry = context->registry,
        .programme = context->programme,
    };
    bool more = true;

    while (more && !atomic_load(context->stopping))
        if (!run_advance(context->db, &tools, run_id, context->now_us, &more, error))
            return false;
    return true;
}

bool assessments_rate(struct job_context *context, struct error *error)
{
    uint64_t run_id = 0;

    do {
        if (!run_next(context->db, run_id, &run_id, error) ||
            (run_id != 0 && !advance(context, run_id, error)))
            return false;
    } while (run_id != 0 && !atomic_load(context->stopping));
    return true;
}
