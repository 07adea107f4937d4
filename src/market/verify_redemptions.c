/*
 * Redemptions: each begins with a hold, and the transfers that name it say what became of it. Their
 * number is enough, whichever lane they are in: a voucher that was confirmed once more than undone
 * is confirmed.
 */
#include "ledger/sums.h"
#include "market/redemption.h"
#include "market/verify.h"
#include "market/voucher.h"
#include "people/keyring.h"

struct redemption_sum {
    struct sum sum; /* key: redemption */
    uint64_t member_id, reward_id;
    int64_t points;
    uint8_t allocation[HASH_SIZE]; /* of the hold's detail */
    int64_t created_us;
    int holds, captures; /* undone ones do not count */
    int released, lapsed, refunded, settled;
    int64_t captured_us;                /* the last time, */
    uint64_t captured_by, captured_for; /* by whom, and for which merchant */
    int64_t closed_us;
};

static struct row_name name_of(uint64_t redemption_id)
{
    return (struct row_name){
        .table = "redemptions", .column = "redemption_id", .key = redemption_id};
}

static void *begin(void)
{
    return sums_new(sizeof(struct redemption_sum));
}

/* --- Adding up -------------------------------------------------------------------------------- */

static void add_hold(struct redemption_sum *sum, const struct block *block,
                     const struct transfer *transfer)
{
    sum->holds++;
    sum->member_id = transfer->member_id;
    sum->reward_id = transfer->subject;
    sum->points = transfer->points;
    sum->created_us = block->time_us;
    crypto_sha256(transfer->detail.data, transfer->detail.length, sum->allocation);
}

static void add_capture(struct redemption_sum *sum, const struct block *block,
                        const struct transfer *transfer)
{
    sum->captures++;
    if (block->time_us < sum->captured_us)
        return;
    sum->captured_us = block->time_us;
    sum->captured_by = transfer->actor;
    sum->captured_for = account_owner(transfer->to);
}

static void close_by(int *count, struct redemption_sum *sum, const struct block *block)
{
    (*count)++;
    sum->closed_us = block->time_us;
}

static bool add_transfer(void *state, const struct block *block, const struct transfer *transfer,
                         struct misfit *misfit)
{
    struct redemption_sum *sum;

    (void)misfit;
    if (transfer->kind < TRANSFER_HOLD || transfer->kind > TRANSFER_SETTLE)
        return true;
    sum = sums_at(state, transfer->ref);
    switch (transfer->kind) {
    case TRANSFER_HOLD: add_hold(sum, block, transfer); break;
    case TRANSFER_CAPTURE: add_capture(sum, block, transfer); break;
    case TRANSFER_UNCAPTURE: sum->captures--; break;
    case TRANSFER_RELEASE: close_by(&sum->released, sum, block); break;
    case TRANSFER_LAPSE: close_by(&sum->lapsed, sum, block); break;
    case TRANSFER_REFUND: close_by(&sum->refunded, sum, block); break;
    case TRANSFER_SETTLE: close_by(&sum->settled, sum, block); break;
    default: break;
    }
    return true;
}

/* --- Comparing -------------------------------------------------------------------------------- */

/* 0 when no life of a voucher goes like that. */
static int64_t state_of(const struct redemption_sum *sum)
{
    int ends = sum->released + sum->lapsed + sum->refunded + sum->settled;
    int captures = sum->refunded + sum->settled > 0 ? 1 : 0;

    if (sum->holds != 1 || ends > 1)
        return 0;
    if (ends == 0)
        return sum->captures == 0   ? REDEMPTION_ISSUED
               : sum->captures == 1 ? REDEMPTION_CONFIRMED
                                    : 0;
    if (sum->captures != captures)
        return 0;
    if (sum->released)
        return REDEMPTION_CANCELLED;
    if (sum->lapsed)
        return REDEMPTION_EXPIRED;
    return sum->refunded ? REDEMPTION_REFUNDED : REDEMPTION_SETTLED;
}

/* Points on hold say no more than that: whether the voucher is there yet is between the redemption
 * and its operation (verify_operations.c). */
