/*
 * The simulator: plays a script of commands through the pure book in three ways and holds them
 * against each other.
 *
 *   one by one   on a book that keeps every row. After each command: a refusal changed nothing at
 *                all, no balance is negative, all of them sum to zero, and the test's own model
 *                agrees (`check`)
 *   in batches   of random sizes, twice: as the teller does it, each batch's book is filled with no
 *                more than its commands name and its kinds' loading brings, and only what is marked
 *                as changed is written back
 *
 * Outcomes, transfers (but for their numbers) and every row must be the same in all of them.
 *
 * Rooms above the ledger bring their own kinds of rows (struct sim_kind) and commands.
 */
#ifndef LINLI_SIMULATOR_H
#define LINLI_SIMULATOR_H

#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash_map.h"
#include "ledger/chain.h"
#include "ledger/key_set.h"
#include "ledger/wallet.h"

/* --- What a test brings ---------------------------------------------------------------------- */

/* How the test keeps rows of a kind where the server has a table. All but `kind` may be NULL: the
 * row is plain data then, copied and compared as bytes. */
struct sim_kind {
    const struct row_kind *kind;
    /* What the database keeps of the row at `now_us`. */
    void (*print)(const struct row *row, int64_t now_us, struct buffer *out);
    /* What `lock` and `fill` bring of a stored row. */
    void (*load)(struct row *row, const struct row *stored, int64_t now_us);
    /* What `reads` bring, once every row is loaded. */
    void (*read)(struct book *book, struct book *store, uint64_t key);
    /* What `write` does to the stored row (made if it was not there). */
    void (*save)(struct book *store, struct row *stored, const struct row *row);
};

/* Time stands still between some steps: only those can share a batch. */
struct sim_step {
    int64_t now_us;
    struct command *command;
};

struct sim {
    const struct sim_kind *kinds;
    size_t kind_count;
    const struct sim_step *steps;
    size_t step_count;
    /* Adds the rows that are there from the start. */
    void (*begin)(struct book *book, void *context);
    /* After each command of the run one by one. */
    void (*check)(struct book *book, const struct command *command, const struct outcome *outcome,
                  void *context);
    void *context;
};

/* What happened in the runs one by one, for the test to see that it tests what it should. */
struct sim_tally {
    size_t outcomes[64];  /* by refusal */
    size_t transfers[64]; /* by kind */
};

/* --- One run --------------------------------------------------------------------------------- */

struct sim_run {
    const struct sim *sim;
    struct sim_tally tally;
    struct book *book;  /* what commands are applied to */
    struct book *store; /* stands for the database; the same book when running one by one */
    struct outcome *outcomes;
    struct buffer transfers;  /* packed, without their numbers */
    struct hash_map balances; /* system and merchant accounts */
    uint64_t height;
};

static inline void sim_run_start(struct sim_run *run, const struct sim *sim, bool in_batches)
{
    *run = (struct sim_run){.sim = sim, .book = book_new()};
    run->store = in_batches ? book_new() : run->book;
    run->outcomes = calloc(sim->step_count, sizeof(*run->outcomes));
    sim->begin(run->store, sim->context);
}

static inline void sim_run_end(struct sim_run *run)
{
    if (run->store != run->book)
        book_free(run->store);
    book_free(run->book);
    free(run->outcomes);
    buffer_free(&run->transfers);
    hash_map_free(&run->balances);
}

static inline void sim_apply(struct sim_run *run, size_t step)
{
    const struct command *command = run->sim->steps[step].command;
    struct outcome *outcome = &run->outcomes[step];

    outcome->refusal = command->kind->apply(run->book, command, outcome);
    outcome->at_us = book_now_us(run->book);
    run->tally.outcomes[outcome->refusal]++;
}

/* Keeps what the batch posted. */
static inline void sim_collect(struct sim_run *run)
{
    size_t count;
    const struct transfer *transfers = book_transfers(run->book, &count);

    for (size_t i = 0; i < count; i++) {
        struct transfer transfer = transfers[i];

        assert_int_equal(TRANSFER_HEIGHT(transfer.id), run->height);
        assert_int_equal(TRANSFER_INDEX(transfer.id), i);
        transfer.id = 0;
        transfer_pack(&run->transfers, &transfer);
        run->tally.transfers[transfer.kind]++;
    }
    const struct balance_change *changes = book_balance_changes(run->book, &count);
    for (size_t i = 0; i < count; i++)
        hash_map_insert(&run->balances, changes[i].account, NULL)->number +=
            (uint64_t)changes[i].change;
}

static inline void sim_print_row(const struct sim_kind *kind, const struct row *row, int64_t now_us,
                                 struct buffer *out)
{
    buffer_add(out, &row->key, sizeof(row->key));
    if (kind->print)
        kind->print(row, now_us, out);
    else
        buffer_add(out, row + 1, kind->kind->size - sizeof(*row));
}

