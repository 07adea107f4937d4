#include "ledger/checkpoint.h"

#include <string.h>

#define HEAD_SIZE (1 + 8 + HASH_SIZE)

/* --- Bytes ------------------------------------------------------------------------------------ */

static void pack_heads(struct buffer *out, const struct checkpoint *checkpoint)
{
    for (size_t i = 0; i < checkpoint->head_count; i++) {
        buffer_add_u8(out, checkpoint->heads[i].lane);
        buffer_add_u64(out, checkpoint->heads[i].height);
        buffer_add(out, checkpoint->heads[i].hash, HASH_SIZE);
    }
}

/* False, and no heads, when it is not what pack_heads writes. */
static bool unpack_heads(struct text packed, struct arena *arena, struct checkpoint *checkpoint)
{
    struct reader reader = reader_of(packed.data, packed.length);
    size_t count = packed.length / HEAD_SIZE;

    checkpoint->head_count = 0;
    if (packed.length % HEAD_SIZE != 0 || count > LANES_MOST)
        return false;
    checkpoint->heads = arena_take(arena, (count + 1) * sizeof(*checkpoint->heads));
    for (size_t i = 0; i < count; i++) {
        struct lane_head *head = &checkpoint->heads[i];

        head->lane = read_u8(&reader);
        head->height = read_u64(&reader);
        memcpy(head->hash, read_bytes(&reader, HASH_SIZE), HASH_SIZE);
    }
    checkpoint->head_count = count;
    return true;
}

void checkpoint_pack(struct buffer *out, const struct checkpoint *checkpoint)
{
    static const char magic[] = "linli-checkpoint-1"; /* with its NUL */

    ASSERT(checkpoint->head_count <= LANES_MOST);
    buffer_add(out, magic, sizeof(magic));
    buffer_add_u64(out, checkpoint->id);
    buffer_add_u64(out, (uint64_t)checkpoint->time_us);
    buffer_add_u16(out, (uint16_t)checkpoint->head_count);
    pack_heads(out, checkpoint);
}

void checkpoint_sign(struct checkpoint *checkpoint, const struct signer *signer, uint32_t key_id)
{
    struct buffer bytes = {0};

    checkpoint_pack(&bytes, checkpoint);
    signer_sign(signer, bytes.data, bytes.length, checkpoint->signature);
    checkpoint->key_id = key_id;
    buffer_free(&bytes);
}

bool checkpoint_is_signed(const struct checkpoint *checkpoint,
                          const uint8_t public_key[SIGN_PUBLIC_SIZE])
{
    struct buffer bytes = {0};

    checkpoint_pack(&bytes, checkpoint);
    bool valid = signature_valid(public_key, bytes.data, bytes.length, checkpoint->signature);
    buffer_free(&bytes);
    return valid;
}

const struct lane_head *checkpoint_head(const struct checkpoint *checkpoint, uint8_t lane)
{
    for (size_t i = 0; i < checkpoint->head_count; i++)
        if (checkpoint->heads[i].lane == lane)
            return &checkpoint->heads[i];
    return NULL;
}

/* --- Reading ---------------------------------------------------------------------------------- */

#define CHECKPOINT_COLUMNS "checkpoint_id, time_us, heads, key_id, signature"

static void read_checkpoint(struct rows *rows, struct arena *arena, struct checkpoint *checkpoint)
{
    *checkpoint = (struct checkpoint){
        .id = rows_id(rows, 0),
        .time_us = rows_int(rows, 1),
        .key_id = (uint32_t)rows_int(rows, 3),
    };
    if (!unpack_heads(rows_text(rows, 2), arena, checkpoint))
        checkpoint->heads = NULL; /* no signature will fit */
    rows_bytes(rows, 4, checkpoint->signature, SIGNATURE_SIZE);
}

static enum find found_of(struct rows *rows, struct arena *arena, struct checkpoint *checkpoint,
                          struct error *error)
{
    bool found = rows_next(rows);

    if (found)
        read_checkpoint(rows, arena, checkpoint);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

enum find checkpoint_find(struct db *db, uint64_t id, struct arena *arena,
                          struct checkpoint *checkpoint, struct error *error)
{
    struct rows *rows =
        id == 0
            ? db_query(db, "SELECT " CHECKPOINT_COLUMNS
                           " FROM checkpoints ORDER BY checkpoint_id DESC LIMIT 1")
            : db_query(db, "SELECT " CHECKPOINT_COLUMNS " FROM checkpoints WHERE checkpoint_id = ?",
                       DB_ID(id));

