#include "ledger/chain_walk.h"

#include <stdlib.h>
#include <string.h>

#define SLICE       1000 /* blocks */
#define HEIGHT_MOST ((UINT64_C(1) << 40) - 1)

struct chain_walk {
    struct db *db;
    struct chain_keys keys;
    struct chain_reader reader;
    uint32_t key_id; /* of the public key found last; 0: none */
    uint8_t public_key[SIGN_PUBLIC_SIZE];
    uint64_t blocks, transfers;

    /* The lane at hand. */
    struct lane_head *head; /* the last block that fits: the caller's, or `own` */
    struct lane_head own;
    uint64_t until; /* where the lane is said to end */
    bool whole;     /* nothing may stand behind it */
    struct misfit *misfit;

    struct stored_block slice[SLICE];
    size_t count;
    bool row_waits; /* the stream's current row is not yet taken */

    /* The block at hand. */
    struct arena *arena;
    struct transfer *read;
    size_t capacity;
    uint8_t leaves[UINT16_MAX][HASH_SIZE];
};

struct chain_walk *chain_walk_new(struct db *db, const struct chain_keys *keys,
                                  const struct chain_reader *reader)
{
    struct chain_walk *walk = memory_new(sizeof(*walk));

    walk->db = db;
    walk->keys = *keys;
    if (reader)
        walk->reader = *reader;
    walk->arena = arena_new();
    return walk;
}

void chain_walk_free(struct chain_walk *walk)
{
    if (!walk)
        return;
    arena_free(walk->arena);
    free(walk->read);
    free(walk);
}

uint64_t chain_walk_blocks(const struct chain_walk *walk)
{
    return walk->blocks;
}

uint64_t chain_walk_transfers(const struct chain_walk *walk)
{
    return walk->transfers;
}

static struct row_name block_name(uint8_t lane, uint64_t height)
{
    return (struct row_name){
        .table = "blocks", .column = "lane", .column2 = "height", .key = lane, .key2 = height};
}

static struct row_name transfer_name(uint64_t id)
{
    return (struct row_name){.table = "transfers", .column = "transfer_id", .key = id};
}

/* --- Rows ------------------------------------------------------------------------------------- */

void transfer_read(struct rows *rows, struct transfer *transfer, uint8_t *seal)
{
    *transfer = (struct transfer){
        .id = rows_id(rows, 0),
        .kind = (enum transfer_kind)rows_int(rows, 1),
        .from = rows_id(rows, 2),
        .to = rows_id(rows, 3),
        .points = rows_int(rows, 4),
        .member_id = rows_id(rows, 5),
        .ref = rows_id(rows, 6),
        .subject = rows_id(rows, 7),
        .pieces = (int32_t)rows_int(rows, 8),
        .actor = rows_id(rows, 9),
        .detail = rows_text(rows, 10),
    };
    if (seal)
        rows_bytes(rows, 11, seal, TRANSFER_SEAL_SIZE);
}

void block_read(struct rows *rows, struct stored_block *stored)
{
    stored->block.lane = (uint8_t)rows_int(rows, 0);
    stored->block.height = rows_id(rows, 1);
    rows_bytes(rows, 2, stored->block.previous, HASH_SIZE);
    rows_bytes(rows, 3, stored->block.root, HASH_SIZE);
    stored->block.transfers = (uint16_t)rows_int(rows, 4);
    stored->block.time_us = rows_int(rows, 5);
    stored->key_id = (uint32_t)rows_int(rows, 6);
    rows_bytes(rows, 7, stored->signature, SIGNATURE_SIZE);
}

/* At the very beginning height 0 too, which must not be there. */
static bool read_slice(struct chain_walk *walk, struct error *error)
{
    uint64_t from = walk->head->height == 0 ? 0 : walk->head->height + 1;
    struct rows *rows = db_query(
        walk->db,
        "SELECT " BLOCK_COLUMNS " FROM blocks WHERE lane = ? AND height BETWEEN ? AND ?"
        " ORDER BY height LIMIT 1000",
        DB_INT(walk->head->lane), DB_ID(from), DB_ID(walk->whole ? UINT64_MAX : walk->until));

    for (walk->count = 0; rows_next(rows) && walk->count < SLICE; walk->count++)
        block_read(rows, &walk->slice[walk->count]);
    return rows_end(rows, error);
}

