/* Activities go on by the clock: published, running, closed, settled. */
#include "jobs/jobs.h"
#include "service/activities.h"

bool advance_activities(struct job_context *context, struct error *error)
{
    return activities_advance(context->db, context->now_us, error);
}
