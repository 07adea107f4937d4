/* Numbers of transfers, checkpoints and receipts, without a database. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/misfit.h"
#include "ledger/proof_json.h"
#include "ledger/transfer_id.h"
#include "ledger/trial_balance.h"

static struct text text_of(const char *string)
{
    return (struct text){string, strlen(string)};
}

/* --- Numbers ---------------------------------------------------------------------------------- */

static void numbers_go_there_and_back(void **state)
{
    static const uint64_t edges[] = {
        TRANSFER_ID(1, 1, 0),
        TRANSFER_ID(255, (UINT64_C(1) << 40) - 1, 65535),
        TRANSFER_ID(7, 4711, 12),
    };
    uint64_t random = 1;

    (void)state;
    for (size_t i = 0; i < 100000; i++) {
        uint64_t id = i < ARRAY_LENGTH(edges) ? edges[i] : random_u64(&random), back = 0;
        char out[TRANSFER_ID_TEXT_SIZE];

        if (TRANSFER_LANE(id) == 0 || TRANSFER_HEIGHT(id) == 0)
            continue;
        transfer_id_format(id, out);
        assert_true(transfer_id_parse(text_of(out), &back));
        assert_int_equal(back, id);
    }
}

static void what_is_no_number_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "1",
        "1-1",
        "1-1-",
        "-1-1",
        "0-1-0",
        "1-0-0",
        "01-1-0",
        "1-01-0",
        "1-1-00",
        "256-1-0",
        "1-1-0-0",
        "1-1-0 ",
        " 1-1-0",
        "1-1--1",
        "1-1-+1",
        "1-1-65536",
        "1-1-x",
        "1.1.0",
        "1-1099511627776-0",
        "1-1-99999999999999999999999999999999",
        "99999999999999999999-1-0",
    };
    uint64_t id;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
        assert_false(transfer_id_parse(text_of(wrong[i]), &id));
    assert_false(transfer_id_parse((struct text){"1-1-0\0", 6}, &id));
}

/* --- Misfits ---------------------------------------------------------------------------------- */

static void a_misfit_shows_the_columns_that_differ(void **state)
{
    struct row_name name = {
        .table = "lots", .column = "member_id", .column2 = "lot_id", .key = 7, .key2 = 12};
    struct check checks[] = {{"points", CHECK_POINTS, 1250, 1250},
                             {"remaining", CHECK_POINTS, 5, -1},
                             {"state", CHECK_NUMBER, 0, 1},
                             {0}};
    struct misfit misfit;

    (void)state;
    assert_false(row_fits(&misfit, name, checks));
    assert_string_equal(misfit.table, "lots");
    assert_string_equal(misfit.key, "member_id=7 lot_id=12");
    assert_string_equal(misfit.expected, "remaining 0.05, state 0");
    assert_string_equal(misfit.found, "remaining -0.01, state 1");
    checks[1].found = 5;
    checks[2].found = 0;
    assert_true(row_fits(&misfit, name, checks));
}

static void a_transfer_is_named_as_people_see_it(void **state)
{
    struct misfit misfit;

    (void)state;
    assert_false(row_is_missing(&misfit, (struct row_name){.table = "transfers",
                                                           .column = "transfer_id",
                                                           .key = TRANSFER_ID(1, 2, 3)}));
    assert_string_equal(misfit.key, "transfer_id=72057594038059011 (1-2-3)");
    assert_string_equal(misfit.expected, "a row");
    assert_string_equal(misfit.found, "no row");
}

/* --- A small chain ---------------------------------------------------------------------------- */

#define BLOCKS    5
#define TRANSFERS 11 /* of the first block */

/* Five blocks of lane 3, and a checkpoint at the last; a receipt of each transfer of the first. */
struct world {
    struct arena *arena;
    struct signer *signer;
    uint8_t public_key[SIGN_PUBLIC_SIZE];
    struct transfer transfers[TRANSFERS];
    uint8_t leaves[TRANSFERS][HASH_SIZE];
    struct block blocks[BLOCKS];
    struct checkpoint checkpoint;
};

