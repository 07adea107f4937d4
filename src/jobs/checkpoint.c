/*
 * Checkpoints: once a minute the heads of all lanes, signed, if any has moved. The log keeps them
 * outside the database: who changes the history there has the log against them.
 */
#include "ledger/checkpoint.h"
#include "base/log.h"
#include "jobs/jobs.h"
#include "people/keyring.h"

static void log_checkpoint(const struct checkpoint *checkpoint, struct arena *arena)
{
    struct buffer bytes = {0};

    checkpoint_pack(&bytes, checkpoint);
    LOG(INFO, "ledger.checkpoint", LOG_INT("id", checkpoint->id),
        LOG_INT("key_id", checkpoint->key_id),
        LOG_STR("signed_bytes", hex_encode(arena, bytes.data, bytes.length)),
        LOG_STR("signature", hex_encode(arena, checkpoint->signature, SIGNATURE_SIZE)));
    buffer_free(&bytes);
}

bool checkpoint_heads(struct job_context *context, struct error *error)
{
    const struct key *key = keyring_current(context->keyring, KEY_CHAIN);
    struct signer *signer = signer_new(key->secret);
    struct checkpoint checkpoint;
    bool is_new;

    bool fine = checkpoint_make(context->db, signer, key->id, context->now_us, context->arena,
                                &checkpoint, &is_new, error);
    if (fine && is_new)
        log_checkpoint(&checkpoint, context->arena);
    signer_free(signer);
    return fine;
}
