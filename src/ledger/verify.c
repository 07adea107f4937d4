#include "ledger/verify.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/verify_checkpoints.h"

#define VERIFIERS_MOST 16

struct verify {
    struct db *db;
    const struct verify_options *options;
    struct verify_report *report;
    struct error *error;

    const struct verifier *verifiers[VERIFIERS_MOST];
    void *states[VERIFIERS_MOST];
    size_t count;

    struct chain_walk *walk;
    uint64_t blocks_in_all;
};

struct db *verify_db(struct verify *verify)
{
    return verify->db;
}

struct misfit *verify_misfit(struct verify *verify)
{
    return &verify->report->misfit;
}

const struct keyring *verify_keyring(const struct verify *verify)
{
    return verify->options->keyring;
}

struct error *verify_error(struct verify *verify)
{
    return verify->error;
}

static void show_progress(const struct verify *verify, const char *stage, uint64_t done,
                          uint64_t total)
{
    struct verify_progress progress = {.stage = stage, .done = done, .total = total};

    if (verify->options->progress)
        verify->options->progress(verify->options->context, &progress);
}

enum verdict verify_rows(struct verify *verify, struct rows *rows,
                         bool (*row)(void *state, struct rows *rows, struct misfit *misfit),
                         void *state)
{
    bool fits = true;

    for (; fits && rows_next(rows); verify->report->rows++)
        fits = row(state, rows, &verify->report->misfit);
    if (!rows_end(rows, verify->error))
        return VERDICT_FAILED;
    return fits ? VERDICT_FITS : VERDICT_MISFIT;
}

/* --- The chain -------------------------------------------------------------------------------- */

static bool read_transfer(void *context, const struct block *block, const struct transfer *transfer,
                          struct misfit *misfit)
{
    struct verify *verify = context;

    for (size_t i = 0; i < verify->count; i++)
        if (verify->verifiers[i]->transfer &&
            !verify->verifiers[i]->transfer(verify->states[i], block, transfer, misfit))
            return false;
    return true;
}

static void read_progress(void *context, uint64_t blocks, uint64_t transfers)
{
    const struct verify *verify = context;

    (void)transfers;
    show_progress(verify, "chain", blocks, verify->blocks_in_all);
}

/* What `lanes` says of each lane, and whether it says anything. */
struct lanes {
    struct lane_head heads[LANES_MOST + 1];
    bool stored[LANES_MOST + 1];
};

static struct row_name lane_name(uint64_t lane)
{
    return (struct row_name){.table = "lanes", .column = "lane", .key = lane};
}

/* Only a server that was started can have opened a lane. */
static enum verdict read_lanes(struct verify *verify, struct lanes *lanes)
{
    struct rows *rows =
        db_query(verify->db, "SELECT lane, height, head_hash, i.instance_id IS NOT NULL FROM lanes"
                             " LEFT JOIN instances i ON i.instance_id = lanes.instance_id"
                             " ORDER BY lane");
    uint64_t nobodys = UINT64_MAX;

    while (rows_next(rows)) {
        uint64_t lane = rows_id(rows, 0);

        lanes->stored[lane] = true;
        lanes->heads[lane].height = rows_id(rows, 1);
        rows_bytes(rows, 2, lanes->heads[lane].hash, HASH_SIZE);
        verify->blocks_in_all += lanes->heads[lane].height;
        verify->report->lanes++;
        if ((lane == 0 || !rows_int(rows, 3)) && nobodys == UINT64_MAX)
            nobodys = lane;
    }
    if (!rows_end(rows, verify->error))
        return VERDICT_FAILED;
    if (nobodys == UINT64_MAX)
        return VERDICT_FITS;
    row_differs(verify_misfit(verify), lane_name(nobodys), "held by a server that was started",
                "an instance that never was");
    return VERDICT_MISFIT;
}

/* A lane without a row must have nothing at all; one with blocks has lost its row. */
static enum verdict check_unknown_lane(struct verify *verify, uint8_t lane)
{
    struct rows *rows =
        db_query(verify->db, "SELECT 1 FROM blocks WHERE lane = ? LIMIT 1", DB_INT(lane));
    bool found = rows_next(rows);

    if (!rows_end(rows, verify->error))
        return VERDICT_FAILED;
    if (!found || lane == 0) {
        struct lane_head empty = {.lane = lane};

        return chain_walk_lane(verify->walk, &empty, verify_misfit(verify), verify->error);
    }
    row_is_missing(verify_misfit(verify), lane_name(lane));
    return VERDICT_MISFIT;
}

static enum verdict check_lanes(struct verify *verify, const struct lanes *lanes)
{
    enum verdict verdict = VERDICT_FITS;

