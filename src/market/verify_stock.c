/*
 * Stock: what was brought less what was taken away is free, on hold or sold; and every reward has a
 * row of it. Terms are not in the history: they change by ordinary statements.
 */
#include <stdlib.h>

#include "base/hash_map.h"
#include "market/verify.h"

struct stock_sum {
    uint64_t reward_id;
    int64_t free, held, sold;
    bool seen;
};

struct stocks {
    struct arena *memory;
    struct hash_map sums;
};

static struct row_name name_of(uint64_t reward_id)
{
    return (struct row_name){.table = "stock", .column = "reward_id", .key = reward_id};
}

static void *begin(void)
{
    struct stocks *stocks = memory_new(sizeof(*stocks));

    stocks->memory = arena_new();
    return stocks;
}

static void end(void *state)
{
    struct stocks *stocks = state;

    arena_free(stocks->memory);
    hash_map_free(&stocks->sums);
    free(stocks);
}

/* --- Adding up -------------------------------------------------------------------------------- */

static struct stock_sum *sum_of(struct stocks *stocks, uint64_t reward_id)
{
    bool is_new;
    struct hash_map_entry *entry = hash_map_insert(&stocks->sums, reward_id, &is_new);

    if (is_new) {
        struct stock_sum *sum = arena_take(stocks->memory, sizeof(*sum));

        sum->reward_id = reward_id;
        entry->pointer = sum;
    }
    return entry->pointer;
}

static void move(int64_t *from, int64_t *to, int32_t pieces)
{
    *from -= pieces;
    *to += pieces;
}

static bool add_transfer(void *state, const struct block *block, const struct transfer *transfer,
                         struct misfit *misfit)
{
    struct stock_sum *sum;

    (void)block;
    (void)misfit;
    if (transfer->pieces == 0 || transfer->kind == TRANSFER_FREEZE)
        return true;
    sum = sum_of(state, transfer->subject);
    switch (transfer->kind) {
    case TRANSFER_RESTOCK: sum->free += transfer->pieces; break;
    case TRANSFER_HOLD: move(&sum->free, &sum->held, transfer->pieces); break;
    case TRANSFER_CAPTURE: move(&sum->held, &sum->sold, transfer->pieces); break;
    case TRANSFER_UNCAPTURE: move(&sum->sold, &sum->held, transfer->pieces); break;
    case TRANSFER_RELEASE:
    case TRANSFER_LAPSE: move(&sum->held, &sum->free, transfer->pieces); break;
    case TRANSFER_REFUND: move(&sum->sold, &sum->free, transfer->pieces); break;
    default: break;
    }
    return true;
}

/* --- Comparing -------------------------------------------------------------------------------- */

static bool row_verdict(void *state, struct rows *rows, struct misfit *misfit)
{
    static const struct stock_sum untouched;
    const struct stocks *stocks = state;
    struct row_name name = name_of(rows_id(rows, 0));
    struct stock_sum *known = hash_map_get(&stocks->sums, name.key);
    const struct stock_sum *sum = known ? known : &untouched;
    struct check checks[] = {
        {"initial", CHECK_NUMBER, sum->free + sum->held + sum->sold, rows_int(rows, 1)},
        {"free", CHECK_NUMBER, sum->free, rows_int(rows, 2)},
        {"held", CHECK_NUMBER, sum->held, rows_int(rows, 3)},
        {"sold", CHECK_NUMBER, sum->sold, rows_int(rows, 4)},
        {0},
    };

    if (known)
        known->seen = true;
    if (!row_fits(misfit, name, checks))
        return false;
    if (sum->free < 0 || sum->held < 0 || sum->sold < 0)
        return row_differs(misfit, name, "nothing below zero", "a count below zero");
    if (rows_is_null(rows, 6))
        return row_is_too_much(misfit, name);
    struct check merchant[] = {
        {"merchant_id", CHECK_NUMBER, rows_int(rows, 6), rows_int(rows, 5)},
        {0},
    };
    return row_fits(misfit, name, merchant);
}

static bool all_seen(const struct stocks *stocks, struct misfit *misfit)
{
    const struct hash_map_entry *entry;
    uint64_t first = 0;

    for (size_t at = 0; (entry = hash_map_next(&stocks->sums, &at));) {
        const struct stock_sum *sum = entry->pointer;

        if (!sum->seen && is_first(sum->reward_id, first))
            first = sum->reward_id;
    }
    return first == 0 || row_is_missing(misfit, name_of(first));
}

static bool reward_without(void *state, struct rows *rows, struct misfit *misfit)
{
    (void)state;
    return row_is_missing(misfit, name_of(rows_id(rows, 0)));
}

static enum verdict compare(void *state, struct verify *verify)
{
    enum verdict verdict = verify_rows(
        verify,
        db_stream(verify_db(verify),
                  "SELECT s.reward_id, s.initial, s.free, s.held, s.sold, s.merchant_id,"
                  " r.merchant_id FROM stock s LEFT JOIN rewards r ON r.reward_id = s.reward_id"
                  " ORDER BY s.reward_id"),
        row_verdict, state);

    if (verdict != VERDICT_FITS)
        return verdict;
    if (!all_seen(state, verify_misfit(verify)))
        return VERDICT_MISFIT;
    return verify_rows(verify,
                       db_stream(verify_db(verify),
                                 "SELECT r.reward_id FROM rewards r LEFT JOIN stock s"
                                 " ON s.reward_id = r.reward_id WHERE s.reward_id IS NULL"
                                 " ORDER BY r.reward_id LIMIT 1"),
                       reward_without, state);
}

const struct verifier verifier_stock = {"stock", begin, add_transfer, compare, end};
