/*
 * A plugin in another version may want to hear of other operations, or be told something else of
 * members: what merchants' integrations and stock carry of it follows. Redemptions keep what they
 * began with.
 */
#include "jobs/jobs.h"
#include "market/integrations.h"
#include "market/step_desk.h"

bool integrations_learn(struct job_context *context, struct error *error)
{
    const struct step_desk desk = step_desk_of(context->plugins);

    return integrations_refresh(context->db, &desk, context->arena, error);
}
