/*
 * Stock: what was brought less what was taken away is free, on hold or sold; and every reward has a
 * row of it. Terms are not in the history: they change by ordinary statements.
 */
#include "ledger/sums.h"
#include "market/verify.h"

struct stock_sum {
    struct sum sum; /* key: reward */
    int64_t free, held, sold;
};

static struct row_name name_of(uint64_t reward_id)
{
    return (struct row_name){.table = "stock", .column = "reward_id", .key = reward_id};
}

static void *begin(void)
{
    return sums_new(sizeof(struct stock_sum));
}

/* --- Adding up -------------------------------------------------------------------------------- */

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
    sum = sums_at(state, transfer->subject);
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
    struct row_name name = name_of(rows_id(rows, 0));
    struct stock_sum *known = sums_find(state, name.key);
    const struct stock_sum *sum = known ? known : &untouched;
    struct check checks[] = {
        {"initial", CHECK_NUMBER, sum->free + sum->held + sum->sold, rows_int(rows, 1)},
        {"free", CHECK_NUMBER, sum->free, rows_int(rows, 2)},
        {"held", CHECK_NUMBER, sum->held, rows_int(rows, 3)},
        {"sold", CHECK_NUMBER, sum->sold, rows_int(rows, 4)},
        {0},
    };

    if (known)
        known->sum.seen = true;
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
    if (!sums_all_seen(state, name_of(0), verify_misfit(verify)))
        return VERDICT_MISFIT;
    return verify_rows(verify,
                       db_stream(verify_db(verify),
                                 "SELECT r.reward_id FROM rewards r LEFT JOIN stock s"
                                 " ON s.reward_id = r.reward_id WHERE s.reward_id IS NULL"
                                 " ORDER BY r.reward_id LIMIT 1"),
                       reward_without, state);
}

const struct verifier verifier_stock = {"stock", begin, add_transfer, compare, sums_free};
