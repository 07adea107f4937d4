/* Members are told what staff redeemed for them. */
#include "jobs/jobs.h"
#include "market/proxies.h"

#define TOLD_MOST 200 /* a run */

bool proxy_redemptions_tell(struct job_context *context, struct error *error)
{
    return proxies_tell(context->db, context->now_us, TOLD_MOST, error);
}
