#include "ledger/receipt.h"

#include <string.h>

#include "ledger/proof_json.h"

/* --- Making ----------------------------------------------------------------------------------- */

static enum find find_block(struct db *db, uint64_t transfer_id, struct receipt *receipt,
                            struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT " BLOCK_COLUMNS " FROM blocks WHERE lane = ? AND height = ?",
                 DB_INT(TRANSFER_LANE(transfer_id)), DB_ID(TRANSFER_HEIGHT(transfer_id)));
    bool found = rows_next(rows);

    if (found)
        block_read(rows, &receipt->block);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

/* Reads the whole block: its other leaves make the path. */
static bool read_leaves(struct db *db, uint64_t transfer_id, struct arena *arena,
                        struct receipt *receipt, uint8_t (*leaves)[HASH_SIZE], size_t *count,
                        struct error *error)
{
    uint8_t lane = TRANSFER_LANE(transfer_id);
    uint64_t height = TRANSFER_HEIGHT(transfer_id);
    struct rows *rows =
        db_query(db,
                 "SELECT " TRANSFER_COLUMNS " FROM transfers WHERE transfer_id BETWEEN ? AND ?"
                 " ORDER BY transfer_id",
                 DB_ID(TRANSFER_ID(lane, height, 0)), DB_ID(TRANSFER_ID(lane, height, UINT16_MAX)));

    for (*count = 0; rows_next(rows) && *count < receipt->block.block.transfers; (*count)++) {
        struct transfer transfer;

        transfer_read(rows, &transfer, NULL);
        transfer_leaf(&transfer, leaves[*count]);
        if (transfer.id != transfer_id)
            continue;
        receipt->transfer = transfer;
        receipt->transfer.detail.data =
            arena_copy(arena, transfer.detail.data, transfer.detail.length);
    }
    return rows_end(rows, error);
}

static enum find find_path(struct db *db, uint64_t transfer_id, struct arena *arena,
                           struct receipt *receipt, struct error *error)
{
    size_t index = TRANSFER_INDEX(transfer_id), count;
    uint8_t(*leaves)[HASH_SIZE] =
        arena_take(arena, ((size_t)receipt->block.block.transfers + 1) * sizeof(*leaves));

    if (!read_leaves(db, transfer_id, arena, receipt, leaves, &count, error))
        return FIND_FAILED;
    if (receipt->transfer.id != transfer_id || index >= count)
        return FIND_NOTHING;
    receipt->path_length =
        merkle_path((const uint8_t(*)[HASH_SIZE])leaves, count, index, receipt->path);
    return FIND_FOUND;
}

static bool read_headers(struct db *db, uint64_t head, struct arena *arena, struct receipt *receipt,
                         struct error *error)
{
    const struct block *block = &receipt->block.block;
    uint64_t count = head - block->height;
    struct rows *rows = db_query(db,
                                 "SELECT root, transfers, time_us FROM blocks"
                                 " WHERE lane = ? AND height > ? AND height <= ? ORDER BY height",
                                 DB_INT(block->lane), DB_ID(block->height), DB_ID(head));

    receipt->headers = arena_take(arena, (count + 1) * sizeof(*receipt->headers));
    for (; rows_next(rows) && receipt->header_count < count; receipt->header_count++) {
        struct compact_header *header = &receipt->headers[receipt->header_count];

        rows_bytes(rows, 0, header->root, HASH_SIZE);
        header->transfers = (uint16_t)rows_int(rows, 1);
        header->time_us = rows_int(rows, 2);
    }
    return rows_end(rows, error);
}

/* A transfer of this minute is in no checkpoint yet: the block's signature must do until then. */
static bool add_checkpoint(struct db *db, const struct chain_keys *keys, struct arena *arena,
                           struct receipt *receipt, struct error *error)
{
    const struct block *block = &receipt->block.block;
    enum find found = checkpoint_find_covering(db, block->lane, block->height, arena,
                                               &receipt->checkpoint, error);

    if (found != FIND_FOUND)
        return found == FIND_NOTHING;
    uint64_t head = checkpoint_head(&receipt->checkpoint, block->lane)->height;
    if (head - block->height > RECEIPT_HEADERS_MOST)
        return true;
    if (!keys->find(keys->context, receipt->checkpoint.key_id, receipt->checkpoint_key))
        return error_set(error, "ledger.key", "checkpoint %llu names a key that is not there",
                         (unsigned long long)receipt->checkpoint.id);
    receipt->has_checkpoint = true;
    return read_headers(db, head, arena, receipt, error);
}

enum find receipt_make(struct db *db, const struct chain_keys *keys, uint64_t transfer_id,
                       struct arena *arena, struct receipt *receipt, struct error *error)
{
    *receipt = (struct receipt){0};
    enum find found = find_block(db, transfer_id, receipt, error);
    if (found == FIND_FOUND)
        found = find_path(db, transfer_id, arena, receipt, error);
    if (found != FIND_FOUND)
        return found;
    if (!keys->find(keys->context, receipt->block.key_id, receipt->block_key)) {
        error_set(error, "ledger.key", "block names key %u, which is not there",
                  receipt->block.key_id);
        return FIND_FAILED;
    }
    return add_checkpoint(db, keys, arena, receipt, error) ? FIND_FOUND : FIND_FAILED;
}

