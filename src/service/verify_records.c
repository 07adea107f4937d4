/*
 * Records: what was awarded for one is what it says, and became the lot of its number; one that was
 * approved without an award (the day's cap was met) has no points. What was recorded before the
 * review is not in the history; it must agree with itself.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "ledger/merges.h"
#include "ledger/sums.h"
#include "ledger/wallet.h"
#include "service/record.h"
#include "service/verify.h"

struct award_sum {
    struct sum sum; /* key: record */
    bool is_awarded;
    uint64_t member_id;
    int64_t points;
    uint8_t grade;
    uint64_t reviewed_by;
    int64_t reviewed_us;
};

struct awards {
    struct sums *sums;
    struct arena *scratch;
    struct merges merges;
};

static struct row_name name_of(uint64_t record_id)
{
    return (struct row_name){.table = "records", .column = "record_id", .key = record_id};
}

static void *begin(void)
{
    struct awards *awards = memory_new(sizeof(*awards));

    awards->sums = sums_new(sizeof(struct award_sum));
    awards->scratch = arena_new();
    return awards;
}

static void end(void *state)
{
    struct awards *awards = state;

    sums_free(awards->sums);
    arena_free(awards->scratch);
    merges_free(&awards->merges);
    free(awards);
}

/* --- Adding up -------------------------------------------------------------------------------- */

/* The one lot that an award makes. */
static bool read_lot(struct awards *awards, const struct transfer *transfer, struct lot_part *lot)
{
    struct lot_part *parts;
    size_t count;

    arena_reset(awards->scratch);
    if (!lot_parts_unpack(transfer->detail, awards->scratch, &parts, &count) || count != 1)
        return false;
    *lot = parts[0];
    return lot->lot_id == transfer->ref && lot->source == LOT_RECORD;
}

static bool add_transfer(void *state, const struct block *block, const struct transfer *transfer,
                         struct misfit *misfit)
{
    struct awards *awards = state;
    struct lot_part lot;

    merges_add(&awards->merges, transfer);
    if (transfer->kind != TRANSFER_AWARD)
        return true;
    if (!read_lot(awards, transfer, &lot))
        return row_differs(
            misfit,
            (struct row_name){.table = "transfers", .column = "transfer_id", .key = transfer->id},
            "an award that makes the lot of its record", "another");
    struct award_sum *sum = sums_at(awards->sums, transfer->ref);
    if (sum->is_awarded)
        return row_differs(misfit, name_of(transfer->ref), "awarded once", "awarded twice");
    sum->is_awarded = true;
    sum->member_id = transfer->member_id;
    sum->points = transfer->points;
    sum->grade = lot.grade;
    sum->reviewed_by = transfer->actor;
    sum->reviewed_us = block->time_us;
    return true;
}

/* --- Comparing -------------------------------------------------------------------------------- */

/* What was served before a merge may be awarded after it, to whom the member was merged into; and
 * what was awarded before it becomes theirs a moment after it. */
static bool award_fits(const struct awards *awards, const struct award_sum *sum, struct rows *rows,
                       struct misfit *misfit)
{
    uint64_t member_id = rows_id(rows, 1);
    bool is_theirs = merges_lead_to(&awards->merges, member_id, sum->member_id) ||
                     merges_lead_to(&awards->merges, sum->member_id, member_id);
    struct check checks[] = {
        {"member_id", CHECK_NUMBER, (int64_t)(is_theirs ? member_id : sum->member_id),
         (int64_t)member_id},
        {"state", CHECK_NUMBER, RECORD_APPROVED, rows_int(rows, 2)},
        {"grade", CHECK_NUMBER, sum->grade, rows_int(rows, 3)},
        {"points", CHECK_POINTS, sum->points, rows_int(rows, 4)},
        {"reviewed_by", CHECK_NUMBER, (int64_t)sum->reviewed_by, rows_int(rows, 5)},
        {"reviewed_us", CHECK_NUMBER, sum->reviewed_us, rows_int(rows, 6)},
        {0},
    };

    return row_fits(misfit, name_of(sum->sum.key), checks);
}

/* What was approved lasted at least as long as it counts. */
static bool minutes_fit(struct rows *rows, struct misfit *misfit)
{
    int64_t minutes = rows_int(rows, 8),
            lasted = (rows_int(rows, 10) - rows_int(rows, 9)) / MINUTE_US;
    struct check checks[] = {{"minutes", CHECK_NUMBER, lasted, minutes}, {0}};

    if (rows_int(rows, 2) != RECORD_APPROVED || (minutes >= 0 && minutes <= lasted))
        return true;
    return row_fits(misfit, name_of(rows_id(rows, 0)), checks);
}

static bool row_verdict(void *state, struct rows *rows, struct misfit *misfit)
{
    const struct awards *awards = state;
    struct award_sum *sum = sums_find(awards->sums, rows_id(rows, 0));
    struct check nothing[] = {
        {"points", CHECK_POINTS, 0, rows_int(rows, 4)},
        {"checks that hold it", CHECK_NUMBER, rows_int(rows, 2) == RECORD_CHECKING,
         rows_int(rows, 7)},
        {0},
    };

    if (!minutes_fit(rows, misfit))
        return false;
    if (!sum)
        return row_fits(misfit, name_of(rows_id(rows, 0)), nothing);
    sum->sum.seen = true;
    return award_fits(awards, sum, rows, misfit);
}

static enum verdict compare(void *state, struct verify *verify)
{
    const struct awards *awards = state;
    enum verdict verdict = verify_rows(
        verify,
        db_stream(verify_db(verify),
                  "SELECT record_id, member_id, state, grade, points, reviewed_by, reviewed_us,"
                  " (SELECT COUNT(*) FROM checks c"
                  "  WHERE c.ref = r.record_id AND c.state = 1 AND c.held = 1),"
                  " minutes, started_us, ended_us FROM records r ORDER BY record_id"),
        row_verdict, state);

    if (verdict != VERDICT_FITS)
        return verdict;
    return sums_all_seen(awards->sums, name_of(0), verify_misfit(verify)) ? VERDICT_FITS
                                                                          : VERDICT_MISFIT;
}

const struct verifier verifier_records = {"records", begin, add_transfer, compare, end};
