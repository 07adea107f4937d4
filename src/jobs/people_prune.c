/* Refresh tokens, codes, attempts and revocations that have expired. */
#include "jobs/jobs.h"
#include "people/people.h"

#define ROWS_MOST 2000 /* of each kind a run */

bool people_expired_prune(struct job_context *context, struct error *error)
{
    return people_prune(context->db, context->now_us, ROWS_MOST, error);
}
