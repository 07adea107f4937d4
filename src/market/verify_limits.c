/*
 * Limits: what of a reward's limit a member has used in a period that is not over are their
 * vouchers of it that were not given back. Who was merged into whom has the vouchers of both.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ledger/merges.h"
#include "ledger/sums.h"
#include "ledger/wallet.h"
#include "market/redemption.h"
#include "market/verify.h"

/* A period ends with a local day: nowhere is it later than this after that day began in UTC. */
#define ZONES_US (14 * HOUR_US)

struct limit_sum {
    struct sum sum; /* key: hash of the three below */
    uint64_t member_id, reward_id;
    int64_t period;
    int64_t used;
    bool is_open; /* its period cannot be over */
};

struct limits {
    struct sums *sums;
    struct merges merges;
    int64_t now_us;
};

static void *begin(void)
{
    struct limits *limits = memory_new(sizeof *limits);

    limits->sums = sums_new(sizeof(struct limit_sum));
    limits->now_us = clock_now_us();
    return limits;
}

static void end(void *state)
{
    struct limits *limits = state;

    sums_free(limits->sums);
    merges_free(&limits->merges);
    free(limits);
}

static bool add_transfer(void *state, const struct block *block, const struct transfer *transfer,
                         struct misfit *misfit)
{
    struct limits *limits = state;

    (void)block;
    (void)misfit;
    merges_add(&limits->merges, transfer);
    return true;
}

static uint64_t key_of(uint64_t member_id, uint64_t reward_id, int64_t period)
{
    const uint64_t named[] = {member_id, reward_id, (uint64_t)period};
    uint8_t hash[HASH_SIZE];
    uint64_t key;

    crypto_sha256(named, sizeof named, hash);
    memcpy(&key, hash, sizeof key);
    return key;
}

static struct row_name name_of(uint64_t member_id, uint64_t reward_id)
{
    return (struct row_name){.table = "limit_uses",
                             .column = "member_id",
                             .column2 = "subject",
                             .key = member_id,
                             .key2 = reward_id};
}

static bool count_voucher(void *state, struct rows *rows, struct misfit *misfit)
{
    const struct limits *limits = state;
    uint64_t member_id = merges_owner(&limits->merges, rows_id(rows, 0));
    uint64_t reward_id = rows_id(rows, 1);
    int64_t period = rows_int(rows, 2);
    struct limit_sum *sum = sums_at(limits->sums, key_of(member_id, reward_id, period));

    (void)misfit;
    sum->member_id = member_id;
    sum->reward_id = reward_id;
    sum->period = period;
    sum->used++;
    sum->is_open = period * DAY_US - ZONES_US > limits->now_us;
    return true;
}

static bool row_verdict(void *state, struct rows *rows, struct misfit *misfit)
{
    const struct limits *limits = state;
    uint64_t member_id = rows_id(rows, 0), reward_id = rows_id(rows, 1);
    struct limit_sum *sum =
        sums_find(limits->sums, key_of(member_id, reward_id, rows_int(rows, 2)));

    if (merges_owner(&limits->merges, member_id) != member_id)
        return true; /* what it had used went over; nobody reads the row any more */
    struct check checks[] = {{"used", CHECK_NUMBER, sum ? sum->used : 0, rows_int(rows, 3)}, {0}};

    if (sum)
        sum->sum.seen = true;
    return row_fits(misfit, name_of(member_id, reward_id), checks);
}

static bool is_due(const void *sum)
{
    return ((const struct limit_sum *)sum)->is_open;
}

static enum verdict compare(void *state, struct verify *verify)
{
    struct limits *limits = state;
    enum verdict verdict =
        verify_rows(verify,
                    db_stream(verify_db(verify),
                              "SELECT member_id, reward_id, limit_period FROM redemptions"
                              " WHERE limit_period >= 0 AND state NOT IN (?, ?, ?)",
                              DB_INT(REDEMPTION_CANCELLED), DB_INT(REDEMPTION_EXPIRED),
                              DB_INT(REDEMPTION_REFUNDED)),
                    count_voucher, limits);

    if (verdict == VERDICT_FITS)
        verdict = verify_rows(verify,
                              db_stream(verify_db(verify),
                                        "SELECT member_id, subject, period, used FROM limit_uses"
                                        " WHERE subject <> ? AND ends_us > ?",
                                        DB_ID(LIMIT_EARNED), DB_INT(limits->now_us)),
                              row_verdict, limits);
    if (verdict != VERDICT_FITS)
        return verdict;
    const struct limit_sum *missing = sums_unseen(limits->sums, is_due);
    if (!missing)
        return VERDICT_FITS;
    row_is_missing(verify_misfit(verify), name_of(missing->member_id, missing->reward_id));
    return VERDICT_MISFIT;
}

const struct verifier verifier_limits = {"limits", begin, add_transfer, compare, end};
