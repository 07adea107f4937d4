#include "ledger/proof_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_fields.h"
#include "ledger/transfer_id.h"

#define CHECKPOINT_FORMAT "linli-checkpoint-1"
#define RECEIPT_FORMAT    "linli-receipt-1"
#define LEAF_MOST         (8 + 1 + 4 * 8 + 3 * 8 + 4 + 2 + UINT16_MAX)
#define HEX_SIZE          (2 * SIGNATURE_SIZE)

json_t *json_hex(const uint8_t *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    char text[HEX_SIZE];

    ASSERT(2 * length <= sizeof(text));
    for (size_t i = 0; i < length; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    return json_stringn(text, 2 * length);
}

static json_t *json_bytes(const struct buffer *bytes)
{
    struct arena *arena = arena_new();
    json_t *value = json_string(hex_encode(arena, bytes->data, bytes->length));

    arena_free(arena);
    return value;
}

/* --- Reading objects -------------------------------------------------------------------------- */

static bool refuse(struct error *error, const char *what)
{
    return error_set(error, "proof.unreadable", "it cannot be read: %s", what);
}

/* Reads `json` by a table; `where` says in the error what it is. */
static bool read_object(const json_t *json, const struct json_field *table, struct arena *arena,
                        void *out, const char *where, struct error *error)
{
    struct json_fault fault;

    if (json_fields_read(table, json, arena, out, &fault))
        return true;
    return error_set(error, "proof.unreadable", "it cannot be read: %s%s is %s", where,
                     fault.pointer, fault.code);
}

#define HEX_FIELD(name, input, member, bytes)                                                      \
    {                                                                                              \
        name, JSON_TEXT, REQUIRED, offsetof(input, member), 2 * (bytes), 2 * (bytes)               \
    }

static bool read_hex(struct text text, void *out, size_t length, struct error *error)
{
    return hex_decode(text, out, length) || refuse(error, "what should be hexadecimal is not");
}

static bool has_format(struct text format, const char *wanted)
{
    return format.length == strlen(wanted) && memcmp(format.data, wanted, format.length) == 0;
}

/* --- Checkpoints ------------------------------------------------------------------------------ */

struct head_input {
    int64_t lane, height;
    struct text hash;
};

static const struct json_field head_fields[] = {
    {"lane", JSON_INT, REQUIRED, offsetof(struct head_input, lane), 1, LANES_MOST},
    {"height", JSON_INT, REQUIRED, offsetof(struct head_input, height), .min = 1},
    HEX_FIELD("hash", struct head_input, hash, HASH_SIZE),
    {0},
};

struct checkpoint_input {
    struct text format, public_key, signature;
    uint64_t id;
    int64_t time_us, key_id;
    struct json_list heads;
};

static const struct json_field checkpoint_fields[] = {
    {"format", JSON_TEXT, REQUIRED, offsetof(struct checkpoint_input, format)},
    {"id", JSON_ID, REQUIRED, offsetof(struct checkpoint_input, id)},
    {"time_us", JSON_INT, REQUIRED, offsetof(struct checkpoint_input, time_us)},
    {"heads", JSON_OBJECTS, REQUIRED, offsetof(struct checkpoint_input, heads), 1, LANES_MOST,
     .table = head_fields, .size = sizeof(struct head_input)},
    {"key_id", JSON_INT, REQUIRED, offsetof(struct checkpoint_input, key_id), 1, UINT32_MAX},
    HEX_FIELD("public_key", struct checkpoint_input, public_key, SIGN_PUBLIC_SIZE),
    HEX_FIELD("signature", struct checkpoint_input, signature, SIGNATURE_SIZE),
    {0},
};

json_t *checkpoint_json(const struct checkpoint *checkpoint,
                        const uint8_t public_key[SIGN_PUBLIC_SIZE])
{
    json_t *heads = json_array();

    for (size_t i = 0; i < checkpoint->head_count; i++) {
        const struct lane_head *head = &checkpoint->heads[i];

        json_array_append_new(heads, json_pack("{s:i, s:I, s:o}", "lane", head->lane, "height",
                                               (json_int_t)head->height, "hash",
                                               json_hex(head->hash, HASH_SIZE)));
    }
    return json_pack("{s:s, s:o, s:I, s:o, s:I, s:o, s:o}", "format", CHECKPOINT_FORMAT, "id",
                     json_id(checkpoint->id), "time_us", (json_int_t)checkpoint->time_us, "heads",
                     heads, "key_id", (json_int_t)checkpoint->key_id, "public_key",
                     json_hex(public_key, SIGN_PUBLIC_SIZE), "signature",
                     json_hex(checkpoint->signature, SIGNATURE_SIZE));
}

static bool take_heads(const struct json_list *list, struct arena *arena,
                       struct checkpoint *checkpoint, struct error *error)
{
    const struct head_input *inputs = list->items;

    checkpoint->heads = arena_take(arena, list->count * sizeof(*checkpoint->heads));
    checkpoint->head_count = list->count;
    for (size_t i = 0; i < list->count; i++) {
        struct lane_head *head = &checkpoint->heads[i];

        head->lane = (uint8_t)inputs[i].lane;
        head->height = (uint64_t)inputs[i].height;
        if (i > 0 && head->lane <= head[-1].lane)
            return refuse(error, "lanes out of order");
        if (!read_hex(inputs[i].hash, head->hash, HASH_SIZE, error))
            return false;
    }
    return true;
}

bool checkpoint_from_json(const json_t *json, struct arena *arena, struct checkpoint *checkpoint,
                          uint8_t public_key[SIGN_PUBLIC_SIZE], struct error *error)
{
    struct checkpoint_input input = {0};

    if (!read_object(json, checkpoint_fields, arena, &input, "checkpoint", error))
        return false;
    if (!has_format(input.format, CHECKPOINT_FORMAT))
        return refuse(error, "it is no " CHECKPOINT_FORMAT);
    *checkpoint = (struct checkpoint){
        .id = input.id, .time_us = input.time_us, .key_id = (uint32_t)input.key_id};
    return take_heads(&input.heads, arena, checkpoint, error) &&
           read_hex(input.public_key, public_key, SIGN_PUBLIC_SIZE, error) &&
           read_hex(input.signature, checkpoint->signature, SIGNATURE_SIZE, error);
}

/* --- Writing receipts ------------------------------------------------------------------------- */

/* What is in the leaf, in words. */
static json_t *account_json(uint64_t account)
{
    if (account == 0)
        return json_null();
    return json_pack("{s:s, s:o}", "kind", account_kind_name(account_kind(account)), "id",
                     account_owner(account) ? json_id(account_owner(account)) : json_null());
}

static json_t *lots_json(struct text detail)
{
    struct arena *arena = arena_new();
    json_t *lots = json_array();
    struct lot_part *parts;
    size_t count;

    ASSERT(lot_parts_unpack(detail, arena, &parts, &count));
    for (size_t i = 0; i < count; i++)
        json_array_append_new(lots, json_pack("{s:o, s:o, s:I}", "id", json_id(parts[i].lot_id),
                                              "points", json_points(parts[i].points), "expires_us",
                                              (json_int_t)parts[i].expires_us));
    arena_free(arena);
    return lots;
}

static json_t *transfer_json(const struct transfer *transfer)
{
    char id[TRANSFER_ID_TEXT_SIZE];

    transfer_id_format(transfer->id, id);
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o}", "id", id, "kind",
                     transfer_kind_name(transfer->kind), "from", account_json(transfer->from), "to",
                     account_json(transfer->to), "points", json_points(transfer->points),
                     "member_id", json_id(transfer->member_id), "ref", json_id(transfer->ref),
                     "subject", json_id(transfer->subject), "pieces", (int)transfer->pieces,
                     "actor", json_id(transfer->actor), "lots", lots_json(transfer->detail));
}