/* The transfers of the slice; behind the last block of a whole lane, all that is left. */
static struct rows *stream_transfers(struct chain_walk *walk)
{
    uint64_t first = walk->head->height == 0 ? 0 : walk->head->height + 1;
    uint64_t last = walk->count > 0 ? walk->slice[walk->count - 1].block.height : walk->until;
    uint8_t lane = walk->head->lane;

    if (last > HEIGHT_MOST || (walk->whole && walk->count < SLICE))
        last = HEIGHT_MOST;
    walk->row_waits = false;
    return db_stream(walk->db,
                     "SELECT " TRANSFER_COLUMNS
                     " FROM transfers WHERE transfer_id BETWEEN ? AND ? ORDER BY transfer_id",
                     DB_ID(TRANSFER_ID(lane, first, 0)),
                     DB_ID(TRANSFER_ID(lane, last, UINT16_MAX)));
}

/* Whether there is a row that nobody has taken yet. */
static bool row_waits(struct chain_walk *walk, struct rows *rows)
{
    if (!walk->row_waits)
        walk->row_waits = rows_next(rows);
    return walk->row_waits;
}

/* --- A block's header ------------------------------------------------------------------------- */

static bool find_key(struct chain_walk *walk, uint32_t key_id)
{
    if (walk->key_id == key_id && key_id != 0)
        return true;
    walk->key_id = 0;
    if (!walk->keys.find(walk->keys.context, key_id, walk->public_key))
        return false;
    walk->key_id = key_id;
    return true;
}

static bool is_signed(struct chain_walk *walk, const struct stored_block *stored)
{
    struct buffer header = {0};

    if (!find_key(walk, stored->key_id))
        return false;
    block_pack(&header, &stored->block);
    bool valid = signature_valid(walk->public_key, header.data, header.length, stored->signature);
    buffer_free(&header);
    return valid;
}

static bool check_header(struct chain_walk *walk, const struct stored_block *stored)
{
    const struct block *block = &stored->block;
    uint64_t due = walk->head->height + 1;

    if (block->height > due && due <= walk->until)
        return row_is_missing(walk->misfit, block_name(block->lane, due));
    if (block->height != due)
        return row_is_too_much(walk->misfit, block_name(block->lane, block->height));
    if (!is_signed(walk, stored))
        return row_differs(walk->misfit, block_name(block->lane, block->height),
                           "signed by a key of the chain", "a signature that is not of this row");
    return bytes_fit(walk->misfit, block_name(block->lane, block->height), "previous_hash",
                     walk->head->hash, block->previous, HASH_SIZE);
}

/* --- A block's transfers ---------------------------------------------------------------------- */

static struct transfer *next_transfer(struct chain_walk *walk, size_t count)
{
    if (count == walk->capacity) {
        walk->capacity = walk->capacity ? walk->capacity * 2 : 256;
        walk->read = memory_resize(walk->read, walk->capacity, sizeof(*walk->read));
    }
    return &walk->read[count];
}

/* Takes the current row as the transfer `index` of the block. */
static bool take_transfer(struct chain_walk *walk, struct rows *rows, size_t index)
{
    struct transfer *transfer = next_transfer(walk, index);
    uint8_t seal[TRANSFER_SEAL_SIZE];

    transfer_read(rows, transfer, seal);
    transfer_leaf(transfer, walk->leaves[index]);
    transfer->detail.data = arena_copy(walk->arena, transfer->detail.data, transfer->detail.length);
    walk->row_waits = false;
    if (memcmp(seal, walk->leaves[index], TRANSFER_SEAL_SIZE) == 0)
        return true;
    return row_differs(walk->misfit, transfer_name(transfer->id), "the values that were sealed",
                       "a seal that is not of this row");
}

static bool take_transfers(struct chain_walk *walk, struct rows *rows, const struct block *block)
{
    size_t count = 0;

    arena_reset(walk->arena);
    for (; row_waits(walk, rows); count++) {
        uint64_t id = rows_id(rows, 0), due = TRANSFER_ID(block->lane, block->height, count);

        if (id > TRANSFER_ID(block->lane, block->height, UINT16_MAX))
            break;
        if (id > due && count < block->transfers)
            return row_is_missing(walk->misfit, transfer_name(due));
        if (id != due || count == block->transfers)
            return row_is_too_much(walk->misfit, transfer_name(id));
        if (!take_transfer(walk, rows, count))
            return false;
    }
    if (count < block->transfers)
        return row_is_missing(walk->misfit,
                              transfer_name(TRANSFER_ID(block->lane, block->height, count)));
    return true;
}

