#include "ledger/play.h"

#include <stdlib.h>

#include "ledger/batch.h"

#define COMMANDS_MOST 500 /* in a batch: some 4,000 rows */
#define TRIES_MOST    4   /* when something else was in the way */

struct player {
    struct db *db;
    struct lane lane;
    const struct signer *signer;
    uint32_t key_id;
    struct batch *batch;
    struct key_set keys; /* of one command */
    uint64_t count;
};

struct player *player_start(const struct db_options *options, uint32_t instance_id,
                            const struct signer *signer, uint32_t key_id, struct error *error)
{
    struct player *player = memory_new(sizeof *player);

    player->db = db_new(options);
    player->lane.instance_id = instance_id;
    player->signer = signer;
    player->key_id = key_id;
    player->batch = batch_new();
    if (lane_claim(&player->lane, player->db, error))
        return player;
    player_stop(player);
    return NULL;
}

void player_stop(struct player *player)
{
    if (player == NULL)
        return;
    if (db_is_connected(player->db))
        lane_give_back(&player->lane, player->db);
    db_free(player->db);
    batch_free(player->batch);
    key_set_free(&player->keys);
    free(player);
}

uint64_t player_count(const struct player *player)
{
    return player->count;
}

static enum step run_once(struct player *player, struct error *error)
{
    struct batch *batch = player->batch;
    enum step step = batch_load(batch, player->db, &player->lane, error);

    if (step != STEP_DONE)
        return step;
    batch_apply(batch, &player->lane, player->signer);
    return batch_write(batch, player->db, &player->lane, player->key_id, error);
}

static bool run_batch(struct player *player, struct error *error)
{
    const struct batch *batch = player->batch;
    enum step step = STEP_CONFLICT;

    for (int tries = 0; tries < TRIES_MOST && step == STEP_CONFLICT; tries++)
        step = run_once(player, error);
    if (step != STEP_DONE)
        return false;
    if (batch->has_block)
        lane_advance(&player->lane, &batch->block, batch->block_hash);
    for (size_t i = 0; i < batch->count; i++)
        batch->entries[i].command->outcome = batch->entries[i].outcome;
    player->count += batch->count;
    return true;
}

/* Takes what fits into the batch; the rest moves to the front. How many are left. */
static size_t fill_batch(struct player *player, struct command **commands, size_t count)
{
    size_t left = 0;

    for (size_t i = 0; i < count; i++) {
        struct command *command = commands[i];
        bool fits = player->batch->count < COMMANDS_MOST;

        if (fits) {
            key_set_clear(&player->keys);
            command->kind->keys(command, &player->keys);
            key_set_sort(&player->keys); /* a command may name a row twice */
            fits = !key_set_conflicts(&player->keys, &player->batch->claimed);
        }
        if (fits)
            batch_add(player->batch, command, &player->keys);
        else
            commands[left++] = command;
    }
    return left;
}

bool player_run(struct player *player, struct command *const *commands, size_t count,
                int64_t now_us, struct error *error)
{
    struct arena *arena = arena_new();
    struct command **waiting = arena_take(arena, (count + 1) * sizeof *waiting);
    bool fine = true;

    ASSERT(now_us >= player->lane.time_us);
    for (size_t i = 0; i < count; i++)
        waiting[i] = commands[i];
    while (fine && count > 0) {
        batch_start(player->batch, now_us);
        count = fill_batch(player, waiting, count);
        fine = run_batch(player, error);
    }
    arena_free(arena);
    return fine;
}
