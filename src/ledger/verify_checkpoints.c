#include "ledger/verify_checkpoints.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SLICE 1000

struct check_run {
    struct db *db;
    const struct chain_keys *keys;
    struct lane_head seen[LANES_MOST + 1]; /* by lane: found in the chain last */
    struct misfit *misfit;
    struct error *error;
};

static struct row_name name_of(uint64_t id)
{
    return (struct row_name){.table = "checkpoints", .column = "checkpoint_id", .key = id};
}

static bool is_signed(const struct check_run *run, const struct checkpoint *checkpoint)
{
    uint8_t public_key[SIGN_PUBLIC_SIZE];

    return run->keys->find(run->keys->context, checkpoint->key_id, public_key) &&
           checkpoint_is_signed(checkpoint, public_key);
}

/* The hash of a block is what the next one, or the lane's row, calls its predecessor. */
static enum find find_hash(const struct check_run *run, const struct lane_head *head,
                           uint8_t hash[HASH_SIZE])
{
    struct rows *rows = db_query(run->db,
                                 "SELECT previous_hash FROM blocks WHERE lane = ? AND height = ?"
                                 " UNION ALL"
                                 " SELECT head_hash FROM lanes WHERE lane = ? AND height = ?",
                                 DB_INT(head->lane), DB_ID(head->height + 1), DB_INT(head->lane),
                                 DB_ID(head->height));
    bool found = rows_next(rows);

    if (found)
        rows_bytes(rows, 0, hash, HASH_SIZE);
    if (!rows_end(rows, run->error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

/* Most lanes stand still from one checkpoint to the next: those are known. */
static enum verdict head_fits(struct check_run *run, const struct lane_head *head)
{
    struct row_name block = {.table = "blocks",
                             .column = "lane",
                             .column2 = "height",
                             .key = head->lane,
                             .key2 = head->height};
    struct lane_head *seen = &run->seen[head->lane];
    uint8_t hash[HASH_SIZE];

    if (seen->height == head->height && memcmp(seen->hash, head->hash, HASH_SIZE) == 0)
        return VERDICT_FITS;
    enum find found = find_hash(run, head, hash);
    if (found == FIND_FAILED)
        return VERDICT_FAILED;
    if (found == FIND_NOTHING)
        row_is_missing(run->misfit, block);
    else if (bytes_fit(run->misfit, block, "hash in a checkpoint", head->hash, hash, HASH_SIZE)) {
        *seen = *head;
        return VERDICT_FITS;
    }
    return VERDICT_MISFIT;
}

static enum verdict heads_fit(struct check_run *run, const struct checkpoint *checkpoint)
{
    enum verdict verdict = VERDICT_FITS;

    for (size_t i = 0; i < checkpoint->head_count && verdict == VERDICT_FITS; i++)
        verdict = head_fits(run, &checkpoint->heads[i]);
    return verdict;
}

static bool never_goes_back(struct check_run *run, const struct checkpoint *checkpoint)
{
    for (size_t lane = 1; lane <= LANES_MOST; lane++) {
        const struct lane_head *head = checkpoint_head(checkpoint, (uint8_t)lane);
        uint64_t height = head ? head->height : 0;
        char expected[48], found[48];

        if (height >= run->seen[lane].height)
            continue;
        snprintf(expected, sizeof(expected), "lane %zu from height %" PRIu64, lane,
                 run->seen[lane].height);
        snprintf(found, sizeof(found), "height %" PRIu64, height);
        return row_differs(run->misfit, name_of(checkpoint->id), expected, found);
    }
    return true;
}

static enum verdict row_verdict(struct check_run *run, const struct checkpoint *checkpoint,
                                uint64_t due)
{
    if (checkpoint->id == 0)
        row_is_too_much(run->misfit, name_of(0));
    else if (checkpoint->id != due)
        row_is_missing(run->misfit, name_of(due));
    else if (!is_signed(run, checkpoint))
        row_differs(run->misfit, name_of(due), "signed by a key of the chain",
                    "a signature that is not of this row");
    else if (never_goes_back(run, checkpoint))
        return heads_fit(run, checkpoint);
    return VERDICT_MISFIT;
}

/* `after` moves to the last of the slice. */
static enum verdict check_slice(struct check_run *run, uint64_t *after, bool *more)
{
    struct arena *arena = arena_new();
    enum verdict verdict = VERDICT_FITS;
    struct checkpoint *checkpoints;
    size_t count = 0;

    if (!checkpoint_list(run->db, *after, SLICE, arena, &checkpoints, &count, run->error))
        verdict = VERDICT_FAILED;
    for (size_t i = 0; i < count && verdict == VERDICT_FITS; i++)
        verdict = row_verdict(run, &checkpoints[i], ++*after);
    *more = count == SLICE;
    arena_free(arena);
    return verdict;
}

/* checkpoint_list begins above 0. */
static enum verdict check_none_before(const struct check_run *run)
{
    struct rows *rows = db_query(run->db, "SELECT 1 FROM checkpoints WHERE checkpoint_id = 0");
    bool found = rows_next(rows);

    if (!rows_end(rows, run->error))
        return VERDICT_FAILED;
    if (found)
        row_is_too_much(run->misfit, name_of(0));
    return found ? VERDICT_MISFIT : VERDICT_FITS;
}

enum verdict checkpoints_fit(struct db *db, const struct chain_keys *keys, uint64_t *count,
                             struct misfit *misfit, struct error *error)
{
    struct check_run run = {.db = db, .keys = keys, .misfit = misfit, .error = error};
    enum verdict verdict = check_none_before(&run);
    bool more = true;

    for (*count = 0; more && verdict == VERDICT_FITS;)
        verdict = check_slice(&run, count, &more);
    return verdict;
}

enum verdict checkpoint_fits(struct db *db, const struct chain_keys *keys,
                             const struct checkpoint *kept, struct misfit *misfit,
                             struct error *error)
{
    struct check_run run = {.db = db, .keys = keys, .misfit = misfit, .error = error};

    if (is_signed(&run, kept))
        return heads_fit(&run, kept);
    row_differs(misfit, name_of(kept->id), "the one that was kept, signed by a key of this chain",
                "a signature of another");
    return VERDICT_MISFIT;
}
