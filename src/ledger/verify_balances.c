/*
 * Balances: a system or merchant account's sum in each lane. A row is made by the first block that
 * leaves more or less on the account than before, and stays.
 */
#include <stdlib.h>

#include "ledger/sums.h"
#include "ledger/verify.h"

struct balance_sum {
    struct sum sum;      /* key: account */
    int64_t now, before; /* now, and before the block */
    uint64_t block;      /* that posted last */
    bool exists;
};

struct balances {
    struct sums *lanes[LANES_MOST + 1]; /* NULL: none yet */
};

static struct row_name name_of(uint64_t account, uint64_t lane)
{
    return (struct row_name){
        .table = "balances", .column = "account", .column2 = "lane", .key = account, .key2 = lane};
}

static void *begin(void)
{
    return memory_new(sizeof(struct balances));
}

static void end(void *state)
{
    struct balances *balances = state;

    for (size_t lane = 0; lane <= LANES_MOST; lane++)
        sums_free(balances->lanes[lane]);
    free(balances);
}

/* --- Adding up -------------------------------------------------------------------------------- */

static struct balance_sum *sum_of(struct balances *balances, uint64_t account, uint8_t lane)
{
    if (!balances->lanes[lane])
        balances->lanes[lane] = sums_new(sizeof(struct balance_sum));
    return sums_at(balances->lanes[lane], account);
}

static bool exists(const void *of)
{
    const struct balance_sum *sum = of;

    return sum->exists || sum->now != sum->before;
}

static void post(struct balances *balances, const struct block *block, uint64_t account,
                 int64_t points)
{
    if (points == 0 || account_is_members(account_kind(account)))
        return;
    struct balance_sum *sum = sum_of(balances, account, block->lane);
    if (sum->block != block->height) {
        sum->exists = exists(sum);
        sum->before = sum->now;
        sum->block = block->height;
    }
    sum->now += points;
}

static bool add_transfer(void *state, const struct block *block, const struct transfer *transfer,
                         struct misfit *misfit)
{
    (void)misfit;
    post(state, block, transfer->from, -transfer->points);
    post(state, block, transfer->to, transfer->points);
    return true;
}

/* --- Comparing -------------------------------------------------------------------------------- */

static bool row_verdict(void *state, struct rows *rows, struct misfit *misfit)
{
    const struct balances *balances = state;
    struct row_name name = name_of(rows_id(rows, 0), rows_id(rows, 1));
    struct sums *lane = balances->lanes[(uint8_t)name.key2];
    struct balance_sum *sum = lane ? sums_find(lane, name.key) : NULL;

    if (!sum || !exists(sum))
        return row_is_too_much(misfit, name);
    sum->sum.seen = true;
    struct check checks[] = {{"balance", CHECK_POINTS, sum->now, rows_int(rows, 2)}, {0}};
    return row_fits(misfit, name, checks);
}

static bool all_seen(const struct balances *balances, struct misfit *misfit)
{
    for (size_t lane = 0; lane <= LANES_MOST; lane++) {
        const struct balance_sum *unseen =
            balances->lanes[lane] ? sums_unseen(balances->lanes[lane], exists) : NULL;

        if (unseen)
            return row_is_missing(misfit, name_of(unseen->sum.key, lane));
    }
    return true;
}

static enum verdict compare(void *state, struct verify *verify)
{
    enum verdict verdict =
        verify_rows(verify,
                    db_stream(verify_db(verify),
                              "SELECT account, lane, balance FROM balances ORDER BY account, lane"),
                    row_verdict, state);

    if (verdict != VERDICT_FITS)
        return verdict;
    return all_seen(state, verify_misfit(verify)) ? VERDICT_FITS : VERDICT_MISFIT;
}

const struct verifier verifier_balances = {"balances", begin, add_transfer, compare, end};