    return found_of(rows, arena, checkpoint, error);
}

bool checkpoint_list(struct db *db, uint64_t after, int64_t limit, struct arena *arena,
                     struct checkpoint **checkpoints, size_t *count, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT " CHECKPOINT_COLUMNS " FROM checkpoints WHERE checkpoint_id > ?"
                 " ORDER BY checkpoint_id LIMIT ?",
                 DB_ID(after), DB_INT(limit));

    *checkpoints = arena_take(arena, (size_t)limit * sizeof(**checkpoints));
    for (*count = 0; rows_next(rows); (*count)++)
        read_checkpoint(rows, arena, &(*checkpoints)[*count]);
    return rows_end(rows, error);
}

static bool covers(const struct checkpoint *checkpoint, uint8_t lane, uint64_t height)
{
    const struct lane_head *head = checkpoint_head(checkpoint, lane);

    return head && head->height >= height;
}

/* Heads only move on: what one covers, all after it cover. */
enum find checkpoint_find_covering(struct db *db, uint8_t lane, uint64_t height,
                                   struct arena *arena, struct checkpoint *checkpoint,
                                   struct error *error)
{
    enum find found = checkpoint_find(db, 0, arena, checkpoint, error);

    if (found != FIND_FOUND || !covers(checkpoint, lane, height))
        return found == FIND_FOUND ? FIND_NOTHING : found;
    for (uint64_t low = 1, high = checkpoint->id; low < high;) {
        struct checkpoint middle;
        uint64_t id = low + (high - low) / 2;

        found = checkpoint_find(db, id, arena, &middle, error);
        if (found != FIND_FOUND)
            return found;
        if (covers(&middle, lane, height)) {
            *checkpoint = middle;
            high = id;
        } else {
            low = id + 1;
        }
    }
    return FIND_FOUND;
}

/* --- Making ----------------------------------------------------------------------------------- */

static bool read_heads(struct db *db, struct arena *arena, struct checkpoint *checkpoint,
                       struct error *error)
{
    struct rows *rows = db_query(db, "SELECT lane, height, head_hash FROM lanes"
                                     " WHERE height > 0 AND lane > 0 ORDER BY lane");

    checkpoint->heads = arena_take(arena, LANES_MOST * sizeof(*checkpoint->heads));
    for (checkpoint->head_count = 0; rows_next(rows); checkpoint->head_count++) {
        struct lane_head *head = &checkpoint->heads[checkpoint->head_count];

        head->lane = (uint8_t)rows_int(rows, 0);
        head->height = rows_id(rows, 1);
        rows_bytes(rows, 2, head->hash, HASH_SIZE);
    }
    return rows_end(rows, error);
}

static bool same_heads(const struct checkpoint *a, const struct checkpoint *b)
{
    if (a->head_count != b->head_count)
        return false;
    for (size_t i = 0; i < a->head_count; i++)
        if (a->heads[i].lane != b->heads[i].lane || a->heads[i].height != b->heads[i].height)
            return false;
    return true;
}

/* False with *taken when another server has just made it. */
static bool insert(struct db *db, const struct checkpoint *checkpoint, bool *taken,
                   struct error *error)
{
    struct buffer heads = {0};

    pack_heads(&heads, checkpoint);
    bool made = db_run(db, error,
                       "INSERT INTO checkpoints (checkpoint_id, time_us, heads, key_id, signature)"
                       " VALUES (?, ?, ?, ?, ?)",
                       DB_ID(checkpoint->id), DB_INT(checkpoint->time_us),
                       DB_BYTES(heads.data, heads.length), DB_INT(checkpoint->key_id),
                       DB_BYTES(checkpoint->signature, SIGNATURE_SIZE)) == 1;
    *taken = !made && db_error_kind(db) == DB_DUPLICATE;
    buffer_free(&heads);
    return made;
}

/*
 * The heads are read before they are on disk for sure (InnoDB shows what is committed and not yet
 * flushed), but the INSERT's own commit flushes the log up to itself, and they stand before it.
 */
bool checkpoint_make(struct db *db, const struct signer *signer, uint32_t key_id, int64_t now_us,
                     struct arena *arena, struct checkpoint *made, bool *is_new,
                     struct error *error)
{
    struct checkpoint last = {0};
    bool taken = false;

    *is_new = false;
    if (checkpoint_find(db, 0, arena, &last, error) == FIND_FAILED)
        return false;
    *made = (struct checkpoint){.id = last.id + 1, .time_us = now_us};
    if (!read_heads(db, arena, made, error))
        return false;
    if (same_heads(&last, made))
        return true;
    checkpoint_sign(made, signer, key_id);
    *is_new = insert(db, made, &taken, error);
    return *is_new || taken;
}
