#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "ledger/chain.h"

#define LEAVES_MOST 70

/* The reference leaves and roots of the Certificate Transparency project for RFC 6962. */
static const char *const reference_leaves[] = {
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
};
static const char *const reference_roots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};
/* Leaf 5 (counted from 0) of the first 7: its audit path there. */
static const char *const reference_path[] = {
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
};

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t length = strlen(hex) / 2;

    assert_true(hex_decode((struct text){hex, length * 2}, out, length));
    return length;
}

static void reference_leaf(size_t index, uint8_t out[HASH_SIZE])
{
    uint8_t data[16];
    size_t length = from_hex(reference_leaves[index], data);

    crypto_sha256_parts(0x00, data, length, NULL, 0, out);
}

static void roots_are_those_of_rfc_6962(void **state)
{
    (void)state;
    for (size_t count = 0; count < ARRAY_LENGTH(reference_roots); count++) {
        uint8_t leaves[8][HASH_SIZE], root[HASH_SIZE], expected[HASH_SIZE];

        for (size_t i = 0; i < count; i++)
            reference_leaf(i, leaves[i]);
        merkle_root(leaves, count, root);
        from_hex(reference_roots[count], expected);
        assert_memory_equal(root, expected, HASH_SIZE);
    }
}

static void a_path_is_that_of_rfc_6962(void **state)
{
    uint8_t leaves[8][HASH_SIZE], path[17][HASH_SIZE], expected[HASH_SIZE];

    (void)state;
    for (size_t i = 0; i < 7; i++)
        reference_leaf(i, leaves[i]);
    assert_int_equal(merkle_path((const uint8_t(*)[HASH_SIZE])leaves, 7, 5, path), 3);
    for (size_t i = 0; i < 3; i++) {
        from_hex(reference_path[i], expected);
        assert_memory_equal(path[i], expected, HASH_SIZE);
    }
}

/* RFC 6962 section 2.1, word for word. */
static void tree_hash(const uint8_t (*leaves)[HASH_SIZE], size_t count, uint8_t out[HASH_SIZE])
{
    uint8_t left[HASH_SIZE], right[HASH_SIZE];
    size_t split = 1;

    if (count == 1) {
        memcpy(out, leaves[0], HASH_SIZE);
        return;
    }
    while (split * 2 < count)
        split *= 2;
    tree_hash(leaves, split, left);
    tree_hash(leaves + split, count - split, right);
    crypto_sha256_parts(0x01, left, HASH_SIZE, right, HASH_SIZE, out);
}

static void check_path(const uint8_t (*leaves)[HASH_SIZE], size_t count, size_t index,
                       const uint8_t root[HASH_SIZE])
{
    uint8_t path[17][HASH_SIZE];
    const uint8_t(*fixed)[HASH_SIZE] = (const uint8_t(*)[HASH_SIZE])path;
    size_t length = merkle_path(leaves, count, index, path);

    assert_true(merkle_path_valid(leaves[index], count, index, fixed, length, root));
    assert_false(merkle_path_valid(leaves[index], count, count, fixed, length, root));
    assert_false(merkle_path_valid(leaves[index], 0, index, fixed, length, root));
    if (count > 1) {
        assert_false(
            merkle_path_valid(leaves[(index + 1) % count], count, index, fixed, length, root));
        assert_false(
            merkle_path_valid(leaves[index], count, (index + 1) % count, fixed, length, root));
        assert_false(merkle_path_valid(leaves[index], count, index, fixed, length - 1, root));
        assert_false(merkle_path_valid(leaves[index], count, index, fixed, length + 1, root));
        path[length - 1][7] ^= 1;
        assert_false(merkle_path_valid(leaves[index], count, index, fixed, length, root));
    }
}

static void every_leaf_has_a_path_and_only_that(void **state)
{
    uint8_t leaves[LEAVES_MOST][HASH_SIZE], scratch[LEAVES_MOST][HASH_SIZE];
    uint8_t root[HASH_SIZE], expected[HASH_SIZE];

    (void)state;
    for (size_t i = 0; i < LEAVES_MOST; i++)
        crypto_sha256(&i, sizeof(i), leaves[i]);
    for (size_t count = 1; count <= LEAVES_MOST; count++) {
        memcpy(scratch, leaves, sizeof(leaves));
        merkle_root(scratch, count, root);
        tree_hash((const uint8_t(*)[HASH_SIZE])leaves, count, expected);
        assert_memory_equal(root, expected, HASH_SIZE);
        for (size_t index = 0; index < count; index++)
            check_path((const uint8_t(*)[HASH_SIZE])leaves, count, index, root);
    }
}

