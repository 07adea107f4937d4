/*
 * Playing: commands run straight down on the caller's thread, at times that the caller names, for a
 * demo that plays a past. They take the teller's own steps (load, apply, write) in a lane of the
 * player's; but where a batch ends depends on nothing but the commands, so that the same play makes
 * the same blocks.
 */
#ifndef LINLI_PLAY_H
#define LINLI_PLAY_H

#include "base/crypto.h"
#include "ledger/command.h"
#include "store/db.h"

struct player;

/* Claims a lane. `options` and `signer` outlive the player. NULL: `error` says why. */
struct player *player_start(const struct db_options *options, uint32_t instance_id,
                            const struct signer *signer, uint32_t key_id, struct error *error);
/*
 * Runs the commands in their order, at `now_us` (no earlier than those before, asserted); a second
 * one for a wallet waits for the next batch. Each command's outcome is durable when this returns
 * true. After false the lane's history is whole, but who knows how far the play came: end it.
 */
bool player_run(struct player *player, struct command *const *commands, size_t count,
                int64_t now_us, struct error *error) MUST_CHECK;
/* Commands that were run so far. */
uint64_t player_count(const struct player *player);
/* Gives the lane back; NULL is allowed. */
void player_stop(struct player *player);

#endif
