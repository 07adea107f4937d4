/* What was not answered by the day that a merchant was promised is said to both sides. */
#include "jobs/jobs.h"
#include "market/disputes.h"

#define STATEMENTS_MOST 100 /* a run */

bool disputes_late_escalate(struct job_context *context, struct error *error)
{
    return disputes_escalate(context->db, context->now_us, STATEMENTS_MOST, error);
}