static void make_transfers(struct world *world)
{
    struct lot_part part = {.lot_id = 5, .points = -250, .expires_us = 77, .grade = 2, .source = 1};
    struct buffer detail = {0};

    lot_parts_pack(&detail, &part, 1);
    for (size_t i = 0; i < TRANSFERS; i++) {
        struct transfer *transfer = &world->transfers[i];

        *transfer = (struct transfer){
            .id = TRANSFER_ID(3, 1, i),
            .kind = TRANSFER_HOLD,
            .from = account_of(ACCOUNT_WALLET, 100 + i),
            .to = account_of(ACCOUNT_HELD, 100 + i),
            .points = 250,
            .member_id = 100 + i,
            .ref = 4000 + i,
            .subject = 9,
            .pieces = 1,
            .actor = 100 + i,
            .detail = {arena_copy(world->arena, detail.data, detail.length), detail.length},
        };
        transfer_leaf(transfer, world->leaves[i]);
    }
    buffer_free(&detail);
}

static void make_blocks(struct world *world)
{
    uint8_t scratch[TRANSFERS][HASH_SIZE], previous[HASH_SIZE] = {0};

    for (size_t i = 0; i < BLOCKS; i++) {
        struct block *block = &world->blocks[i];

        *block = (struct block){.lane = 3, .height = i + 1, .time_us = 1000 + (int64_t)i};
        block->transfers = i == 0 ? TRANSFERS : 1;
        memcpy(block->previous, previous, HASH_SIZE);
        memcpy(scratch, world->leaves, sizeof(scratch));
        merkle_root(scratch, block->transfers, block->root);
        block_hash(block, previous);
    }
    struct lane_head *heads = arena_take(world->arena, 2 * sizeof(*heads));
    heads[0] = (struct lane_head){.lane = 1, .height = 17, .hash = {1}};
    heads[1] = (struct lane_head){.lane = 3, .height = BLOCKS};
    memcpy(heads[1].hash, previous, HASH_SIZE);
    world->checkpoint =
        (struct checkpoint){.id = 6, .time_us = 2000, .heads = heads, .head_count = 2};
    checkpoint_sign(&world->checkpoint, world->signer, 65537);
}

static int make_world(void **state)
{
    static const uint8_t seed[SIGN_SEED_SIZE] = {42};
    struct world *world = memory_new(sizeof(*world));

    crypto_start();
    world->arena = arena_new();
    world->signer = signer_new(seed);
    signer_public(world->signer, world->public_key);
    make_transfers(world);
    make_blocks(world);
    *state = world;
    return 0;
}

static int free_world(void **state)
{
    struct world *world = *state;

    signer_free(world->signer);
    arena_free(world->arena);
    free(world);
    return 0;
}

static void make_receipt(const struct world *world, size_t index, struct receipt *receipt)
{
    *receipt = (struct receipt){.transfer = world->transfers[index], .has_checkpoint = true};
    receipt->path_length =
        merkle_path((const uint8_t(*)[HASH_SIZE])world->leaves, TRANSFERS, index, receipt->path);
    receipt->block.block = world->blocks[0];
    receipt->block.key_id = 65537;
    block_sign(&world->blocks[0], world->signer, receipt->block.signature);
    memcpy(receipt->block_key, world->public_key, SIGN_PUBLIC_SIZE);
    memcpy(receipt->checkpoint_key, world->public_key, SIGN_PUBLIC_SIZE);
    receipt->checkpoint = world->checkpoint;
    receipt->header_count = BLOCKS - 1;
    receipt->headers = arena_take(world->arena, BLOCKS * sizeof(*receipt->headers));
    for (size_t i = 0; i + 1 < BLOCKS; i++) {
        memcpy(receipt->headers[i].root, world->blocks[i + 1].root, HASH_SIZE);
        receipt->headers[i].transfers = world->blocks[i + 1].transfers;
        receipt->headers[i].time_us = world->blocks[i + 1].time_us;
    }
}

/* What receipt_verify makes of the JSON of a receipt; 0: refused. */
static enum receipt_proof proof_of(const struct world *world, const struct receipt *receipt,
                                   const struct receipt_trust *trust)
{
    json_t *json = receipt_json(receipt);
    enum receipt_proof proof;
    struct receipt read;
    struct error error;

    assert_non_null(json);
    bool good = receipt_verify(json, trust, world->arena, &read, &proof, &error);
    json_decref(json);
    return good ? proof : 0;
}

static const struct receipt_trust anybody;