/* Every row, as the database would have them. */
static inline void sim_print(struct sim_run *run, int64_t now_us, struct buffer *out)
{
    buffer_clear(out);
    for (size_t i = 0; i < run->sim->kind_count; i++) {
        const struct sim_kind *kind = &run->sim->kinds[i];
        size_t count;
        struct row *const *rows = book_rows(run->store, kind->kind, &count);

        buffer_add(out, &count, sizeof(count));
        for (size_t j = 0; j < count; j++)
            sim_print_row(kind, rows[j], now_us, out);
    }
}

/* --- What must always hold ------------------------------------------------------------------- */

static inline void sim_check_wallet(const struct wallet *wallet)
{
    int64_t sum = 0;

    for (size_t i = 0; i < wallet->lot_count; i++) {
        const struct lot *lot = &wallet->lots[i];

        sum += lot->remaining;
        assert_true(lot->remaining >= 0 && lot->gone >= 0 && lot_spent(lot) >= 0);
        assert_true(lot->state == LOT_OPEN || lot->remaining == 0);
    }
    assert_true(wallet->available == sum);
    assert_true(wallet->available >= 0 && wallet->held >= 0 && wallet->owed >= 0);
}

static inline void sim_check_sums(struct sim_run *run)
{
    const struct hash_map_entry *entry;
    int64_t sum = 0;
    size_t count;
    struct row *const *rows = book_rows(run->store, &wallet_rows, &count);

    for (size_t i = 0; i < count; i++) {
        const struct wallet *wallet = (const struct wallet *)rows[i];

        sim_check_wallet(wallet);
        sum += wallet->available + wallet->held - wallet->owed;
    }
    for (size_t at = 0; (entry = hash_map_next(&run->balances, &at));) {
        enum account_kind kind = account_kind(entry->key);

        sum += (int64_t)entry->number;
        assert_true((kind != ACCOUNT_MERCHANT && kind != ACCOUNT_SETTLED) ||
                    (int64_t)entry->number >= 0);
    }
    assert_true(sum == 0);
}

/* --- One by one ------------------------------------------------------------------------------ */

/* `state` is how the book was before a refusal. */
static inline void sim_check_unchanged(struct sim_run *run, const struct buffer *state,
                                       struct buffer *now)
{
    size_t count;

    book_transfers(run->book, &count);
    assert_int_equal(count, 0);
    for (size_t i = 0; i < run->sim->kind_count; i++) {
        book_changed(run->book, run->sim->kinds[i].kind, &count);
        assert_int_equal(count, 0);
    }
    sim_print(run, book_now_us(run->book), now);
    assert_true(now->length == state->length && !memcmp(now->data, state->data, now->length));
}

static inline void sim_run_singly(struct sim_run *run)
{
    const struct sim *sim = run->sim;
    struct buffer before = {0}, after = {0};

    for (size_t i = 0; i < sim->step_count; i++) {
        const struct sim_step *step = &sim->steps[i];

        book_begin(run->book, 1, ++run->height, step->now_us);
        if (i == 0 || step->now_us != sim->steps[i - 1].now_us || !run->outcomes[i - 1].refusal)
            sim_print(run, step->now_us, &before);
        sim_apply(run, i);
        sim_collect(run);
        if (run->outcomes[i].refusal)
            sim_check_unchanged(run, &before, &after);
        else
            sim_check_sums(run);
        sim->check(run->book, step->command, &run->outcomes[i], sim->context);
    }
    buffer_free(&before);
    buffer_free(&after);
}

/* --- In batches ------------------------------------------------------------------------------ */

/* The steps from `first` that one batch may take; their keys are in `keys`. */
static inline size_t sim_gather(const struct sim *sim, size_t first, size_t most,
                                struct key_set *keys)
{
    struct key_set one = {0};
    size_t count = 0;

    key_set_clear(keys);
    for (; count < most && first + count < sim->step_count; count++) {
        const struct sim_step *step = &sim->steps[first + count];

        key_set_clear(&one);
        step->command->kind->keys(step->command, &one);
        if (step->now_us != sim->steps[first].now_us || key_set_conflicts(keys, &one))
            break;
        key_set_merge(keys, &one);
    }
    key_set_free(&one);
    key_set_sort(keys);
    return count;
}

static inline const struct sim_kind *sim_kind_of(const struct sim *sim, const struct row_kind *kind)
{
    for (size_t i = 0; i < sim->kind_count; i++)
        if (sim->kinds[i].kind == kind)
            return &sim->kinds[i];
    fail_msg("the simulation does not know rows of kind %s", kind->name);
    return NULL;
}

static inline void sim_copy(const struct row_kind *kind, struct row *to, const struct row *from)
{
    memcpy(to + 1, from + 1, kind->size - sizeof(*from));
}

static inline void sim_load_row(struct sim_run *run, const struct sim_kind *kind, uint64_t key)
{
    const struct row *stored = book_find(run->store, kind->kind, key);

    if (!stored)
        return;
    struct row *row = book_add(run->book, kind->kind, key);
    if (kind->load)
        kind->load(row, stored, book_now_us(run->book));
    else
        sim_copy(kind->kind, row, stored);
}