static json_t *leaf_json(const struct transfer *transfer)
{
    struct buffer leaf = {0};

    transfer_pack(&leaf, transfer);
    json_t *json = json_bytes(&leaf);
    buffer_free(&leaf);
    return json;
}

static json_t *path_json(const struct receipt *receipt)
{
    json_t *path = json_array();

    for (size_t i = 0; i < receipt->path_length; i++)
        json_array_append_new(path,
                              json_pack("{s:o}", "hash", json_hex(receipt->path[i], HASH_SIZE)));
    return path;
}

static json_t *block_json(const struct receipt *receipt)
{
    const struct block *block = &receipt->block.block;

    return json_pack("{s:i, s:I, s:o, s:o, s:i, s:I, s:I, s:o, s:o}", "lane", block->lane, "height",
                     (json_int_t)block->height, "previous", json_hex(block->previous, HASH_SIZE),
                     "root", json_hex(block->root, HASH_SIZE), "transfers", block->transfers,
                     "time_us", (json_int_t)block->time_us, "key_id",
                     (json_int_t)receipt->block.key_id, "public_key",
                     json_hex(receipt->block_key, SIGN_PUBLIC_SIZE), "signature",
                     json_hex(receipt->block.signature, SIGNATURE_SIZE));
}

static json_t *headers_json(const struct receipt *receipt)
{
    json_t *headers = json_array();

    for (size_t i = 0; i < receipt->header_count; i++) {
        const struct compact_header *header = &receipt->headers[i];

        json_array_append_new(headers,
                              json_pack("{s:o, s:i, s:I}", "root",
                                        json_hex(header->root, HASH_SIZE), "transfers",
                                        header->transfers, "time_us", (json_int_t)header->time_us));
    }
    return headers;
}