/* --- Checking --------------------------------------------------------------------------------- */

static bool refuse(struct error *error, const char *why)
{
    return error_set(error, "receipt.bad", "%s", why);
}

static bool check_block(const struct receipt *receipt, struct error *error)
{
    const struct block *block = &receipt->block.block;
    uint64_t id = receipt->transfer.id;
    uint8_t leaf[HASH_SIZE];
    struct buffer header = {0};

    if (TRANSFER_LANE(id) != block->lane || TRANSFER_HEIGHT(id) != block->height)
        return refuse(error, "the transfer is of another block");
    transfer_leaf(&receipt->transfer, leaf);
    if (!merkle_path_valid(leaf, block->transfers, TRANSFER_INDEX(id),
                           (const uint8_t(*)[HASH_SIZE])receipt->path, receipt->path_length,
                           block->root))
        return refuse(error, "the path does not lead from the transfer to the block's root");
    block_pack(&header, block);
    bool is_signed =
        signature_valid(receipt->block_key, header.data, header.length, receipt->block.signature);
    buffer_free(&header);
    return is_signed || refuse(error, "the block's signature is not of its header");
}

/* The headers are compact: each one's previous hash is computed from the one before. Gives the
 * hash of the block at `height`, false when they do not reach it. */
static bool walk_headers(const struct receipt *receipt, uint64_t height, uint8_t hash[HASH_SIZE])
{
    struct block block = receipt->block.block;

    if (height < block.height || height - block.height > receipt->header_count)
        return false;
    block_hash(&block, hash);
    for (size_t i = 0; block.height < height; i++) {
        memcpy(block.previous, hash, HASH_SIZE);
        memcpy(block.root, receipt->headers[i].root, HASH_SIZE);
        block.height++;
        block.transfers = receipt->headers[i].transfers;
        block.time_us = receipt->headers[i].time_us;
        block_hash(&block, hash);
    }
    return true;
}

static bool leads_to(const struct receipt *receipt, const struct checkpoint *checkpoint)
{
    const struct lane_head *head = checkpoint_head(checkpoint, receipt->block.block.lane);
    uint8_t hash[HASH_SIZE];

    return head && walk_headers(receipt, head->height, hash) &&
           memcmp(hash, head->hash, HASH_SIZE) == 0;
}

static bool check_checkpoint(const struct receipt *receipt, struct error *error)
{
    const struct lane_head *head;

    if (!receipt->has_checkpoint)
        return receipt->header_count == 0 || refuse(error, "headers that lead to no checkpoint");
    if (!checkpoint_is_signed(&receipt->checkpoint, receipt->checkpoint_key))
        return refuse(error, "the checkpoint's signature is not of its heads");
    head = checkpoint_head(&receipt->checkpoint, receipt->block.block.lane);
    if (!head || head->height - receipt->block.block.height != receipt->header_count ||
        !leads_to(receipt, &receipt->checkpoint))
        return refuse(error, "the headers do not lead from the block to the checkpoint");
    return true;
}

static bool check_trust(const struct receipt *receipt, const struct receipt_trust *trust,
                        struct error *error)
{
    const uint8_t *key = receipt->has_checkpoint ? receipt->checkpoint_key : receipt->block_key;
    bool same_key = memcmp(receipt->block_key, receipt->checkpoint_key, SIGN_PUBLIC_SIZE) == 0;

    if (receipt->has_checkpoint &&
        same_key != (receipt->block.key_id == receipt->checkpoint.key_id))
        return refuse(error, "its keys and their numbers do not go together");
    if (trust->public_key && memcmp(key, trust->public_key, SIGN_PUBLIC_SIZE) != 0)
        return refuse(error, "it is signed with another key than the one that you trust");
    if (trust->kept && !receipt->has_checkpoint)
        return refuse(error, "it is in no checkpoint yet: ask for it again in a minute");
    if (trust->kept && !leads_to(receipt, trust->kept))
        return refuse(error, "its headers do not meet the checkpoint that you kept");
    return true;
}

/* What is written again from what was read must be the same: so nothing is left unchecked. */
static bool says_no_more(const json_t *json, const struct receipt *receipt)
{
    json_t *again = receipt_json(receipt);
    bool same = json_equal(json, again);

    json_decref(again);
    return same;
}

bool receipt_verify(const json_t *json, const struct receipt_trust *trust, struct arena *arena,
                    struct receipt *receipt, enum receipt_proof *proof, struct error *error)
{
    if (!receipt_from_json(json, arena, receipt, error))
        return false;
    if (!says_no_more(json, receipt))
        return refuse(error, "it says something that its proof does not");
    if (!check_block(receipt, error) || !check_checkpoint(receipt, error) ||
        !check_trust(receipt, trust, error))
        return false;
    *proof = receipt->has_checkpoint ? RECEIPT_IN_CHECKPOINT : RECEIPT_SIGNED;
    return true;
}
