#include "ledger/chain.h"

#include <stdlib.h>
#include <string.h>

static void node_hash(const uint8_t left[HASH_SIZE], const uint8_t right[HASH_SIZE],
                      uint8_t out[HASH_SIZE])
{
    crypto_sha256_parts(0x01, left, HASH_SIZE, right, HASH_SIZE, out);
}

/*
 * One level up, in place: pairs become their parents, an odd one moves up as it is. Level by level
 * this is the tree of RFC 6962, which splits at the largest power of two below the count.
 */
static size_t merkle_level(uint8_t (*nodes)[HASH_SIZE], size_t count)
{
    for (size_t i = 0; i + 1 < count; i += 2) {
        uint8_t parent[HASH_SIZE];

        node_hash(nodes[i], nodes[i + 1], parent);
        memcpy(nodes[i / 2], parent, HASH_SIZE);
    }
    if (count % 2 == 1 && count > 1)
        memcpy(nodes[count / 2], nodes[count - 1], HASH_SIZE);
    return (count + 1) / 2;
}

void merkle_root(uint8_t (*leaves)[HASH_SIZE], size_t count, uint8_t out[HASH_SIZE])
{
    if (count == 0) {
        crypto_sha256("", 0, out);
        return;
    }
    while (count > 1)
        count = merkle_level(leaves, count);
    memcpy(out, leaves[0], HASH_SIZE);
}

size_t merkle_path(const uint8_t (*leaves)[HASH_SIZE], size_t count, size_t index,
                   uint8_t (*path)[HASH_SIZE])
{
    size_t length = 0;

    ASSERT(index < count);
    uint8_t(*nodes)[HASH_SIZE] = memory_resize(NULL, count, HASH_SIZE);
    memcpy(nodes, leaves, count * HASH_SIZE);
    while (count > 1) {
        size_t sibling = index ^ 1;

        if (sibling < count)
            memcpy(path[length++], nodes[sibling], HASH_SIZE);
        count = merkle_level(nodes, count);
        index /= 2;
    }
    free(nodes);
    return length;
}

/* RFC 9162 section 2.1.3.2: `node` walks up from the leaf, `last` is its level's last node. */
bool merkle_path_valid(const uint8_t leaf[HASH_SIZE], size_t count, size_t index,
                       const uint8_t (*path)[HASH_SIZE], size_t length,
                       const uint8_t root[HASH_SIZE])
{
    uint8_t hash[HASH_SIZE];
    size_t node = index, last = count - 1;

    if (index >= count)
        return false;
    memcpy(hash, leaf, HASH_SIZE);
    for (size_t i = 0; i < length; i++) {
        if (last == 0)
            return false;
        if (node % 2 == 1 || node == last) {
            node_hash(path[i], hash, hash);
            for (; node % 2 == 0 && node > 0; node /= 2)
                last /= 2; /* levels at which it had no sibling */
        } else {
            node_hash(hash, path[i], hash);
        }
        node /= 2;
        last /= 2;
    }
    return last == 0 && memcmp(hash, root, HASH_SIZE) == 0;
}

void block_pack(struct buffer *out, const struct block *block)
{
    static const char magic[] = "linli-block-1"; /* with its NUL */

    buffer_add(out, magic, sizeof(magic));
    buffer_add_u8(out, block->lane);
    buffer_add_u64(out, block->height);
    buffer_add(out, block->previous, HASH_SIZE);
    buffer_add(out, block->root, HASH_SIZE);
    buffer_add_u16(out, block->transfers);
    buffer_add_u64(out, (uint64_t)block->time_us);
}

void block_hash(const struct block *block, uint8_t out[HASH_SIZE])
{
    struct buffer header = {0};

    block_pack(&header, block);
    crypto_sha256(header.data, header.length, out);
    buffer_free(&header);
}

void block_sign(const struct block *block, const struct signer *signer, uint8_t out[SIGNATURE_SIZE])
{
    struct buffer header = {0};

    block_pack(&header, block);
    signer_sign(signer, header.data, header.length, out);
    buffer_free(&header);
}
