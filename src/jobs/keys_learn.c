/* A server that was started since a rotation makes tokens and vouchers with keys that this one does
 * not have yet. */
#include "jobs/jobs.h"
#include "people/keyring.h"

bool keys_learn(struct job_context *context, struct error *error)
{
    return keyring_learn(context->keyring, context->db, error);
}