static void a_transfer_has_a_fixed_form(void **state)
{
    static const uint8_t expected[] = {
        0x03, 0,    0,    0,    0,   7, 0, 9,                            /* id */
        2,                                                               /* kind */
        2,    0,    0,    0,    0,   0, 1, 4,                            /* from: wallet of 260 */
        3,    0,    0,    0,    0,   0, 1, 4,                            /* to: held */
        0,    0,    0,    0,    0,   0, 4, 0xd2, 0, 0, 0, 0, 0, 0, 1, 4, /* member */
        0,    0,    0,    0,    0,   0, 0, 5,                            /* ref */
        0,    0,    0,    0,    0,   0, 0, 6,                            /* subject */
        0xff, 0xff, 0xff, 0xff,                                          /* pieces */
        0,    0,    0,    0,    0,   0, 0, 8,                            /* actor */
        0,    3,    'a',  'b',  'c',
    };
    const struct transfer transfer = {
        .id = TRANSFER_ID(3, 7, 9),
        .kind = TRANSFER_HOLD,
        .from = account_of(ACCOUNT_WALLET, 260),
        .to = account_of(ACCOUNT_HELD, 260),
        .points = 1234,
        .member_id = 260,
        .ref = 5,
        .subject = 6,
        .pieces = -1,
        .actor = 8,
        .detail = TEXT("abc"),
    };
    struct buffer packed = {0};
    uint8_t leaf[HASH_SIZE], again[HASH_SIZE];

    (void)state;
    transfer_pack(&packed, &transfer);
    assert_int_equal(packed.length, sizeof(expected));
    assert_memory_equal(packed.data, expected, sizeof(expected));
    transfer_leaf(&transfer, leaf);
    crypto_sha256_parts(0x00, expected, sizeof(expected), NULL, 0, again);
    assert_memory_equal(leaf, again, HASH_SIZE);
    assert_int_equal(TRANSFER_LANE(transfer.id), 3);
    assert_int_equal(TRANSFER_HEIGHT(transfer.id), 7);
    assert_int_equal(TRANSFER_INDEX(transfer.id), 9);
    buffer_free(&packed);
}

static void a_block_is_signed_whole(void **state)
{
    uint8_t seed[SIGN_SEED_SIZE] = {1}, public_key[SIGN_PUBLIC_SIZE];
    uint8_t signature[SIGNATURE_SIZE], hash[HASH_SIZE], expected[HASH_SIZE];
    struct block block = {.lane = 1, .height = 2, .root = {3}, .transfers = 4, .time_us = 5};
    struct signer *signer = signer_new(seed);
    struct buffer header = {0};

    (void)state;
    block_pack(&header, &block);
    assert_int_equal(header.length, 14 + 1 + 8 + 32 + 32 + 2 + 8);
    assert_memory_equal(header.data, "linli-block-1", 14);
    block_hash(&block, hash);
    crypto_sha256(header.data, header.length, expected);
    assert_memory_equal(hash, expected, HASH_SIZE);
    block_sign(&block, signer, signature);
    signer_public(signer, public_key);
    assert_true(signature_valid(public_key, header.data, header.length, signature));
    for (size_t i = 0; i < header.length; i++) {
        header.data[i] ^= 1;
        assert_false(signature_valid(public_key, header.data, header.length, signature));
        header.data[i] ^= 1;
    }
    buffer_free(&header);
    signer_free(signer);
}

static int start(void **state)
{
    (void)state;
    crypto_start();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_are_those_of_rfc_6962),
        cmocka_unit_test(a_path_is_that_of_rfc_6962),
        cmocka_unit_test(every_leaf_has_a_path_and_only_that),
        cmocka_unit_test(a_transfer_has_a_fixed_form),
        cmocka_unit_test(a_block_is_signed_whole),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
