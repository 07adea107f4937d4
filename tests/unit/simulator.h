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
 * Rooms above the ledger bring their own kinds of rows (struct sim_kind) and commands. A command
 * without `keys` stands for an ordinary statement of the server: it has the rows to itself, between
 * two batches.
 */
#ifndef LINLI_SIMULATOR_H
#define LINLI_SIMULATOR_H

#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash_map.h"
#include "ledger/chain.h"
#include "ledger/key_set.h"
#include "ledger/statement.h"
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

struct sim_run;

struct sim {
    const struct sim_kind *kinds;
    size_t kind_count;
    const struct sim_step *steps;
    size_t step_count;
    /* Adds the rows that are there from the start. */
    void (*begin)(struct book *book, void *context);
    /* What the API reads before it submits a command. May be NULL. */
    void (*look_up)(struct sim_run *run, struct command *command);
    /* After each command of the run one by one. */
    void (*check)(struct book *book, const struct command *command, const struct outcome *outcome,
                  void *context);
    void *context;
};

/* Sanitizers look for other faults than numbers bring to light. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SIM_IS_SANITIZED 1
#endif
#endif
#ifndef SIM_IS_SANITIZED
#define SIM_IS_SANITIZED 0
#endif

/* How many commands a test plays: as many as it usually does, ten times that in the deep run, or
 * what LINLI_SIMULATION_COMMANDS says. */
static inline size_t sim_commands(size_t usual)
{
    const char *wish = getenv("LINLI_SIMULATION_COMMANDS");

    if (wish)
        return strtoul(wish, NULL, 10);
    return getenv("LINLI_DEEP") && !SIM_IS_SANITIZED ? usual * 10 : usual;
}

/* What happened in the runs one by one, for the test to see that it tests what it should. */
struct sim_tally {
    size_t outcomes[128]; /* by refusal */
    size_t transfers[64]; /* by kind */
    size_t largest_batch;
};

/* A test in which something never happened says nothing about it. */
static inline void sim_happened(const struct sim_tally *tally, const enum transfer_kind *kinds,
                                size_t kind_count, const enum refusal *outcomes,
                                size_t outcome_count)
{
    for (size_t i = 0; i < kind_count; i++)
        if (tally->transfers[kinds[i]] == 0)
            fail_msg("there was no %s", transfer_kind_name(kinds[i]));
    for (size_t i = 0; i < outcome_count; i++)
        if (tally->outcomes[outcomes[i]] == 0)
            fail_msg("nothing ended as %d", outcomes[i]);
    assert_true(tally->largest_batch >= 10);
}

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
    struct db *db; /* of a run in a real database */
};

/* Whose wallet a member's is now. */
static inline uint64_t sim_wallet_owner(struct sim_run *run, uint64_t member_id)
{
    const struct wallet *wallet;
    uint64_t owner_id;

    if (run->db) {
        assert_true(wallet_owner(run->db, member_id, &owner_id, NULL));
        return owner_id;
    }
    while ((wallet = book_find(run->store, &wallet_rows, member_id)) && wallet->merged_into)
        member_id = wallet->merged_into;
    return member_id;
}

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

static inline bool sim_is_statement(const struct sim_step *step)
{
    return !step->command->kind->keys;
}

static inline void sim_look_up(struct sim_run *run, const struct sim_step *step)
{
    if (run->sim->look_up)
        run->sim->look_up(run, step->command);
}

static inline void sim_apply(struct sim_run *run, struct book *book, size_t step)
{
    const struct command *command = run->sim->steps[step].command;
    struct outcome *outcome = &run->outcomes[step];

    *outcome = (struct outcome){.at_us = book_now_us(book)};
    outcome->refusal = command->kind->apply(book, command, outcome);
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
        sim_look_up(run, step);
        sim_apply(run, run->book, i);
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

/* The steps from `first` that one batch may take; their keys are in `keys`. None when the first is
 * a statement. */
static inline size_t sim_gather(struct sim_run *run, size_t first, size_t most,
                                struct key_set *keys)
{
    const struct sim *sim = run->sim;
    struct key_set one = {0};
    struct hash_map claimed = {0};
    size_t count = 0;

    key_set_clear(keys);
    for (; count < most && first + count < sim->step_count; count++) {
        const struct sim_step *step = &sim->steps[first + count];

        if (sim_is_statement(step) || step->now_us != sim->steps[first].now_us)
            break;
        sim_look_up(run, step);
        key_set_clear(&one);
        step->command->kind->keys(step->command, &one);
        if (key_set_conflicts(&one, &claimed))
            break;
        key_set_claim(&one, &claimed);
        key_set_merge(keys, &one);
    }
    hash_map_free(&claimed);
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

static inline void sim_run_batch(struct sim_run *run, size_t first, size_t count,
                                 const struct key_set *keys)
{
    if (count > run->tally.largest_batch)
        run->tally.largest_batch = count;
    book_clear(run->book);
    book_begin(run->book, 1, ++run->height, run->sim->steps[first].now_us);
    sim_load(run, keys);
    for (size_t i = 0; i < count; i++)
        sim_apply(run, run->book, first + i);
    sim_collect(run);
    sim_save(run);
}

static inline void sim_run_statement(struct sim_run *run, size_t step)
{
    assert_true(sim_is_statement(&run->sim->steps[step]));
    book_begin(run->store, 1, 0, run->sim->steps[step].now_us);
    sim_apply(run, run->store, step);
}

static inline void sim_run_in_batches(struct sim_run *run, uint64_t *random)
{
    struct key_set keys = {0};

    for (size_t first = 0; first < run->sim->step_count;) {
        size_t most = 1 + random_below(random, random_below(random, 300) + 1);
        size_t count = sim_gather(run, first, most, &keys);

        if (count > 0)
            sim_run_batch(run, first, count, &keys);
        else
            sim_run_statement(run, first);
        first += count > 0 ? count : 1;
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
        if (batched.tally.largest_batch > tally->largest_batch)
            tally->largest_batch = batched.tally.largest_batch;
        sim_run_end(&batched);
    }
    sim_add_tally(tally, &singly.tally);
    sim_run_end(&singly);
}

#endif
