/*
 * Wallets and proposals as people see them: what query threads read. Nothing here changes points.
 * Texts live in the caller's arena.
 */
#ifndef LINLI_STATEMENT_H
#define LINLI_STATEMENT_H

#include "ledger/command.h"
#include "ledger/wallet.h"
#include "store/db.h"
#include "store/find.h"

struct wallet_view {
    uint64_t member_id;
    uint32_t version;
    int64_t spendable; /* lots whose expiry has passed count for nothing */
    int64_t held, owed;
    enum wallet_state state;
    uint64_t merged_into; /* 0: not merged */
    struct lot *lots; /* those with points left that live, in the order in which they are spent */
    size_t lot_count;
};
enum find wallet_view_read(struct db *db, uint64_t member_id, int64_t now_us, struct arena *arena,
                           struct wallet_view *view, struct error *error);

/* Whose wallet has what was `member_id`'s: that of the member, or of whom they were merged into. */
bool wallet_owner(struct db *db, uint64_t member_id, uint64_t *owner_id,
                  struct error *error) MUST_CHECK;

struct transfer_view {
    struct transfer transfer;
    int64_t at_us;
};
/* A member's transfers, newest first: those before the transfer `before` (0: from the newest). */
bool transfer_list_of_member(struct db *db, uint64_t member_id, uint64_t before, int64_t limit,
                             struct arena *arena, struct transfer_view **views, size_t *count,
                             struct error *error) MUST_CHECK;

struct proposal_view {
    struct proposal proposal; /* row.key is its id */
    char *reason;
    int64_t proposed_us;
};
bool proposal_create(struct db *db, const struct proposal_view *view,
                     struct error *error) MUST_CHECK;
enum find proposal_find(struct db *db, uint64_t proposal_id, struct arena *arena,
                        struct proposal_view *view, struct error *error);
/* By id, above `after`; `open_only` leaves out what is decided. */
bool proposal_list(struct db *db, bool open_only, uint64_t after, int64_t limit,
                   struct arena *arena, struct proposal_view **views, size_t *count,
                   struct error *error) MUST_CHECK;
const char *proposal_kind_name(enum proposal_kind kind);    /* "claw_back" */
const char *proposal_state_name(enum proposal_state state); /* "open" */

#endif
