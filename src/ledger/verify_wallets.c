/*
 * Wallets: what came in less what went out, who is frozen, who was merged into whom, and that every
 * member has one.
 */
#include "ledger/sums.h"
#include "ledger/verify.h"
#include "ledger/wallet.h"
#include "people/who.h"

struct wallet_sum {
    struct sum sum;   /* key: member */
    uint32_t version; /* blocks that changed it */
    uint64_t block;   /* the last of them: the number of its first transfer */
    int64_t available, held, receivable;
    uint64_t merged_into;
    bool frozen;
    int64_t frozen_us;  /* when that was said last, */
    uint64_t frozen_by; /* and by which transfer */
};

static struct row_name name_of(uint64_t member_id)
{
    return (struct row_name){.table = "wallets", .column = "member_id", .key = member_id};
}

static void *begin(void)
{
    return sums_new(sizeof(struct wallet_sum));
}

/* --- Adding up -------------------------------------------------------------------------------- */

/* A wallet's version grows once a batch, which is one block. */
static void touch(struct wallet_sum *sum, const struct transfer *transfer)
{
    uint64_t block = transfer->id & ~(uint64_t)UINT16_MAX;

    if (sum->block != block)
        sum->version++;
    sum->block = block;
}

static void post(struct sums *wallets, uint64_t account, int64_t points)
{
    struct wallet_sum *sum;

    switch (account_kind(account)) {
    case ACCOUNT_WALLET:
        sum = sums_at(wallets, account_owner(account));
        sum->available += points;
        break;
    case ACCOUNT_HELD:
        sum = sums_at(wallets, account_owner(account));
        sum->held += points;
        break;
    case ACCOUNT_RECEIVABLE:
        sum = sums_at(wallets, account_owner(account));
        sum->receivable += points;
        break;
    default: break;
    }
}

/* Between lanes time decides, within a block the order. */
static void freeze(struct wallet_sum *sum, const struct block *block,
                   const struct transfer *transfer)
{
    if (block->time_us < sum->frozen_us ||
        (block->time_us == sum->frozen_us && transfer->id < sum->frozen_by))
        return;
    sum->frozen = transfer->pieces != 0;
    sum->frozen_us = block->time_us;
    sum->frozen_by = transfer->id;
}

static void merge(struct sums *wallets, const struct transfer *transfer)
{
    struct wallet_sum *other = sums_at(wallets, transfer->ref);

    other->merged_into = transfer->member_id;
    touch(other, transfer);
}

/* A settlement is the merchant's: it names the member and leaves the wallet alone. */
static bool add_transfer(void *state, const struct block *block, const struct transfer *transfer,
                         struct misfit *misfit)
{
    struct sums *wallets = state;

    (void)misfit;
    post(wallets, transfer->from, -transfer->points);
    post(wallets, transfer->to, transfer->points);
    if (transfer->member_id != 0 && transfer->kind != TRANSFER_SETTLE)
        touch(sums_at(wallets, transfer->member_id), transfer);
    if (transfer->kind == TRANSFER_FREEZE)
        freeze(sums_at(wallets, transfer->member_id), block, transfer);
    if (transfer->kind == TRANSFER_MERGE)
        merge(wallets, transfer);
    return true;
}

/* --- Comparing -------------------------------------------------------------------------------- */

static int64_t state_of(const struct wallet_sum *sum)
{
    if (sum->merged_into != 0)
        return WALLET_MERGED;
    return sum->frozen ? WALLET_FROZEN : WALLET_OPEN;
}

static bool row_verdict(void *state, struct rows *rows, struct misfit *misfit)
{
    static const struct wallet_sum untouched;
    const struct sums *wallets = state;
    uint64_t member_id = rows_id(rows, 0);
    struct wallet_sum *known = sums_find(wallets, member_id);
    const struct wallet_sum *sum = known ? known : &untouched;
    struct check checks[] = {
        {"version", CHECK_NUMBER, sum->version, rows_int(rows, 1)},
        {"available", CHECK_POINTS, sum->available, rows_int(rows, 2)},
        {"held", CHECK_POINTS, sum->held, rows_int(rows, 3)},
        {"owed", CHECK_POINTS, -sum->receivable, rows_int(rows, 4)},
        {"state", CHECK_NUMBER, state_of(sum), rows_int(rows, 5)},
        {"merged_into", CHECK_NUMBER, (int64_t)sum->merged_into, rows_int(rows, 6)},
        {0},
    };

    if (known)
        known->sum.seen = true;
    if (!row_fits(misfit, name_of(member_id), checks))
        return false;
    if (sum->available < 0 || sum->held < 0 || sum->receivable > 0)
        return row_differs(misfit, name_of(member_id), "nothing below zero", "a sum below zero");
    return !rows_is_null(rows, 7) || row_is_too_much(misfit, name_of(member_id));
}

static bool member_without(void *state, struct rows *rows, struct misfit *misfit)
{
    (void)state;
    return row_is_missing(misfit, name_of(rows_id(rows, 0)));
}

static enum verdict compare(void *state, struct verify *verify)
{
    enum verdict verdict =
        verify_rows(verify,
                    db_stream(verify_db(verify),
                              "SELECT w.member_id, w.version, w.available, w.held, w.owed, w.state,"
                              " w.merged_into, a.account_id FROM wallets w LEFT JOIN accounts a"
                              " ON a.account_id = w.member_id AND a.role = ? ORDER BY w.member_id",
                              DB_INT(ROLE_MEMBER)),
                    row_verdict, state);

    if (verdict != VERDICT_FITS)
        return verdict;
    if (!sums_all_seen(state, name_of(0), verify_misfit(verify)))
        return VERDICT_MISFIT;
    return verify_rows(verify,
                       db_stream(verify_db(verify),
                                 "SELECT a.account_id FROM accounts a LEFT JOIN wallets w"
                                 " ON w.member_id = a.account_id"
                                 " WHERE a.role = ? AND w.member_id IS NULL"
                                 " ORDER BY a.account_id LIMIT 1",
                                 DB_INT(ROLE_MEMBER)),
                       member_without, state);
}

const struct verifier verifier_wallets = {"wallets", begin, add_transfer, compare, sums_free};
