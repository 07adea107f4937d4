/*
 * Proposals: each approved one is in the history exactly once, with what was proposed; the others
 * are not in it at all.
 */
#include "ledger/command.h"
#include "ledger/sums.h"
#include "ledger/verify.h"

struct decision {
    struct sum sum; /* key: proposal */
    uint64_t member_id;
    enum proposal_kind kind;
    uint64_t subject; /* of a claw back: the lot */
    int64_t points;   /* that moved; an adjustment's are negative when they were taken */
    uint64_t decided_by;
    int64_t decided_us;
};

static struct row_name name_of(uint64_t proposal_id)
{
    return (struct row_name){.table = "proposals", .column = "proposal_id", .key = proposal_id};
}

static void *begin(void)
{
    return sums_new(sizeof(struct decision));
}

/* --- Adding up -------------------------------------------------------------------------------- */

static bool kind_of(const struct transfer *transfer, enum proposal_kind *kind)
{
    switch (transfer->kind) {
    case TRANSFER_ADJUST: *kind = PROPOSAL_ADJUST; return true;
    case TRANSFER_CLAW_BACK: *kind = PROPOSAL_CLAW_BACK; return true;
    case TRANSFER_WAIVE: *kind = PROPOSAL_WAIVE; return true;
    default: return false;
    }
}

static bool add_transfer(void *state, const struct block *block, const struct transfer *transfer,
                         struct misfit *misfit)
{
    bool takes = account_kind(transfer->from) == ACCOUNT_WALLET;
    enum proposal_kind kind;

    if (!kind_of(transfer, &kind))
        return true;
    struct decision *decision = sums_at(state, transfer->ref);
    if (decision->kind != 0)
        return row_differs(misfit, name_of(transfer->ref), "carried out once", "carried out twice");
    decision->member_id = transfer->member_id;
    decision->kind = kind;
    decision->subject = transfer->subject;
    decision->points = takes ? -transfer->points : transfer->points;
    decision->decided_by = transfer->actor;
    decision->decided_us = block->time_us;
    return true;
}

/* --- Comparing -------------------------------------------------------------------------------- */

/* The points that the row must have: of a claw back none are proposed, of a waiver at most those
 * were owed. */
static int64_t points_due(const struct decision *decision, int64_t found)
{
    if (decision->kind == PROPOSAL_ADJUST)
        return decision->points;
    if (decision->kind == PROPOSAL_WAIVE && found < decision->points)
        return decision->points;
    return found;
}

static bool decision_fits(const struct decision *decision, struct rows *rows, struct misfit *misfit)
{
    int64_t subject = rows_int(rows, 4), points = rows_int(rows, 5);
    struct check checks[] = {
        {"kind", CHECK_NUMBER, decision->kind, rows_int(rows, 1)},
        {"state", CHECK_NUMBER, PROPOSAL_APPROVED, rows_int(rows, 2)},
        {"member_id", CHECK_NUMBER, (int64_t)decision->member_id, rows_int(rows, 3)},
        {"subject", CHECK_NUMBER,
         decision->kind == PROPOSAL_CLAW_BACK ? (int64_t)decision->subject : subject, subject},
        {"points", CHECK_POINTS, points_due(decision, points), points},
        {"decided_by", CHECK_NUMBER, (int64_t)decision->decided_by, rows_int(rows, 7)},
        {"decided_us", CHECK_NUMBER, decision->decided_us, rows_int(rows, 8)},
        {0},
    };

    if (!row_fits(misfit, name_of(decision->sum.key), checks))
        return false;
    return rows_id(rows, 6) != decision->decided_by ||
           row_differs(misfit, name_of(decision->sum.key), "two people", "one");
}

static bool row_verdict(void *state, struct rows *rows, struct misfit *misfit)
{
    struct decision *decision = sums_find(state, rows_id(rows, 0));

    if (decision) {
        decision->sum.seen = true;
        return decision_fits(decision, rows, misfit);
    }
    return rows_int(rows, 2) != PROPOSAL_APPROVED ||
           row_differs(misfit, name_of(rows_id(rows, 0)), "not approved: nothing moved for it",
                       "approved");
}

static enum verdict compare(void *state, struct verify *verify)
{
    enum verdict verdict = verify_rows(
        verify,
        db_stream(verify_db(verify), "SELECT proposal_id, kind, state, member_id, subject, points,"
                                     " proposed_by, decided_by, decided_us FROM proposals"
                                     " ORDER BY proposal_id"),
        row_verdict, state);

    if (verdict != VERDICT_FITS)
        return verdict;
    return sums_all_seen(state, name_of(0), verify_misfit(verify)) ? VERDICT_FITS : VERDICT_MISFIT;
}

const struct verifier verifier_proposals = {"proposals", begin, add_transfer, compare, sums_free};
