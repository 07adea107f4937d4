/*
 * Transfers as bytes: their lot parts, and the fixed form that the chain hashes.
 */
#include "ledger/chain.h"

#define PACKED_PART_SIZE (8 + 8 + 8 + 1 + 1)

static const char *const names[] = {
    [TRANSFER_AWARD] = "award",           [TRANSFER_HOLD] = "hold",
    [TRANSFER_CAPTURE] = "capture",       [TRANSFER_UNCAPTURE] = "uncapture",
    [TRANSFER_RELEASE] = "release",       [TRANSFER_LAPSE] = "lapse",
    [TRANSFER_REFUND] = "refund",         [TRANSFER_SETTLE] = "settle",
    [TRANSFER_LOT_EXPIRY] = "lot_expiry", [TRANSFER_ADJUST] = "adjust",
    [TRANSFER_CLAW_BACK] = "claw_back",   [TRANSFER_OWE] = "owe",
    [TRANSFER_WAIVE] = "waive",           [TRANSFER_MERGE] = "merge",
    [TRANSFER_RESTOCK] = "restock",       [TRANSFER_FREEZE] = "freeze",
    [TRANSFER_REPAY] = "repay",
};

const char *transfer_kind_name(enum transfer_kind kind)
{
    return name_from(names, ARRAY_LENGTH(names), (size_t)kind);
}

void lot_parts_pack(struct buffer *out, const struct lot_part *parts, size_t count)
{
    ASSERT(count <= LOT_PARTS_MOST);
    if (count == 0)
        return;
    buffer_add_u16(out, (uint16_t)count);
    for (size_t i = 0; i < count; i++) {
        buffer_add_u64(out, parts[i].lot_id);
        buffer_add_u64(out, (uint64_t)parts[i].points);
        buffer_add_u64(out, (uint64_t)parts[i].expires_us);
        buffer_add_u8(out, parts[i].grade);
        buffer_add_u8(out, parts[i].source);
    }
}

static struct lot_part read_part(struct reader *reader)
{
    struct lot_part part;

    part.lot_id = read_u64(reader);
    part.points = (int64_t)read_u64(reader);
    part.expires_us = (int64_t)read_u64(reader);
    part.grade = read_u8(reader);
    part.source = read_u8(reader);
    return part;
}

bool lot_parts_unpack(struct text packed, struct arena *arena, struct lot_part **parts,
                      size_t *count)
{
    struct reader reader = reader_of(packed.data, packed.length);

    *parts = NULL;
    *count = 0;
    if (packed.length == 0)
        return true;
    size_t wanted = read_u16(&reader);
    if (wanted == 0 || wanted > LOT_PARTS_MOST || packed.length != 2 + wanted * PACKED_PART_SIZE)
        return false;
    *parts = arena_take(arena, wanted * sizeof(**parts));
    for (size_t i = 0; i < wanted; i++)
        (*parts)[i] = read_part(&reader);
    *count = wanted;
    return !reader.failed;
}

void transfer_pack(struct buffer *out, const struct transfer *transfer)
{
    ASSERT(transfer->detail.length <= UINT16_MAX);
    buffer_add_u64(out, transfer->id);
    buffer_add_u8(out, (uint8_t)transfer->kind);
    buffer_add_u64(out, transfer->from);
    buffer_add_u64(out, transfer->to);
    buffer_add_u64(out, (uint64_t)transfer->points);
    buffer_add_u64(out, transfer->member_id);
    buffer_add_u64(out, transfer->ref);
    buffer_add_u64(out, transfer->subject);
    buffer_add_u32(out, (uint32_t)transfer->pieces);
    buffer_add_u64(out, transfer->actor);
    buffer_add_u16(out, (uint16_t)transfer->detail.length);
    buffer_add(out, transfer->detail.data, transfer->detail.length);
}

void transfer_leaf(const struct transfer *transfer, uint8_t out[HASH_SIZE])
{
    struct buffer packed = {0};

    transfer_pack(&packed, transfer);
    crypto_sha256_parts(0x00, packed.data, packed.length, NULL, 0, out);
    buffer_free(&packed);
}
