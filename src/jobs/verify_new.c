/*
 * The chain of what is new since the last run, verified by every server, once a minute. It begins
 * at the latest checkpoint (the whole history: `linli ledger verify`); what it has seen must not
 * get shorter either. Where it finds something it stays, and says so every minute.
 */
#include <string.h>

#include "base/log.h"
#include "jobs/jobs.h"
#include "ledger/checkpoint.h"

#define SLICE 1000 /* blocks between two looks whether to stop */

enum { MISFITS, BLOCKS };

struct metric verify_metrics[] = {
    [MISFITS] = {.name = "linli_ledger_misfit",
                 .help = "1 while the last look at the chain found something wrong with it",
                 .type = METRIC_GAUGE},
    [BLOCKS] = {.name = "linli_ledger_verified_blocks_total",
                .help = "Blocks verified as they came",
                .type = METRIC_COUNTER},
};
const size_t verify_metrics_count = ARRAY_LENGTH(verify_metrics);

/* How far each lane is known to be good: the keeper's one thread's. */
static struct lane_head seen[LANES_MOST + 1];
static bool begun;

static bool begin(struct job_context *context, const struct chain_keys *keys, struct error *error)
{
    uint8_t public_key[SIGN_PUBLIC_SIZE];
    struct checkpoint checkpoint;

    if (begun)
        return true;
    enum find found = checkpoint_find(context->db, 0, context->arena, &checkpoint, error);
    if (found == FIND_FAILED)
        return false;
    for (size_t lane = 0; lane <= LANES_MOST; lane++)
        seen[lane] = (struct lane_head){.lane = (uint8_t)lane};
    if (found == FIND_FOUND && keys->find(keys->context, checkpoint.key_id, public_key) &&
        checkpoint_is_signed(&checkpoint, public_key))
        for (size_t i = 0; i < checkpoint.head_count; i++)
            seen[checkpoint.heads[i].lane] = checkpoint.heads[i];
    begun = true;
    return true;
}

static struct row_name lane_name(uint8_t lane)
{
    return (struct row_name){.table = "lanes", .column = "lane", .key = lane};
}

/* Whether the lane's row names the block that we have come to. */
static bool head_fits(const struct lane_head *head, const struct lane_head *good,
                      struct misfit *misfit)
{
    struct check checks[] = {{"height", CHECK_NUMBER, (int64_t)good->height, (int64_t)head->height},
                             {0}};

    return row_fits(misfit, lane_name(head->lane), checks) &&
           bytes_fit(misfit, lane_name(head->lane), "head_hash", good->hash, head->hash, HASH_SIZE);
}

static enum verdict walk_lane(struct job_context *context, struct chain_walk *walk,
                              const struct lane_head *head, struct misfit *misfit,
                              struct error *error)
{
    struct lane_head *good = &seen[head->lane];

    while (good->height < head->height) {
        uint64_t left = head->height - good->height;
        enum verdict verdict =
            chain_walk_to(walk, good, good->height + (left < SLICE ? left : SLICE), misfit, error);

        if (verdict != VERDICT_FITS || *context->stopping)
            return verdict;
    }
    return head_fits(head, good, misfit) ? VERDICT_FITS : VERDICT_MISFIT;
}

static bool read_heads(struct job_context *context, struct lane_head heads[LANES_MOST + 1],
                       struct error *error)
{
    struct rows *rows = db_query(context->db, "SELECT lane, height, head_hash FROM lanes");

    while (rows_next(rows)) {
        struct lane_head *head = &heads[(uint8_t)rows_int(rows, 0)];

        head->height = rows_id(rows, 1);
        rows_bytes(rows, 2, head->hash, HASH_SIZE);
    }
    return rows_end(rows, error);
}

static enum verdict walk_new(struct job_context *context, struct chain_walk *walk,
                             struct misfit *misfit, struct error *error)
{
    struct lane_head *heads = arena_take(context->arena, (LANES_MOST + 1) * sizeof(*heads));
    enum verdict verdict = VERDICT_FITS;

    if (!read_heads(context, heads, error))
        return VERDICT_FAILED;
    for (size_t lane = 1; lane <= LANES_MOST && verdict == VERDICT_FITS; lane++) {
        heads[lane].lane = (uint8_t)lane;
        verdict = walk_lane(context, walk, &heads[lane], misfit, error);
    }
    return verdict;
}

static void alarm_of(const struct misfit *misfit)
{
    LOG(ERROR, "ledger.misfit", LOG_STR("table", misfit->table), LOG_STR("key", misfit->key),
        LOG_STR("expected", misfit->expected), LOG_STR("found", misfit->found));
}

bool verify_new_blocks(struct job_context *context, struct error *error)
{
    struct chain_keys keys = chain_keys_of(context->keyring);
    struct misfit misfit;

    if (!begin(context, &keys, error))
        return false;
    struct chain_walk *walk = chain_walk_new(context->db, &keys, NULL);
    enum verdict verdict = walk_new(context, walk, &misfit, error);
    metric_add(&verify_metrics[BLOCKS], (int64_t)chain_walk_blocks(walk));
    chain_walk_free(walk);
    if (verdict == VERDICT_MISFIT)
        alarm_of(&misfit);
    if (verdict != VERDICT_FAILED)
        metric_set(&verify_metrics[MISFITS], verdict == VERDICT_MISFIT);
    return verdict != VERDICT_FAILED;
}