json_t *receipt_json(const struct receipt *receipt)
{
    json_t *checkpoint = receipt->has_checkpoint
                             ? checkpoint_json(&receipt->checkpoint, receipt->checkpoint_key)
                             : json_null();

    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "format", RECEIPT_FORMAT, "transfer",
                     transfer_json(&receipt->transfer), "leaf", leaf_json(&receipt->transfer),
                     "path", path_json(receipt), "block", block_json(receipt), "headers",
                     headers_json(receipt), "checkpoint", checkpoint);
}

/* --- Reading receipts ------------------------------------------------------------------------- */

struct hash_input {
    struct text hash;
};

static const struct json_field hash_fields[] = {
    HEX_FIELD("hash", struct hash_input, hash, HASH_SIZE),
    {0},
};

struct header_input {
    struct text root;
    int64_t transfers, time_us;
};

static const struct json_field header_fields[] = {
    HEX_FIELD("root", struct header_input, root, HASH_SIZE),
    {"transfers", JSON_INT, REQUIRED, offsetof(struct header_input, transfers), 0, UINT16_MAX},
    {"time_us", JSON_INT, REQUIRED, offsetof(struct header_input, time_us)},
    {0},
};

/* The members that are no objects; those are read by themselves. */
struct receipt_input {
    struct text format, leaf;
    struct json_list path, headers;
};

static const struct json_field receipt_fields[] = {
    {"format", JSON_TEXT, REQUIRED, offsetof(struct receipt_input, format)},
    {"leaf", JSON_TEXT, REQUIRED, offsetof(struct receipt_input, leaf), 1, 2 * LEAF_MOST},
    {"path", JSON_OBJECTS, REQUIRED, offsetof(struct receipt_input, path), 0, RECEIPT_PATH_MOST,
     .table = hash_fields, .size = sizeof(struct hash_input)},
    {"headers", JSON_OBJECTS, REQUIRED, offsetof(struct receipt_input, headers), 0,
     RECEIPT_HEADERS_MOST, .table = header_fields, .size = sizeof(struct header_input)},
    {0},
};

struct block_input {
    int64_t lane, height, transfers, time_us, key_id;
    struct text previous, root, public_key, signature;
};

static const struct json_field block_fields[] = {
    {"lane", JSON_INT, REQUIRED, offsetof(struct block_input, lane), 1, LANES_MOST},
    {"height", JSON_INT, REQUIRED, offsetof(struct block_input, height), .min = 1},
    HEX_FIELD("previous", struct block_input, previous, HASH_SIZE),
    HEX_FIELD("root", struct block_input, root, HASH_SIZE),
    {"transfers", JSON_INT, REQUIRED, offsetof(struct block_input, transfers), 1, UINT16_MAX},
    {"time_us", JSON_INT, REQUIRED, offsetof(struct block_input, time_us)},
    {"key_id", JSON_INT, REQUIRED, offsetof(struct block_input, key_id), 1, UINT32_MAX},
    HEX_FIELD("public_key", struct block_input, public_key, SIGN_PUBLIC_SIZE),
    HEX_FIELD("signature", struct block_input, signature, SIGNATURE_SIZE),
    {0},
};

static bool kind_is_known(uint64_t account)
{
    return account == 0 ||
           (account_kind(account) >= ACCOUNT_ISSUANCE && account_kind(account) <= ACCOUNT_WAIVED);
}

/* The opposite of transfer_pack. */
static bool transfer_unpack(const uint8_t *leaf, size_t length, struct arena *arena,
                            struct transfer *transfer)
{
    struct reader reader = reader_of(leaf, length);
    struct lot_part *parts;
    size_t count;

