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
    uint32_t calls;     /* market/calls.h; 0: Linli's own */
    int asking;         /* enum operation_kind that its merchant has not answered; 0: none */
    enum intent intent; /* what is done then */
    int64_t created_us, expires_us, confirmed_us, closed_us;
    char *reward_title, *merchant_name;
    uint64_t reward_shop;     /* the only one that takes it; 0: each of the merchant's does */
    uint64_t confirmed_by;    /* account; 0: not confirmed */
    uint64_t shop_id;         /* where it was confirmed; 0: not noted */
    char *shop_name;          /* of shop_id; NULL: none */
    char *reward_shop_name;   /* of reward_shop; NULL: none */
    uint64_t redeemer_id;     /* the staff account that redeemed it for the member; 0: the member */
    uint64_t redeemer_person; /* the member that they also are, or 0 */
    uint64_t check_id;        /* that is open on it; 0: it is not being checked */
    int64_t answer_by_us;     /* then */
};

/* What a command about it names: all but who asks, and the number of what it may begin. */
void redemption_view_ref(const struct redemption_view *view, struct redemption_ref *ref);

enum find redemption_find(struct db *db, uint64_t redemption_id, struct arena *arena,
                          struct redemption_view *view, struct error *error);
/* By what a clerk of the merchant scanned. A voucher of another merchant is looked for exactly as
 * one that never was: neither the answer nor its time tells them apart. */
enum find redemption_find_by_code(struct db *db, const struct keyring *keyring,
                                  const struct paper_code *code, uint64_t merchant_id,
                                  struct arena *arena, struct redemption_view *view,
                                  struct error *error);
/* By the code that its own merchant gave, as typed. Codes are the merchant's to choose, so several
 * vouchers may have one: the one that can be used now is found; among several of those one, and
 * `is_ambiguous`; where none can, the one that was used last, or is the newest. */
enum find redemption_find_by_merchant_code(struct db *db, const struct keyring *keyring,
                                           struct text code, uint64_t merchant_id, int64_t now_us,
                                           struct arena *arena, struct redemption_view *view,
                                           bool *is_ambiguous, struct error *error);
/* A member's, newest first: ids below `before` (0: from the newest). */
bool redemption_list_of_member(struct db *db, uint64_t member_id, uint64_t before, int64_t limit,
                               struct arena *arena, struct redemption_view **views, size_t *count,
                               struct error *error) MUST_CHECK;

#endif
