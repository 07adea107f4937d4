/*
 * Lots: each begins with a transfer that credits it, and the parts of all transfers say what is
 * left of it, until when, and whose it is after merges.
 */
#include <stdlib.h>

#include "ledger/merges.h"
#include "ledger/sums.h"
#include "ledger/verify.h"
#include "ledger/wallet.h"

struct lot_sum {
    struct sum sum;     /* key: lot */
    uint64_t member_id; /* who got it; 0: nobody yet */
    int64_t points, remaining, gone;
    int64_t expires_us; /* only ever moves on */
    uint8_t source, grade;
    bool revoked;
};

struct lots {
    struct sums *sums;
    struct arena *scratch;
    struct merges merges;
};

static struct row_name name_of(uint64_t member_id, uint64_t lot_id)
{
    return (struct row_name){.table = "lots",
                             .column = "member_id",
                             .column2 = "lot_id",
                             .key = member_id,
                             .key2 = lot_id};
}

static void *begin(void)
{
    struct lots *lots = memory_new(sizeof(*lots));

    lots->sums = sums_new(sizeof(struct lot_sum));
    lots->scratch = arena_new();
    return lots;
}

static void end(void *state)
{
    struct lots *lots = state;

    sums_free(lots->sums);
    arena_free(lots->scratch);
    merges_free(&lots->merges);
    free(lots);
}

/* --- Adding up -------------------------------------------------------------------------------- */

/* Points for a wallet from outside are a new lot. Lanes come one after the other: what spends a lot
 * may come before what made it. */
static bool makes_lot(const struct transfer *transfer)
{
    return transfer->kind == TRANSFER_AWARD ||
           (transfer->kind == TRANSFER_ADJUST && account_kind(transfer->to) == ACCOUNT_WALLET);
}

static void add_part(struct lots *lots, const struct transfer *transfer,
                     const struct lot_part *part)
{
    struct lot_sum *sum = sums_at(lots->sums, part->lot_id);

    sum->remaining += part->points;
    if (part->points < 0 && account_kind(transfer->to) != ACCOUNT_HELD)
        sum->gone -= part->points;
    if (part->expires_us > sum->expires_us)
        sum->expires_us = part->expires_us;
    if (!makes_lot(transfer))
        return;
    sum->member_id = transfer->member_id;
    sum->points = part->points;
    sum->source = part->source;
    sum->grade = part->grade;
}

/* What the parts of a transfer must add up to. */
static int64_t parts_due(const struct transfer *transfer)
{
    if (transfer->kind == TRANSFER_MERGE)
        return 0; /* lots move whole */
    if (account_kind(transfer->to) == ACCOUNT_WALLET)
        return transfer->points;
    return account_kind(transfer->from) == ACCOUNT_WALLET ? -transfer->points : 0;
}

static bool add_parts(struct lots *lots, const struct transfer *transfer, struct misfit *misfit)
{
    struct row_name name = {.table = "transfers", .column = "transfer_id", .key = transfer->id};
    struct lot_part *parts;
    int64_t sum = 0;
    size_t count;

    arena_reset(lots->scratch);
    if (!lot_parts_unpack(transfer->detail, lots->scratch, &parts, &count))
        return row_differs(misfit, name, "parts of lots", "a detail that cannot be read");
    for (size_t i = 0; i < count; i++) {
        add_part(lots, transfer, &parts[i]);
        sum += parts[i].points;
    }
    struct check checks[] = {{"sum of parts", CHECK_POINTS, parts_due(transfer), sum}, {0}};
    return row_fits(misfit, name, checks);
}

static bool add_transfer(void *state, const struct block *block, const struct transfer *transfer,
                         struct misfit *misfit)
{
    struct lots *lots = state;

    (void)block;
    merges_add(&lots->merges, transfer);
    if (transfer->kind == TRANSFER_CLAW_BACK)
        ((struct lot_sum *)sums_at(lots->sums, transfer->subject))->revoked = true;
    return add_parts(lots, transfer, misfit);
}

/* --- Comparing -------------------------------------------------------------------------------- */

static bool row_verdict(void *state, struct rows *rows, struct misfit *misfit)
{
    const struct lots *lots = state;
    struct row_name name = name_of(rows_id(rows, 0), rows_id(rows, 1));
    struct lot_sum *sum = sums_find(lots->sums, name.key2);

    if (!sum || sum->sum.seen)
        return row_is_too_much(misfit, name);
    sum->sum.seen = true;
    struct check checks[] = {
        {"member_id", CHECK_NUMBER, (int64_t)merges_owner(&lots->merges, sum->member_id),
         (int64_t)name.key},
        {"points", CHECK_POINTS, sum->points, rows_int(rows, 2)},
        {"remaining", CHECK_POINTS, sum->remaining, rows_int(rows, 3)},
        {"gone", CHECK_POINTS, sum->gone, rows_int(rows, 4)},
        {"expires_us", CHECK_NUMBER, sum->expires_us, rows_int(rows, 5)},
        {"source", CHECK_NUMBER, sum->source, rows_int(rows, 6)},
        {"grade", CHECK_NUMBER, sum->grade, rows_int(rows, 7)},
        {"state", CHECK_NUMBER, sum->revoked ? LOT_REVOKED : LOT_OPEN, rows_int(rows, 8)},
        {0},
    };
    if (!row_fits(misfit, name, checks))
        return false;
    if (sum->remaining < 0 || sum->points - sum->remaining - sum->gone < 0)
        return row_differs(misfit, name, "no more spent than there was", "more");
    return true;
}

static bool all_seen(const struct lots *lots, struct misfit *misfit)
{
    const struct lot_sum *unseen = sums_unseen(lots->sums, NULL);

    return !unseen || row_is_missing(misfit, name_of(merges_owner(&lots->merges, unseen->member_id),
                                                     unseen->sum.key));
}

static enum verdict compare(void *state, struct verify *verify)
{
    enum verdict verdict =
        verify_rows(verify,
                    db_stream(verify_db(verify),
                              "SELECT member_id, lot_id, points, remaining, gone, expires_us,"
                              " source, grade, state FROM lots ORDER BY member_id, lot_id"),
                    row_verdict, state);

    if (verdict != VERDICT_FITS)
        return verdict;
    return all_seen(state, verify_misfit(verify)) ? VERDICT_FITS : VERDICT_MISFIT;
}

const struct verifier verifier_lots = {"lots", begin, add_transfer, compare, end};