static void every_receipt_of_a_block_is_good(void **state)
{
    const struct world *world = *state;
    struct receipt_trust trust = {.public_key = world->public_key, .kept = &world->checkpoint};
    struct receipt receipt;

    for (size_t i = 0; i < TRANSFERS; i++) {
        make_receipt(world, i, &receipt);
        assert_int_equal(proof_of(world, &receipt, &anybody), RECEIPT_IN_CHECKPOINT);
        assert_int_equal(proof_of(world, &receipt, &trust), RECEIPT_IN_CHECKPOINT);
    }
}

static void without_a_checkpoint_the_block_is_signed(void **state)
{
    const struct world *world = *state;
    struct receipt_trust kept = {.kept = &world->checkpoint},
                         key = {.public_key = world->public_key};
    struct receipt receipt;

    make_receipt(world, 0, &receipt);
    receipt.has_checkpoint = false;
    assert_int_equal(proof_of(world, &receipt, &anybody), 0); /* headers that lead nowhere */
    receipt.header_count = 0;
    assert_int_equal(proof_of(world, &receipt, &anybody), RECEIPT_SIGNED);
    assert_int_equal(proof_of(world, &receipt, &key), RECEIPT_SIGNED);
    assert_int_equal(proof_of(world, &receipt, &kept), 0);
}

/* A checkpoint on the way is met as well: the history up to it is the same. */
static void one_kept_earlier_is_met_on_the_way(void **state)
{
    const struct world *world = *state;
    struct lane_head head = {.lane = 3, .height = 2};
    struct checkpoint kept = {.id = 5, .heads = &head, .head_count = 1};
    struct receipt_trust trust = {.kept = &kept};
    struct receipt receipt;

    make_receipt(world, 4, &receipt);
    block_hash(&world->blocks[1], head.hash);
    assert_int_equal(proof_of(world, &receipt, &trust), RECEIPT_IN_CHECKPOINT);
    head.hash[31] ^= 1;
    assert_int_equal(proof_of(world, &receipt, &trust), 0);
    head.height = BLOCKS + 1;
    assert_int_equal(proof_of(world, &receipt, &trust), 0);
    head.lane = 2;
    assert_int_equal(proof_of(world, &receipt, &trust), 0);
}

/* One bit anywhere in what is proven. */
static void a_flipped_bit_is_refused(void **state)
{
    const struct world *world = *state;
    struct receipt good, bad;
    void *const places[] = {
        &bad.transfer.points,
        &bad.transfer.member_id,
        &bad.transfer.ref,
        bad.path[0],
        bad.path[3],
        bad.block.block.previous,
        bad.block.block.root,
        &bad.block.block.time_us,
        &bad.block.block.transfers,
        bad.block.signature,
        bad.block_key,
        &bad.checkpoint.time_us,
        &bad.checkpoint.id,
        bad.checkpoint.signature,
        bad.checkpoint_key,
        &bad.header_count,
    };

    make_receipt(world, 2, &good);
    assert_int_equal(good.path_length, 4);
    for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
        bad = good;
        *(uint8_t *)places[i] ^= 1;
        assert_int_equal(proof_of(world, &bad, &anybody), 0);
    }
    for (size_t i = 0; i < good.header_count; i++) {
        good.headers[i].root[i] ^= 1;
        assert_int_equal(proof_of(world, &good, &anybody), 0);
        good.headers[i].root[i] ^= 1;
    }
    assert_int_equal(proof_of(world, &good, &anybody), RECEIPT_IN_CHECKPOINT);
}

/* --- Checkpoints ------------------------------------------------------------------------------ */

static void the_signed_bytes_of_a_checkpoint_are_as_described(void **state)
{
    struct lane_head heads[] = {{.lane = 1, .height = 258, .hash = {0xaa}},
                                {.lane = 200, .height = 1, .hash = {0xbb}}};
    struct checkpoint checkpoint = {
        .id = 7, .time_us = 0x0102030405060708, .heads = heads, .head_count = 2};
    struct buffer bytes = {0};
    struct arena *arena = arena_new();

    (void)state;
    checkpoint_pack(&bytes, &checkpoint);
    char *hex = hex_encode(arena, bytes.data, bytes.length);
    char *expected = arena_printf(arena, "%s%s%s%s%s%s%062d%s%s%s%062d",
                                  "6c696e6c692d636865636b706f696e742d3100", /* and its NUL */
                                  "0000000000000007", "0102030405060708", "0002", "01",
                                  "0000000000000102aa", 0, "c8", "0000000000000001", "bb", 0);
    assert_string_equal(hex, expected);
    arena_free(arena);
    buffer_free(&bytes);
}

