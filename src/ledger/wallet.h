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

#define LOT_GRACE_US (30 * DAY_US) /* life of points that return after their lot's expiry */

struct lot {
    uint64_t id; /* of the service record or proposal that it came from */
    int64_t points, remaining;
    int64_t expires_us;
    uint8_t source, grade;
    bool is_new, changed;
};

struct limit_use {
    uint64_t subject; /* reward, or LIMIT_EARNED */
    int32_t period;
    int64_t used;
    int64_t ends_us;
    bool changed;
};
#define LIMIT_EARNED 1 /* subject: hundredths earned on the service day `period` */

struct wallet {
    struct row row; /* key: member id */
    uint32_t version; /* grows with every change */
    int64_t available, held, owed; /* available: sum of lots' remaining, dead ones included until swept */
    enum wallet_state state;
    struct lot *lots; /* those with points left, or touched in this batch */
    size_t lot_count, lot_capacity;
    struct limit_use *limits;
    size_t limit_count, limit_capacity;
};

extern const struct row_kind wallet_rows;

/* NULL when the member has none (every member gets one when the account is made). */
struct wallet *book_wallet(struct book *book, uint64_t member_id);
/* What may be spent now: lots whose expiry has passed count for nothing. */
int64_t wallet_spendable(const struct wallet *wallet, int64_t now_us);
/* What of `limit` uses is left in that period. */
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
 * (book's memory until book_begin) for the row that must remember it; may be NULL.
 */
enum refusal wallet_take(struct book *book, struct wallet *wallet, struct transfer *transfer,
                         int64_t points, struct text *allocation) MUST_CHECK;
/* Gives an allocation back to its lots from `transfer->from` (held, or a merchant's account). A lot
 * that ran out meanwhile lives LOT_GRACE_US more. */
void wallet_give_back(struct book *book, struct wallet *wallet, struct transfer *transfer,
                      struct text allocation);
/* Takes what is left of one lot: expiry, claw back. Returns the points taken, 0 when none. */
int64_t wallet_take_lot(struct book *book, struct wallet *wallet, struct transfer *transfer,
                        uint64_t lot_id);
/* Moves held points on to a merchant's account, or back from it: `transfer` names both sides, one of
 * them the member's held account. No lot is touched. */
void wallet_move_held(struct book *book, struct wallet *wallet, struct transfer *transfer);
struct lot *wallet_lot(struct wallet *wallet, uint64_t lot_id); /* NULL when not loaded */
void wallet_change(struct wallet *wallet); /* marks it and raises its version */

#endif