/* Every row fits its own seal: the root says whether they are the rows that were signed. */
static bool check_root(struct chain_walk *walk, const struct block *block)
{
    uint8_t root[HASH_SIZE];

    merkle_root(walk->leaves, block->transfers, root);
    return bytes_fit(walk->misfit, block_name(block->lane, block->height), "root of its transfers",
                     block->root, root, HASH_SIZE);
}

static bool hand_over(struct chain_walk *walk, const struct block *block)
{
    for (size_t i = 0; walk->reader.transfer && i < block->transfers; i++)
        if (!walk->reader.transfer(walk->reader.context, block, &walk->read[i], walk->misfit))
            return false;
    return true;
}

static bool check_block(struct chain_walk *walk, struct rows *rows,
                        const struct stored_block *stored)
{
    const struct block *block = &stored->block;

    if (!check_header(walk, stored) || !take_transfers(walk, rows, block) ||
        !check_root(walk, block) || !hand_over(walk, block))
        return false;
    walk->head->height = block->height;
    block_hash(block, walk->head->hash);
    walk->blocks++;
    walk->transfers += block->transfers;
    return true;
}

/* --- A lane ----------------------------------------------------------------------------------- */

/* A transfer behind the last block: either its block is gone, or it was added. */
static bool check_rest(struct chain_walk *walk, struct rows *rows)
{
    uint8_t lane = walk->head->lane;

    if (!row_waits(walk, rows))
        return true;
    uint64_t id = rows_id(rows, 0), due = walk->head->height + 1;
    if (TRANSFER_HEIGHT(id) >= due && due <= walk->until)
        return row_is_missing(walk->misfit, block_name(lane, due));
    return row_is_too_much(walk->misfit, transfer_name(id));
}

static enum verdict check_slice(struct chain_walk *walk, struct error *error)
{
    struct rows *rows = stream_transfers(walk);
    bool fits = true;

    for (size_t i = 0; i < walk->count && fits; i++)
        fits = check_block(walk, rows, &walk->slice[i]);
    if (fits && walk->count < SLICE)
        fits = check_rest(walk, rows);
    if (!rows_end(rows, error)) /* rows that never came look missing: this comes first */
        return VERDICT_FAILED;
    return fits ? VERDICT_FITS : VERDICT_MISFIT;
}

static enum verdict walk_on(struct chain_walk *walk, struct misfit *misfit, struct error *error)
{
    enum verdict verdict = VERDICT_FITS;

    walk->misfit = misfit;
    walk->count = SLICE;
    while (verdict == VERDICT_FITS && walk->count == SLICE) {
        if (!read_slice(walk, error))
            return VERDICT_FAILED;
        verdict = check_slice(walk, error);
        if (walk->reader.progress)
            walk->reader.progress(walk->reader.context, walk->blocks, walk->transfers);
    }
    return verdict;
}

enum verdict chain_walk_to(struct chain_walk *walk, struct lane_head *head, uint64_t until,
                           struct misfit *misfit, struct error *error)
{
    walk->head = head;
    walk->until = until;
    walk->whole = false;
    enum verdict verdict = walk_on(walk, misfit, error);
    if (verdict == VERDICT_FITS && head->height < until) {
        row_is_missing(misfit, block_name(head->lane, head->height + 1));
        return VERDICT_MISFIT;
    }
    return verdict;
}

enum verdict chain_walk_lane(struct chain_walk *walk, const struct lane_head *stored,
                             struct misfit *misfit, struct error *error)
{
    const struct lane_head *head = &walk->own;
    struct row_name name = {.table = "lanes", .column = "lane", .key = stored->lane};

    walk->own = (struct lane_head){.lane = stored->lane};
    walk->head = &walk->own;
    walk->until = stored->height;
    walk->whole = true;
    enum verdict verdict = walk_on(walk, misfit, error);
    if (verdict != VERDICT_FITS)
        return verdict;
    struct check checks[] = {
        {"height", CHECK_NUMBER, (int64_t)head->height, (int64_t)stored->height},
        {0},
    };
    return row_fits(misfit, name, checks) &&
                   bytes_fit(misfit, name, "head_hash", head->hash, stored->hash, HASH_SIZE)
               ? VERDICT_FITS
               : VERDICT_MISFIT;
}
