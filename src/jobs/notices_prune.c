/* Notices that are half a year old. */
#include "jobs/jobs.h"
#include "outbox/inbox.h"

#define ROWS_MOST 5000 /* a run */

bool notices_prune(struct job_context *context, struct error *error)
{
    return inbox_prune(context->db, context->now_us, ROWS_MOST, error);
}
