/*
 * Wallets: a member's points with the lots they are made of and the limits they have used. The
 * wallet row guards all of it: it is locked first and always written. Pure, like the book.
 *
 * Every function that can refuse changes nothing when it does.
 */
#ifndef LINLI_WALLET_H
#define LINLI_WALLET_H

#include "ledger/book.h"

enum wallet_state { WALLET_OPEN, WALLET_FROZEN, WALLET_MERGED };
enum lot_source { LOT_RECORD = 1, LOT_ADJUSTMENT = 2 };
enum lot_state {
    LOT_OPEN,
    LOT_REVOKED, /* clawed back: empty for good; what comes back from vouchers is repaid at once */
};

#define LOT_GRACE_US (30 * DAY_US) /* life of points that return after their lot's expiry */

/*
 * A lot's number is unique over all members: a merge moves lots as they are.
 *
 * An open lot without points is not loaded, so a lot that is not there has nothing left and is not
 * revoked. That is all that giving back must know; such a lot enters the wallet as `unread`, and
 * only its remaining and expires_us are true and written. Decisions that need more (claw back) have
 * the lot loaded by name: see proposal_rows.
 */
struct lot {
    uint64_t id; /* of the service record or proposal that it came from */
    int64_t points, remaining;
    int64_t gone; /* left for no voucher: expired, adjusted away, clawed back, repaid */
    int64_t expires_us;
    uint8_t source, grade, state;
    bool is_new, changed, unread;
};
/* What vouchers have of it, on hold or confirmed. Not of an unread lot. */
int64_t lot_spent(const struct lot *lot);

struct limit_use {
    uint64_t subject; /* reward, or LIMIT_EARNED */
    int32_t period;
    int64_t used;
    int64_t ends_us; /* loaded until then, pruned afterwards: nothing may ask for it later */
    bool changed;
};
#define LIMIT_EARNED 1 /* subject: hundredths earned on the service day `period` */

struct wallet {
    struct row row;    /* key: member id */
    uint32_t version;  /* grows with every change */
    int64_t available; /* sum of the lots' remaining, dead ones included until they are swept */
    int64_t held, owed;
    enum wallet_state state;
    uint64_t merged_into; /* the member who has all that was here, when the state is merged */
    struct lot *lots; /* those with points left, revoked, or touched in this batch; in the order in
                         which they are spent: by expiry, then by id */
    size_t lot_count, lot_capacity;
    struct limit_use *limits;
    size_t limit_count, limit_capacity;
};

extern const struct row_kind wallet_rows;

/* NULL when the member has none (every member gets one when the account is made), or none any more:
 * a merged wallet takes part in nothing, commands name the member it was merged into. */
struct wallet *book_wallet(struct book *book, uint64_t member_id);
/* What may be spent now: lots whose expiry has passed count for nothing. */
int64_t wallet_spendable(const struct wallet *wallet, int64_t now_us);
/* What of a limit the member has used in that period. */
int64_t wallet_limit_used(const struct wallet *wallet, uint64_t subject, int32_t period);
void wallet_use_limit(struct wallet *wallet, uint64_t subject, int32_t period, int64_t amount,
                      int64_t ends_us); /* negative gives back, never below 0 */

/* A new lot. `transfer` comes with kind, from, ref, subject and actor; to, member and points are
 * filled here. Zero points post nothing. */
void wallet_credit(struct book *book, struct wallet *wallet, struct transfer *transfer,
                   uint64_t lot_id, int64_t points, int64_t expires_us, enum lot_source source,
                   uint8_t grade);
/*
 * Takes points from the lots that expire first and posts the transfer (to `transfer->to`; when that
 * is the member's own held account, `held` grows). What each lot gave is packed into `allocation`
 * (the transfer's detail, book's memory until book_begin) for the row that must remember it; may be
 * NULL. REFUSED_NOT_ENOUGH_POINTS; REFUSED_TOO_MUCH when it would take more than LOT_PARTS_MOST
 * lots.
 */
enum refusal wallet_take(struct book *book, struct wallet *wallet, struct transfer *transfer,
                         int64_t points, struct text *allocation) MUST_CHECK;
/*
 * Gives an allocation back to its lots from `transfer->from` (held, or a merchant's account).
 * Points whose lot ran out meanwhile live LOT_GRACE_US more, and what else is left in that lot with
 * them; but what had run out unspent is posted as expired first, it does not come to life again.
 *
 * A lot that was clawed back meanwhile keeps nothing: its points are repaid at once, to what the
 * member owes, or, once that was waived, to the waiver.
 */
void wallet_give_back(struct book *book, struct wallet *wallet, struct transfer *transfer,
                      struct text allocation);
/* Takes what is left of one lot: expiry, claw back. Returns the points taken, 0 when none. */
int64_t wallet_take_lot(struct book *book, struct wallet *wallet, struct transfer *transfer,
                        uint64_t lot_id);
/* Moves held points on to a merchant's account, or back from it: `transfer` names both sides, one
 * of them the member's held account. No lot is touched. */
void wallet_move_held(struct book *book, struct wallet *wallet, struct transfer *transfer);
/* Everything that `other` has and owes becomes `wallet`'s, and `other` is merged. Nothing of it may
 * be on hold. */
void wallet_absorb(struct book *book, struct wallet *wallet, struct wallet *other, uint64_t actor);

/* Until the next call that adds a lot or changes an expiry. NULL when not loaded. */
struct lot *wallet_lot(struct wallet *wallet, uint64_t lot_id);
/* For those who load wallets: puts a lot in its place. */
struct lot *wallet_add_lot(struct wallet *wallet, const struct lot *lot);
struct limit_use *wallet_add_limit(struct wallet *wallet, const struct limit_use *limit);
/* Takes rows of member_id, lot_id, points, remaining, gone, expires_us, source, grade, state; those
 * of wallets that are not in the book, and lots that are there already, are passed over. */
void wallet_fill_lots(struct book *book, struct rows *rows);
void wallet_change(struct wallet *wallet); /* marks it and raises its version, once a batch */

#endif
