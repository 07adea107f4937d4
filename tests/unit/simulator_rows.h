/*
 * How the simulations keep the ledger's own rows: what the SQL of ledger/wallet_rows.c and
 * ledger/proposals.c does, in memory.
 */
#ifndef LINLI_SIMULATOR_ROWS_H
#define LINLI_SIMULATOR_ROWS_H

#include "simulator.h"

static inline void sim_print_lot(const struct lot *lot, struct buffer *out)
{
    const int64_t numbers[] = {
        (int64_t)lot->id, lot->points, lot->remaining, lot->gone,   lot->expires_us,
        lot->source,      lot->grade,  lot->state,     lot->is_new, lot->changed,
    };

    buffer_add(out, numbers, sizeof(numbers));
}

/* Uses whose period is over do not count: nothing looks at them, they are pruned one day. */
static inline void sim_print_limit(const struct limit_use *limit, struct buffer *out)
{
    const int64_t numbers[] = {
        (int64_t)limit->subject, limit->period, limit->used, limit->ends_us, limit->changed,
    };

    buffer_add(out, numbers, sizeof(numbers));
}

static inline bool sim_limit_is_before(const struct limit_use *a, const struct limit_use *b)
{
    return a->subject != b->subject ? a->subject < b->subject : a->period < b->period;
}

/* In the order of their keys: a wallet has them in the order in which it came to know them. */
static inline void sim_print_limits(const struct wallet *wallet, int64_t now_us, struct buffer *out)
{
    const struct limit_use *last = NULL, *next;

    do {
        next = NULL;
        for (size_t i = 0; i < wallet->limit_count; i++) {
            const struct limit_use *limit = &wallet->limits[i];

            if (limit->ends_us > now_us && (!last || sim_limit_is_before(last, limit)) &&
                (!next || sim_limit_is_before(limit, next)))
                next = limit;
        }
        if (next)
            sim_print_limit(next, out);
        last = next;
    } while (next);
}

static inline void sim_print_wallet(const struct row *row, int64_t now_us, struct buffer *out)
{
    const struct wallet *wallet = (const struct wallet *)row;
    const int64_t numbers[] = {
        wallet->version, wallet->available, wallet->held,
        wallet->owed,    wallet->state,     (int64_t)wallet->merged_into,
    };

    buffer_add(out, numbers, sizeof(numbers));
    for (size_t i = 0; i < wallet->lot_count; i++)
        sim_print_lot(&wallet->lots[i], out);
    if (wallet->state != WALLET_MERGED)
        sim_print_limits(wallet, now_us, out);
}

static inline void sim_copy_wallet_columns(struct wallet *to, const struct wallet *from)
{
    to->version = from->version;
    to->available = from->available;
    to->held = from->held;
    to->owed = from->owed;
    to->state = from->state;
    to->merged_into = from->merged_into;
}

/* As the SQL in ledger/wallet_rows.c. */
static inline void sim_load_wallet(struct row *row, const struct row *stored_row, int64_t now_us)
{
    struct wallet *wallet = (struct wallet *)row;
    const struct wallet *stored = (const struct wallet *)stored_row;

    sim_copy_wallet_columns(wallet, stored);
    for (size_t i = 0; i < stored->lot_count; i++)
        if (stored->lots[i].remaining > 0 || stored->lots[i].state == LOT_REVOKED)
            wallet_add_lot(wallet, &stored->lots[i]);
    for (size_t i = 0; i < stored->limit_count; i++)
        if (stored->limits[i].ends_us > now_us)
            wallet_add_limit(wallet, &stored->limits[i]);
}

static inline void sim_remove_lot(struct wallet *wallet, struct lot *lot)
{
    size_t index = (size_t)(lot - wallet->lots);

    wallet->lot_count--;
    memmove(lot, lot + 1, (wallet->lot_count - index) * sizeof(*lot));
}

/* Of a stored lot only what the statement names changes. */
static inline void sim_save_lot(struct wallet *stored, const struct lot *lot)
{
    struct lot *known = wallet_lot(stored, lot->id), saved = *lot;

    assert_int_equal(lot->is_new, known == NULL);
    if (known) {
        saved = *known;
        saved.remaining = lot->remaining;
        saved.expires_us = lot->expires_us;
        if (!lot->unread) {
            saved.gone = lot->gone;
            saved.state = lot->state;
        }
        sim_remove_lot(stored, known);
    }
    saved.is_new = saved.changed = false;
    wallet_add_lot(stored, &saved);
}

static inline void sim_save_limit(struct wallet *stored, const struct limit_use *limit)
{
    struct limit_use *known = NULL;

    for (size_t i = 0; i < stored->limit_count; i++)
        if (stored->limits[i].subject == limit->subject &&
            stored->limits[i].period == limit->period)
            known = &stored->limits[i];
    if (!known)
        known = wallet_add_limit(stored, limit);
    *known = *limit;
    known->changed = false;
}

/* UPDATE lots SET member_id = … */
static inline void sim_move_lots(struct book *store, struct wallet *from)
{
    struct wallet *to = book_find(store, &wallet_rows, from->merged_into);

    for (size_t i = 0; i < from->lot_count; i++) {
        assert_null(wallet_lot(to, from->lots[i].id));
        wallet_add_lot(to, &from->lots[i]);
    }
    from->lot_count = 0;
}

static inline void sim_save_wallet(struct book *store, struct row *stored_row,
                                   const struct row *row)
{
    struct wallet *stored = (struct wallet *)stored_row;
    const struct wallet *wallet = (const struct wallet *)row;

    sim_copy_wallet_columns(stored, wallet);
    if (wallet->state == WALLET_MERGED)
        sim_move_lots(store, stored);
    for (size_t i = 0; i < wallet->lot_count; i++)
        if (wallet->lots[i].changed)
            sim_save_lot(stored, &wallet->lots[i]);
    for (size_t i = 0; i < wallet->limit_count; i++)
        if (wallet->limits[i].changed)
            sim_save_limit(stored, &wallet->limits[i]);
}

/* As the SQL in ledger/proposals.c: the lot that a claw back is about. */
static inline void sim_read_proposal(struct book *book, struct book *store, uint64_t key)
{
    const struct proposal *proposal = book_find(store, &proposal_rows, key);

    if (!proposal || proposal->kind != PROPOSAL_CLAW_BACK)
        return;
    struct wallet *wallet = book_find(book, &wallet_rows, proposal->member_id);
    struct wallet *stored = book_find(store, &wallet_rows, proposal->member_id);
    const struct lot *lot = stored ? wallet_lot(stored, proposal->subject) : NULL;
    if (wallet && lot && !wallet_lot(wallet, lot->id))
        wallet_add_lot(wallet, lot);
}

#define SIM_WALLETS                                                                                \
    {                                                                                              \
        .kind = &wallet_rows, .print = sim_print_wallet, .load = sim_load_wallet,                  \
        .save = sim_save_wallet                                                                    \
    }
#define SIM_PROPOSALS                                                                              \
    {                                                                                              \
        .kind = &proposal_rows, .read = sim_read_proposal                                          \
    }

#endif