static inline void sim_load(struct sim_run *run, const struct key_set *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        for (size_t j = 0; j < keys->lists[i].count; j++)
            sim_load_row(run, sim_kind_of(run->sim, keys->lists[i].kind), keys->lists[i].keys[j]);
    for (size_t i = 0; i < keys->count; i++) {
        const struct sim_kind *kind = sim_kind_of(run->sim, keys->lists[i].kind);

        for (size_t j = 0; kind->read && j < keys->lists[i].count; j++)
            kind->read(run->book, run->store, keys->lists[i].keys[j]);
    }
}

static inline void sim_save_row(struct sim_run *run, const struct sim_kind *kind,
                                const struct row *row)
{
    struct row *stored = book_find(run->store, kind->kind, row->key);

    assert_int_equal(row->is_new, stored == NULL);
    if (!stored)
        stored = book_add(run->store, kind->kind, row->key);
    if (kind->save)
        kind->save(run->store, stored, row);
    else
        sim_copy(kind->kind, stored, row);
}

static inline void sim_save(struct sim_run *run)
{
    size_t kind_count, count;
    const struct row_kind *const *kinds = book_kinds(run->book, &kind_count);

    for (size_t i = 0; i < kind_count; i++) {
        struct row *const *rows = book_changed(run->book, kinds[i], &count);

        for (size_t j = 0; j < count; j++)
            sim_save_row(run, sim_kind_of(run->sim, kinds[i]), rows[j]);
    }
}

static inline void sim_run_in_batches(struct sim_run *run, uint64_t *random)
{
    struct key_set keys = {0};

    for (size_t first = 0; first < run->sim->step_count;) {
        size_t most = 1 + random_below(random, random_below(random, 300) + 1);
        size_t count = sim_gather(run->sim, first, most, &keys);

        assert_true(count > 0);
        book_clear(run->book);
        book_begin(run->book, 1, ++run->height, run->sim->steps[first].now_us);
        sim_load(run, &keys);
        for (size_t i = 0; i < count; i++)
            sim_apply(run, first + i);
        sim_collect(run);
        sim_save(run);
        first += count;
    }
    key_set_free(&keys);
}

/* --- All of it ------------------------------------------------------------------------------- */

static inline bool sim_same_outcome(const struct outcome *a, const struct outcome *b)
{
    return a->refusal == b->refusal && a->state == b->state && a->ref == b->ref &&
           a->points == b->points && a->available == b->available && a->held == b->held &&
           a->until_us == b->until_us && a->at_us == b->at_us && a->extra == b->extra;
}

static inline void sim_compare(struct sim_run *a, struct sim_run *b)
{
    const struct sim *sim = a->sim;
    int64_t now_us = sim->steps[sim->step_count - 1].now_us;
    struct buffer left = {0}, right = {0};

    for (size_t i = 0; i < sim->step_count; i++)
        if (!sim_same_outcome(&a->outcomes[i], &b->outcomes[i]))
            fail_msg("step %zu (%s): refusal %d, one by one %d; available %lld, one by one %lld", i,
                     sim->steps[i].command->kind->name, b->outcomes[i].refusal,
                     a->outcomes[i].refusal, (long long)b->outcomes[i].available,
                     (long long)a->outcomes[i].available);
    assert_int_equal(a->transfers.length, b->transfers.length);
    assert_memory_equal(a->transfers.data, b->transfers.data, a->transfers.length);
    book_begin(a->store, 1, 0, now_us); /* marks do not count */
    book_begin(b->store, 1, 0, now_us);
    sim_print(a, now_us, &left);
    sim_print(b, now_us, &right);
    assert_int_equal(left.length, right.length);
    assert_memory_equal(left.data, right.data, left.length);
    sim_check_sums(b);
    buffer_free(&left);
    buffer_free(&right);
}

static inline void sim_add_tally(struct sim_tally *tally, const struct sim_tally *run)
{
    for (size_t i = 0; i < ARRAY_LENGTH(tally->outcomes); i++)
        tally->outcomes[i] += run->outcomes[i];
    for (size_t i = 0; i < ARRAY_LENGTH(tally->transfers); i++)
        tally->transfers[i] += run->transfers[i];
}

/* All three runs; adds to `tally`. */
static inline void sim_play(const struct sim *sim, uint64_t *random, struct sim_tally *tally)
{
    struct sim_run singly, batched;

    sim_run_start(&singly, sim, false);
    sim_run_singly(&singly);
    for (int i = 0; i < 2; i++) {
        sim_run_start(&batched, sim, true);
        sim_run_in_batches(&batched, random);
        sim_compare(&singly, &batched);
        sim_run_end(&batched);
    }
    sim_add_tally(tally, &singly.tally);
    sim_run_end(&singly);
}

/* --- The ledger's own kinds ------------------------------------------------------------------ */

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
    for (size_t i = 0; i < wallet->limit_count && wallet->state != WALLET_MERGED; i++)
        if (wallet->limits[i].ends_us > now_us)
            sim_print_limit(&wallet->limits[i], out);
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