static int64_t seen_state(const struct redemption_sum *sum, int64_t state)
{
    bool is_held = state == REDEMPTION_HELD || state == REDEMPTION_ISSUING ||
                   state == REDEMPTION_ISSUED || state == REDEMPTION_STUCK ||
                   state == REDEMPTION_CHECKING;

    return is_held && state_of(sum) == REDEMPTION_ISSUED ? state : state_of(sum);
}

/* The merchant is the reward's before a confirmation has said which account got the points. */
static bool values_fit(const struct redemption_sum *sum, struct rows *rows, struct misfit *misfit)
{
    bool captured = sum->captures > 0;
    int64_t merchant_id = captured ? (int64_t)sum->captured_for : rows_int(rows, 10);
    struct check checks[] = {
        {"member_id", CHECK_NUMBER, (int64_t)sum->member_id, rows_int(rows, 1)},
        {"reward_id", CHECK_NUMBER, (int64_t)sum->reward_id, rows_int(rows, 2)},
        {"merchant_id", CHECK_NUMBER, merchant_id, rows_int(rows, 3)},
        {"state", CHECK_NUMBER, seen_state(sum, rows_int(rows, 4)), rows_int(rows, 4)},
        {"points", CHECK_POINTS, sum->points, rows_int(rows, 5)},
        {"created_us", CHECK_NUMBER, sum->created_us, rows_int(rows, 6)},
        {"confirmed_us", CHECK_NUMBER, captured ? sum->captured_us : 0, rows_int(rows, 7)},
        {"confirmed_by", CHECK_NUMBER, captured ? (int64_t)sum->captured_by : 0, rows_int(rows, 8)},
        {"closed_us", CHECK_NUMBER, sum->closed_us, rows_int(rows, 9)},
        {"checks that hold it", CHECK_NUMBER, rows_int(rows, 4) == REDEMPTION_CHECKING,
         rows_int(rows, 12)},
        {0},
    };

    return row_fits(misfit, name_of(sum->sum.key), checks);
}

/* What was fixed into the voucher, while the terms are still those that it was issued under. What
 * other terms were is not kept. The time of one that was held for a check begins with its release.
 */
static bool terms_fit(const struct redemption_sum *sum, struct rows *rows, struct misfit *misfit)
{
    bool is_ours = rows_int(rows, 24) == 0; /* a merchant's own system may say until when */
    int64_t begun_us = rows_is_null(rows, 25) ? sum->created_us : rows_int(rows, 25);
    int64_t expires_us = rows_int(rows, 15), due_us = begun_us + rows_int(rows, 21);
    struct check checks[] = {
        {"points", CHECK_POINTS, rows_int(rows, 19), rows_int(rows, 5)},
        {"reimburse_fen", CHECK_NUMBER, rows_int(rows, 20), rows_int(rows, 14)},
        {"expires_us", CHECK_NUMBER, is_ours ? due_us : expires_us, expires_us},
        {"sponsor_id", CHECK_NUMBER, rows_int(rows, 22), rows_int(rows, 23)},
        {0},
    };
    struct check version[] = {
        {"terms_version of a voucher", CHECK_NUMBER, rows_int(rows, 18), rows_int(rows, 13)}, {0}};
    int64_t issued = rows_int(rows, 13), now = rows_int(rows, 18);

    if (issued > now)
        return row_fits(misfit, name_of(sum->sum.key), version);
    return issued < now || row_fits(misfit, name_of(sum->sum.key), checks);
}

/* The code is made of the voucher's number, and found by this hash of it. */
static bool code_fits(const struct keyring *keyring, uint64_t redemption_id, struct rows *rows,
                      struct misfit *misfit)
{
    const struct key *key = keyring_find(keyring, (uint32_t)rows_int(rows, 17));
    uint8_t expected[PAPER_CODE_HASH_SIZE], found[PAPER_CODE_HASH_SIZE];
    struct paper_code code;