static void a_checkpoint_goes_there_and_back(void **state)
{
    const struct world *world = *state;
    json_t *json = checkpoint_json(&world->checkpoint, world->public_key);
    uint8_t public_key[SIGN_PUBLIC_SIZE];
    struct checkpoint back;
    struct error error;

    assert_true(checkpoint_from_json(json, world->arena, &back, public_key, &error));
    assert_memory_equal(public_key, world->public_key, sizeof(public_key));
    assert_true(checkpoint_is_signed(&back, public_key));
    assert_int_equal(checkpoint_head(&back, 1)->height, 17);
    assert_null(checkpoint_head(&back, 2));
    back.heads[0].height++;
    assert_false(checkpoint_is_signed(&back, public_key));
    json_decref(json);
}

static void lanes_must_be_in_order(void **state)
{
    const struct world *world = *state;
    struct lane_head heads[] = {{.lane = 3, .height = 1}, {.lane = 3, .height = 2}};
    struct checkpoint twice = {.id = 1, .time_us = 1, .heads = heads, .head_count = 2, .key_id = 1};
    json_t *json = checkpoint_json(&twice, world->public_key);
    uint8_t public_key[SIGN_PUBLIC_SIZE];
    struct checkpoint back;
    struct error error;

    assert_false(checkpoint_from_json(json, world->arena, &back, public_key, &error));
    assert_non_null(strstr(error.detail, "order"));
    json_decref(json);
}

/* --- The trial balance on paper --------------------------------------------------------------- */

static void a_trial_balance_has_a_line_for_each_kind(void **state)
{
    struct trial_balance balance = {.day = 20779, .utc_offset_minutes = 480};
    struct buffer csv = {0};

    (void)state;
    balance.lines[ACCOUNT_ISSUANCE] = (struct trial_line){.opening = -100, .out = 250};
    balance.lines[ACCOUNT_WALLET] = (struct trial_line){.opening = 100, .in = 250};
    trial_balance_csv(&balance, &csv);
    assert_string_equal(csv.data, "day,account,opening,in,out,closing\r\n"
                                  "2026-11-22,issuance,-1.00,0.00,2.50,-3.50\r\n"
                                  "2026-11-22,wallet,1.00,2.50,0.00,3.50\r\n"
                                  "2026-11-22,held,0.00,0.00,0.00,0.00\r\n"
                                  "2026-11-22,merchant,0.00,0.00,0.00,0.00\r\n"
                                  "2026-11-22,settled,0.00,0.00,0.00,0.00\r\n"
                                  "2026-11-22,expired,0.00,0.00,0.00,0.00\r\n"
                                  "2026-11-22,adjustment,0.00,0.00,0.00,0.00\r\n"
                                  "2026-11-22,revoked,0.00,0.00,0.00,0.00\r\n"
                                  "2026-11-22,receivable,0.00,0.00,0.00,0.00\r\n"
                                  "2026-11-22,waived,0.00,0.00,0.00,0.00\r\n"
                                  "2026-11-22,sum,0.00,2.50,2.50,0.00\r\n");
    buffer_free(&csv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_go_there_and_back),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(a_misfit_shows_the_columns_that_differ),
        cmocka_unit_test(a_transfer_is_named_as_people_see_it),
        cmocka_unit_test(every_receipt_of_a_block_is_good),
        cmocka_unit_test(without_a_checkpoint_the_block_is_signed),
        cmocka_unit_test(one_kept_earlier_is_met_on_the_way),
        cmocka_unit_test(a_flipped_bit_is_refused),
        cmocka_unit_test(the_signed_bytes_of_a_checkpoint_are_as_described),
        cmocka_unit_test(a_checkpoint_goes_there_and_back),
        cmocka_unit_test(lanes_must_be_in_order),
        cmocka_unit_test(a_trial_balance_has_a_line_for_each_kind),
    };

    return cmocka_run_group_tests(tests, make_world, free_world);
}
