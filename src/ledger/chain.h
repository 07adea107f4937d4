/*
 * The chain: blocks of transfers, hashed and signed. A transfer's leaf and a block's header are
 * fixed binary without text; Merkle trees as RFC 6962 section 2.1 (leaf 0x00, node 0x01).
 */
#ifndef LINLI_CHAIN_H
#define LINLI_CHAIN_H

#include "base/buffer.h"
#include "base/crypto.h"
#include "ledger/book.h"

#define TRANSFER_ID(lane, height, index)                                                           \
    ((uint64_t)(lane) << 56 | (uint64_t)(height) << 16 | (uint64_t)(index))
#define TRANSFER_LANE(id)   ((uint8_t)((id) >> 56))
#define TRANSFER_HEIGHT(id) ((id) >> 16 & ((UINT64_C(1) << 40) - 1))
#define TRANSFER_INDEX(id)  ((uint16_t)((id)&0xffff))

struct block {
    uint8_t lane;
    uint64_t height; /* from 1; the previous hash of block 1 is zeros */
    uint8_t previous[HASH_SIZE];
    uint8_t root[HASH_SIZE];
    uint16_t transfers;
    int64_t time_us;
};

/* id u64, kind u8, from u64, to u64, points i64, member u64, ref u64, subject u64, pieces i32,
 * actor u64, detail length u16, detail. */
void transfer_pack(struct buffer *out, const struct transfer *transfer);
void transfer_leaf(const struct transfer *transfer, uint8_t out[HASH_SIZE]);
#define TRANSFER_SEAL_SIZE 8 /* of a leaf's hash, kept with the transfer's row */
/* Root over `count` leaf hashes; `leaves` is scratch and is overwritten. */
void merkle_root(uint8_t (*leaves)[HASH_SIZE], size_t count, uint8_t out[HASH_SIZE]);
/* The audit path of leaf `index` (RFC 6962 2.1.1), deepest first; returns its length (<= 17). */
size_t merkle_path(const uint8_t (*leaves)[HASH_SIZE], size_t count, size_t index,
                   uint8_t (*path)[HASH_SIZE]);
bool merkle_path_valid(const uint8_t leaf[HASH_SIZE], size_t count, size_t index,
                       const uint8_t (*path)[HASH_SIZE], size_t length,
                       const uint8_t root[HASH_SIZE]) MUST_CHECK;

/* The header: "linli-block-1" NUL, lane u8, height u64, previous, root, transfers u16, time i64. */
void block_pack(struct buffer *out, const struct block *block);
void block_hash(const struct block *block, uint8_t out[HASH_SIZE]); /* SHA-256 of the header */
/* The signature is Ed25519 over the header's bytes. */
void block_sign(const struct block *block, const struct signer *signer,
                uint8_t out[SIGNATURE_SIZE]);

#endif
