/*
 * Finding and showing redemptions: what query threads read. Texts live in the caller's arena.
 */
#ifndef LINLI_REDEMPTIONS_H
#define LINLI_REDEMPTIONS_H

#include "market/redemption.h"
#include "market/voucher.h"
#include "people/keyring.h"
#include "store/find.h"

struct redemption_view {
    uint64_t id, member_id, reward_id, merchant_id;
    uint64_t wallet_id; /* the member's, or whom they were merged into */
    enum redemption_state state;
    int64_t points;
    uint32_t code_key;
    int64_t created_us, expires_us, confirmed_us, closed_us;
    char *reward_title, *merchant_name;
};

enum find redemption_find(struct db *db, uint64_t redemption_id, struct arena *arena,
                          struct redemption_view *view, struct error *error);
/* By what a clerk scanned. */
enum find redemption_find_by_code(struct db *db, const struct keyring *keyring,
                                  const struct voucher_code *code, struct arena *arena,
                                  struct redemption_view *view, struct error *error);
/* A member's, newest first: ids below `before` (0: from the newest). */
bool redemption_list_of_member(struct db *db, uint64_t member_id, uint64_t before, int64_t limit,
                               struct arena *arena, struct redemption_view **views, size_t *count,
                               struct error *error) MUST_CHECK;

#endif