    if (!key || key->purpose != KEY_VOUCHER)
        return row_differs(misfit, name_of(redemption_id), "code_key: a voucher key", "another");
    voucher_code_make(key->secret, redemption_id, &code);
    paper_code_hash(keyring_current(keyring, KEY_INDEX)->secret, &code, expected);
    rows_bytes(rows, 16, found, sizeof found);
    return bytes_fit(misfit, name_of(redemption_id), "code_hash", expected, found, sizeof found);
}

struct comparing {
    struct sums *sums;
    const struct keyring *keyring;
};

static bool row_verdict(void *context, struct rows *rows, struct misfit *misfit)
{
    const struct comparing *comparing = context;
    struct row_name name = name_of(rows_id(rows, 0));
    struct redemption_sum *sum = sums_find(comparing->sums, name.key);
    struct text allocation = rows_text(rows, 11);
    uint8_t hash[HASH_SIZE];

    if (!sum)
        return row_is_too_much(misfit, name);
    sum->sum.seen = true;
    crypto_sha256(allocation.data, allocation.length, hash);
    return values_fit(sum, rows, misfit) &&
           bytes_fit(misfit, name, "SHA-256 of allocation", sum->allocation, hash, HASH_SIZE) &&
           terms_fit(sum, rows, misfit) &&
           (!comparing->keyring || code_fits(comparing->keyring, name.key, rows, misfit));
}

/* Of a budget is committed what the vouchers cost that were not given back. */
static bool budget_verdict(void *state, struct rows *rows, struct misfit *misfit)
{
    struct row_name name = {.table = "stock", .column = "reward_id", .key = rows_id(rows, 0)};
    struct check checks[] = {{"committed_fen", CHECK_NUMBER, rows_int(rows, 1), rows_int(rows, 2)},
                             {0}};

    (void)state;
    return row_fits(misfit, name, checks);
}

/* After the vouchers, which are known to say what they cost. */
static enum verdict compare_budgets(struct verify *verify)
{
    return verify_rows(verify,
                       db_stream(verify_db(verify),
                                 "SELECT s.reward_id, COALESCE(v.fen, 0), s.committed_fen"
                                 " FROM stock s LEFT JOIN (SELECT reward_id, SUM(reimburse_fen)"
                                 "  AS fen FROM redemptions WHERE state NOT IN (?, ?, ?)"
                                 "  GROUP BY reward_id) v ON v.reward_id = s.reward_id"
                                 " ORDER BY s.reward_id",
                                 DB_INT(REDEMPTION_CANCELLED), DB_INT(REDEMPTION_EXPIRED),
                                 DB_INT(REDEMPTION_REFUNDED)),
                       budget_verdict, NULL);
}

static enum verdict compare(void *state, struct verify *verify)
{
    struct comparing comparing = {state, verify_keyring(verify)};
    enum verdict verdict = verify_rows(
        verify,
        db_stream(verify_db(verify),
                  "SELECT r.redemption_id, r.member_id, r.reward_id, r.merchant_id, r.state,"
                  " r.points, r.created_us, r.confirmed_us, r.confirmed_by, r.closed_us,"
                  " s.merchant_id, r.allocation, (SELECT COUNT(*) FROM checks c"
                  "  WHERE c.ref = r.redemption_id AND c.state = 1 AND c.held = 1),"
                  " r.terms_version, r.reimburse_fen, r.expires_us, r.code_hash, r.code_key,"
                  " s.terms_version, s.price, s.reimburse_fen, s.valid_us, s.sponsor_id,"
                  " r.sponsor_id, r.calls, (SELECT MAX(c.decided_us) FROM checks c"
                  "  WHERE c.ref = r.redemption_id AND c.state = 2 AND c.held = 1)"
                  " FROM redemptions r"
                  " LEFT JOIN stock s ON s.reward_id = r.reward_id ORDER BY r.redemption_id"),
        row_verdict, &comparing);

    if (verdict != VERDICT_FITS)
        return verdict;
    if (!sums_all_seen(state, name_of(0), verify_misfit(verify)))
        return VERDICT_MISFIT;
    return compare_budgets(verify);
}

const struct verifier verifier_redemptions = {"redemptions", begin, add_transfer, compare,
                                              sums_free};
