/* Activities go on by the clock: published, running, closed, settled. */
#include "jobs/jobs.h"
#include "service/activities.h"
#include "service/series.h"
#include "service/statements.h"

#define ASKED_MOST 1000 /* a run */

bool advance_activities(struct job_context *context, struct error *error)
{
    return activities_advance(context->db, context->now_us, error) &&
           statements_ask(context->db, context->now_us, ASKED_MOST, error) &&
           series_publish_all(context->db, context->ids, context->now_us, error);
}