    transfer->id = read_u64(&reader);
    transfer->kind = (enum transfer_kind)read_u8(&reader);
    transfer->from = read_u64(&reader);
    transfer->to = read_u64(&reader);
    transfer->points = (int64_t)read_u64(&reader);
    transfer->member_id = read_u64(&reader);
    transfer->ref = read_u64(&reader);
    transfer->subject = read_u64(&reader);
    transfer->pieces = (int32_t)read_u32(&reader);
    transfer->actor = read_u64(&reader);
    size_t detail = read_u16(&reader);
    if (reader.failed || (size_t)(reader.end - reader.at) != detail)
        return false;
    transfer->detail = (struct text){(const char *)reader.at, detail};
    return transfer->kind >= TRANSFER_AWARD && transfer->kind <= TRANSFER_REPAY &&
           kind_is_known(transfer->from) && kind_is_known(transfer->to) &&
           lot_parts_unpack(transfer->detail, arena, &parts, &count);
}

static bool take_leaf(struct text hex, struct arena *arena, struct receipt *receipt,
                      struct error *error)
{
    size_t length = hex.length / 2;
    uint8_t *leaf = arena_take(arena, length + 1);

    return read_hex(hex, leaf, length, error) &&
           (transfer_unpack(leaf, length, arena, &receipt->transfer) ||
            refuse(error, "the leaf is no transfer"));
}

static bool take_path(const struct json_list *list, struct receipt *receipt, struct error *error)
{
    const struct hash_input *inputs = list->items;

    receipt->path_length = list->count;
    for (size_t i = 0; i < list->count; i++)
        if (!read_hex(inputs[i].hash, receipt->path[i], HASH_SIZE, error))
            return false;
    return true;
}

static bool take_headers(const struct json_list *list, struct arena *arena, struct receipt *receipt,
                         struct error *error)
{
    const struct header_input *inputs = list->items;

    receipt->headers = arena_take(arena, (list->count + 1) * sizeof(*receipt->headers));
    receipt->header_count = list->count;
    for (size_t i = 0; i < list->count; i++) {
        struct compact_header *header = &receipt->headers[i];

        header->transfers = (uint16_t)inputs[i].transfers;
        header->time_us = inputs[i].time_us;
        if (!read_hex(inputs[i].root, header->root, HASH_SIZE, error))
            return false;
    }
    return true;
}

static bool take_block(const json_t *json, struct arena *arena, struct receipt *receipt,
                       struct error *error)
{
    struct block_input input = {0};
    struct stored_block *stored = &receipt->block;

    if (!read_object(json, block_fields, arena, &input, "block", error))
        return false;
    stored->block.lane = (uint8_t)input.lane;
    stored->block.height = (uint64_t)input.height;
    stored->block.transfers = (uint16_t)input.transfers;
    stored->block.time_us = input.time_us;
    stored->key_id = (uint32_t)input.key_id;
    return read_hex(input.previous, stored->block.previous, HASH_SIZE, error) &&
           read_hex(input.root, stored->block.root, HASH_SIZE, error) &&
           read_hex(input.public_key, receipt->block_key, SIGN_PUBLIC_SIZE, error) &&
           read_hex(input.signature, stored->signature, SIGNATURE_SIZE, error);
}

/* Only the members that the table names: the rest are objects. */
static bool take_plain(const json_t *json, struct arena *arena, struct receipt *receipt,
                       struct error *error)
{
    static const char *const names[] = {"format", "leaf", "path", "headers"};
    struct receipt_input input = {0};
    json_t *plain = json_object();

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        json_object_set(plain, names[i], json_object_get(json, names[i]));
    bool taken =
        read_object(plain, receipt_fields, arena, &input, "receipt", error) &&
        (has_format(input.format, RECEIPT_FORMAT) || refuse(error, "it is no " RECEIPT_FORMAT)) &&
        take_leaf(input.leaf, arena, receipt, error) && take_path(&input.path, receipt, error) &&
        take_headers(&input.headers, arena, receipt, error);
    json_decref(plain);
    return taken;
}

bool receipt_from_json(const json_t *json, struct arena *arena, struct receipt *receipt,
                       struct error *error)
{
    const json_t *checkpoint = json_object_get(json, "checkpoint");

    *receipt = (struct receipt){.has_checkpoint = json_is_object(checkpoint)};
    if (!json_is_object(json))
        return refuse(error, "it is no JSON object");
    return take_plain(json, arena, receipt, error) &&
           take_block(json_object_get(json, "block"), arena, receipt, error) &&
           (!receipt->has_checkpoint ||
            checkpoint_from_json(checkpoint, arena, &receipt->checkpoint, receipt->checkpoint_key,
                                 error));
}