    for (size_t lane = 0; lane <= LANES_MOST && verdict == VERDICT_FITS; lane++) {
        struct lane_head head = lanes->heads[lane];

        head.lane = (uint8_t)lane;
        verdict = lanes->stored[lane]
                      ? chain_walk_lane(verify->walk, &head, verify_misfit(verify), verify->error)
                      : check_unknown_lane(verify, (uint8_t)lane);
    }
    verify->report->blocks = chain_walk_blocks(verify->walk);
    verify->report->transfers = chain_walk_transfers(verify->walk);
    return verdict;
}

static enum verdict check_chain(struct verify *verify)
{
    struct chain_reader reader = {
        .transfer = read_transfer, .progress = read_progress, .context = verify};
    struct lanes *lanes = memory_new(sizeof(*lanes));

    verify->walk = chain_walk_new(verify->db, &verify->options->keys, &reader);
    enum verdict verdict = read_lanes(verify, lanes);
    if (verdict == VERDICT_FITS)
        verdict = check_lanes(verify, lanes);
    chain_walk_free(verify->walk);
    free(lanes);
    return verdict;
}

static enum verdict check_checkpoints(struct verify *verify)
{
    const struct verify_options *options = verify->options;
    enum verdict verdict;

    show_progress(verify, "checkpoints", 0, 0);
    verdict = checkpoints_fit(verify->db, &options->keys, &verify->report->checkpoints,
                              verify_misfit(verify), verify->error);
    if (verdict == VERDICT_FITS && options->kept)
        verdict = checkpoint_fits(verify->db, &options->keys, options->kept, verify_misfit(verify),
                                  verify->error);
    return verdict;
}

/* --- The tables ------------------------------------------------------------------------------- */

static enum verdict check_tables(struct verify *verify)
{
    enum verdict verdict = VERDICT_FITS;

    for (size_t i = 0; i < verify->count && verdict == VERDICT_FITS; i++) {
        show_progress(verify, verify->verifiers[i]->name, 0, 0);
        verdict = verify->verifiers[i]->compare(verify->states[i], verify);
    }
    return verdict;
}

/* Follows from the rest, and says so: all accounts together are nothing. */
static enum verdict check_sum(struct verify *verify)
{
    struct rows *rows =
        db_query(verify->db, "SELECT (SELECT COALESCE(SUM(balance), 0) FROM balances) +"
                             " (SELECT COALESCE(SUM(available + held - owed), 0) FROM wallets)");
    int64_t sum = rows_next(rows) ? rows_int(rows, 0) : 0;

    if (!rows_end(rows, verify->error))
        return VERDICT_FAILED;
    if (sum == 0)
        return VERDICT_FITS;
    struct check checks[] = {{"sum of all accounts", CHECK_POINTS, 0, sum}, {0}};
    return row_fits(verify_misfit(verify), (struct row_name){.table = "balances", .column = "all"},
                    checks)
               ? VERDICT_FITS
               : VERDICT_MISFIT;
}

/* --- A run ------------------------------------------------------------------------------------ */

static void add_verifiers(struct verify *verify, const struct verifier *const *verifiers)
{
    for (; verifiers && *verifiers; verifiers++) {
        ASSERT(verify->count < VERIFIERS_MOST);
        verify->states[verify->count] = (*verifiers)->begin ? (*verifiers)->begin() : NULL;
        verify->verifiers[verify->count++] = *verifiers;
    }
}

static enum verdict run(struct verify *verify)
{
    enum verdict verdict = check_chain(verify);

    if (verdict == VERDICT_FITS)
        verdict = check_checkpoints(verify);
    if (verdict == VERDICT_FITS)
        verdict = check_tables(verify);
    if (verdict == VERDICT_FITS)
        verdict = check_sum(verify);
    return verdict;
}

enum verdict ledger_verify(struct db *db, const struct verify_options *options,
                           struct verify_report *report, struct error *error)
{
    static const struct verifier *const own[] = {&verifier_wallets, &verifier_lots,
                                                 &verifier_balances, &verifier_proposals, NULL};
    struct verify verify = {.db = db, .options = options, .report = report, .error = error};
    enum verdict verdict = VERDICT_FAILED;

    *report = (struct verify_report){0};
    add_verifiers(&verify, own);
    add_verifiers(&verify, options->verifiers);
    if (db_begin_snapshot(db, error))
        verdict = run(&verify);
    db_rollback(db);
    for (size_t i = 0; i < verify.count; i++)
        if (verify.verifiers[i]->end)
            verify.verifiers[i]->end(verify.states[i]);
    return verdict;
}
