#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "ledger/chain.h"
#include "ledger/command.h"
#include "ledger/key_set.h"

/* Three kinds of rows; of `exclusive` ones a batch's commands must not name the same. */
struct thing {
    struct row row;
    int value;
};
static size_t forgotten;

static void forget_thing(struct row *row)
{
    (void)row;
    forgotten++;
}

static void unmark_thing(struct row *row)
{
    ((struct thing *)row)->value = -1;
}

static const struct row_kind things = {
    .name = "things",
    .size = sizeof(struct thing),
    .lock_order = 20,
    .forget = forget_thing,
    .unmark = unmark_thing,
};
static const struct row_kind others = {
    .name = "others", .size = sizeof(struct thing), .lock_order = 30, .exclusive = true};
static const struct row_kind firsts = {
    .name = "firsts", .size = sizeof(struct row), .lock_order = 10};

/* --- Rows ------------------------------------------------------------------------------------- */

static void rows_are_found_by_kind_and_key(void **state)
{
    struct book *book = book_new();

    (void)state;
    assert_null(book_find(book, &things, 7));
    struct thing *added = book_add(book, &things, 7);
    struct thing *created = book_create(book, &things, 0);
    assert_int_equal(added->row.key, 7);
    assert_false(added->row.is_new || added->row.changed);
    assert_true(created->row.is_new && created->row.changed);
    assert_ptr_equal(book_find(book, &things, 7), added);
    assert_ptr_equal(book_find(book, &things, 0), created);
    assert_null(book_find(book, &others, 7));
    book_free(book);
}

static void changed_rows_come_sorted(void **state)
{
    struct book *book = book_new();
    uint64_t random = 3, last = 0;
    size_t count;

    (void)state;
    for (int i = 0; i < 500; i++) {
        uint64_t key = random_u64(&random);
        struct thing *thing = book_add(book, &things, key);

        if (key % 2 == 0)
            row_change(&thing->row);
    }
    struct row *const *rows = book_changed(book, &things, &count);
    assert_true(count > 200 && count < 300);
    for (size_t i = 0; i < count; last = rows[i++]->key)
        assert_true(rows[i]->changed && rows[i]->key > last);
    book_rows(book, &things, &count);
    assert_int_equal(count, 500);
    book_changed(book, &others, &count);
    assert_int_equal(count, 0);
    book_free(book);
}

static void a_new_batch_takes_the_marks_and_leaves_the_rows(void **state)
{
    struct book *book = book_new();
    struct transfer nothing = {.kind = TRANSFER_FREEZE};
    size_t count;

    (void)state;
    book_begin(book, 4, 9, 1000);
    struct thing *thing = book_create(book, &things, 1);
    book_post(book, &nothing, NULL, 0);
    assert_int_equal(book_now_us(book), 1000);
    assert_int_equal(book_lane(book), 4);
    book_begin(book, 4, 10, 1001);
    assert_ptr_equal(book_find(book, &things, 1), thing);
    assert_false(thing->row.is_new || thing->row.changed);
    assert_int_equal(thing->value, -1);
    book_transfers(book, &count);
    assert_int_equal(count, 0);
    book_free(book);
}

static void clearing_forgets_every_row(void **state)
{
    struct book *book = book_new();

    (void)state;
    forgotten = 0;
    book_add(book, &things, 1);
    book_add(book, &things, 2);
    book_add(book, &others, 1);
    book_clear(book);
    assert_int_equal(forgotten, 2);
    assert_null(book_find(book, &things, 1));
    struct thing *again = book_add(book, &things, 1);
    assert_int_equal(again->value, 0);
    book_free(book);
    assert_int_equal(forgotten, 3);
}

static void kinds_come_in_lock_order(void **state)
{
    struct book *book = book_new();
    size_t count;

    (void)state;
    book_add(book, &others, 1);
    book_add(book, &firsts, 1);
    book_add(book, &things, 1);
    const struct row_kind *const *kinds = book_kinds(book, &count);
    assert_int_equal(count, 3);
    assert_ptr_equal(kinds[0], &firsts);
    assert_ptr_equal(kinds[1], &things);
    assert_ptr_equal(kinds[2], &others);
    book_free(book);
}

/* --- Transfers -------------------------------------------------------------------------------- */

static void move(struct book *book, uint64_t from, uint64_t to, int64_t points)
{
    struct transfer transfer = {.kind = TRANSFER_AWARD, .from = from, .to = to, .points = points};

    book_post(book, &transfer, NULL, 0);
}

static void transfers_are_numbered_without_a_gap(void **state)
{
    struct book *book = book_new();
    size_t count;

    (void)state;
    book_begin(book, 200, UINT64_C(0xabcdef0123), 0);
    for (int i = 0; i < 300; i++)
        move(book, account_of(ACCOUNT_ISSUANCE, 0), account_of(ACCOUNT_WALLET, 1), i);
    const struct transfer *transfers = book_transfers(book, &count);
    assert_int_equal(count, 300);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(transfers[i].id, TRANSFER_ID(200, UINT64_C(0xabcdef0123), i));
        assert_int_equal(transfers[i].points, i);
    }
    book_free(book);
}

static void balances_are_kept_for_all_but_members(void **state)
{
    struct book *book = book_new();
    uint64_t issuance = account_of(ACCOUNT_ISSUANCE, 0), wallet = account_of(ACCOUNT_WALLET, 5);
    uint64_t held = account_of(ACCOUNT_HELD, 5), merchant = account_of(ACCOUNT_MERCHANT, 8);
    uint64_t settled = account_of(ACCOUNT_SETTLED, 8);
    size_t count;

    (void)state;
    book_begin(book, 1, 1, 0);
    move(book, issuance, wallet, 100);
    move(book, issuance, wallet, 20);
    move(book, wallet, held, 70);
    move(book, held, merchant, 50);
    move(book, merchant, settled, 30);
    move(book, settled, merchant, 30);
    const struct balance_change *changes = book_balance_changes(book, &count);
    assert_int_equal(count, 2); /* what came and went leaves no change */
    assert_int_equal(changes[0].account, issuance);
    assert_int_equal(changes[0].change, -120);
    assert_int_equal(changes[1].account, merchant);
    assert_int_equal(changes[1].change, 50);
    book_begin(book, 1, 2, 0);
    book_balance_changes(book, &count);
    assert_int_equal(count, 0);
    book_free(book);
}

static void lot_parts_are_packed_and_unpacked(void **state)
{
    struct lot_part parts[LOT_PARTS_MOST], *unpacked;
    struct arena *arena = arena_new();
    struct buffer packed = {0};
    size_t count;

    (void)state;
    for (size_t i = 0; i < LOT_PARTS_MOST; i++)
        parts[i] = (struct lot_part){
            .lot_id = UINT64_MAX - i,
            .points = -(int64_t)i,
            .expires_us = INT64_MAX - (int64_t)i,
            .grade = (uint8_t)i,
            .source = (uint8_t)(255 - i % 256),
        };
    for (size_t wanted = 0; wanted <= LOT_PARTS_MOST; wanted += 60) {
        buffer_clear(&packed);
        lot_parts_pack(&packed, parts, wanted);
        assert_true(packed.length <= 16384); /* the width of the columns */
        struct text text = {packed.data, packed.length};
        assert_true(lot_parts_unpack(text, arena, &unpacked, &count));
        assert_int_equal(count, wanted);
        for (size_t i = 0; i < count; i++)
            assert_memory_equal(&unpacked[i], &parts[i], offsetof(struct lot_part, grade) + 2);
    }
    buffer_free(&packed);
    arena_free(arena);
}

static void anything_but_exactly_packed_parts_is_refused(void **state)
{
    const struct lot_part parts[2] = {{.lot_id = 1, .points = 2}, {.lot_id = 3, .points = 4}};
    struct arena *arena = arena_new();
    struct buffer packed = {0};
    struct lot_part *unpacked;
    size_t count;

    (void)state;
    lot_parts_pack(&packed, parts, 2);
    for (size_t length = 1; length < packed.length; length++)
        assert_false(
            lot_parts_unpack((struct text){packed.data, length}, arena, &unpacked, &count));
    buffer_add_u8(&packed, 0);
    assert_false(
        lot_parts_unpack((struct text){packed.data, packed.length}, arena, &unpacked, &count));
    packed.data[1] = 1; /* fewer than there are */
    assert_false(
        lot_parts_unpack((struct text){packed.data, packed.length - 1}, arena, &unpacked, &count));
    assert_false(lot_parts_unpack(TEXT("\0\0"), arena, &unpacked, &count));
    assert_false(lot_parts_unpack(TEXT("\xff\xff"), arena, &unpacked, &count));
    buffer_free(&packed);
    arena_free(arena);
}

/* --- Names ------------------------------------------------------------------------------------ */

static void accounts_carry_kind_and_owner(void **state)
{
    uint64_t account = account_of(ACCOUNT_RECEIVABLE, ((uint64_t)1 << 53) - 1);

    (void)state;
    assert_int_equal(account_kind(account), ACCOUNT_RECEIVABLE);
    assert_int_equal(account_owner(account), ((uint64_t)1 << 53) - 1);
    assert_string_equal(account_kind_name(ACCOUNT_WALLET), "wallet");
    assert_string_equal(account_kind_name(ACCOUNT_WAIVED), "waived");
}

static void every_transfer_and_account_has_a_name(void **state)
{
    (void)state;
    for (int kind = TRANSFER_AWARD; kind <= TRANSFER_REPAY; kind++)
        assert_true(strlen(transfer_kind_name((enum transfer_kind)kind)) > 0);
    for (int kind = ACCOUNT_ISSUANCE; kind <= ACCOUNT_WAIVED; kind++)
        assert_true(strlen(account_kind_name((enum account_kind)kind)) > 0);
}

static void refusals_have_texts(void **state)
{
    (void)state;
    assert_string_equal(refusal_text(REFUSED_SOLD_OUT)->code, "sold_out");
    assert_int_equal(refusal_text(REFUSED_OWN_RECORD)->status, 403);
    assert_string_equal(refusal_text(REFUSED_KEY_REUSED)->code, "idempotency_key_reused");
}

/* --- Key sets --------------------------------------------------------------------------------- */

static void keys_come_in_lock_order_each_once(void **state)
{
    struct key_set set = {0};

    (void)state;
    key_set_add(&set, &others, 5);
    key_set_add(&set, &things, 9);
    key_set_add(&set, &things, 2);
    key_set_add(&set, &others, 5);
    key_set_add(&set, &things, 9);
    key_set_sort(&set);
    assert_int_equal(set.count, 2);
    assert_int_equal(set.keys, 3);
    assert_ptr_equal(set.lists[0].kind, &things);
    assert_int_equal(key_list_keys(&set.lists[0]).count, 2);
    assert_int_equal(key_list_keys(&set.lists[0]).keys[0], 2);
    assert_int_equal(key_list_keys(&set.lists[0]).keys[1], 9);
    assert_ptr_equal(set.lists[1].kind, &others);
    assert_int_equal(set.lists[1].count, 1);
    key_set_free(&set);
}

static void only_exclusive_rows_conflict(void **state)
{
    struct key_set set = {0}, one = {0};
    struct hash_map claimed = {0};

    (void)state;
    key_set_add(&set, &things, 1);
    key_set_add(&set, &others, 1);
    key_set_claim(&set, &claimed);
    key_set_add(&one, &things, 1);
    key_set_add(&one, &others, 2);
    assert_false(key_set_conflicts(&one, &claimed));
    key_set_add(&one, &others, 1);
    assert_true(key_set_conflicts(&one, &claimed));
    hash_map_free(&claimed);
    key_set_free(&set);
    key_set_free(&one);
}

static void a_cleared_set_leaves_kinds_out_and_is_used_again(void **state)
{
    struct key_set set = {0}, one = {0};

    (void)state;
    for (uint64_t round = 0; round < 5; round++) {
        key_set_clear(&set);
        key_set_clear(&one);
        key_set_add(&one, round % 2 ? &things : &others, round);
        key_set_add(&one, &firsts, round);
        key_set_merge(&set, &one);
        key_set_merge(&set, &one);
        key_set_sort(&set);
        assert_int_equal(set.count, 2);
        assert_int_equal(set.keys, 2);
        assert_ptr_equal(set.lists[0].kind, &firsts);
        assert_ptr_equal(set.lists[1].kind, round % 2 ? &things : &others);
        assert_int_equal(set.lists[1].keys[0], round);
    }
    key_set_free(&set);
    key_set_free(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_found_by_kind_and_key),
        cmocka_unit_test(changed_rows_come_sorted),
        cmocka_unit_test(a_new_batch_takes_the_marks_and_leaves_the_rows),
        cmocka_unit_test(clearing_forgets_every_row),
        cmocka_unit_test(kinds_come_in_lock_order),
        cmocka_unit_test(transfers_are_numbered_without_a_gap),
        cmocka_unit_test(balances_are_kept_for_all_but_members),
        cmocka_unit_test(lot_parts_are_packed_and_unpacked),
        cmocka_unit_test(anything_but_exactly_packed_parts_is_refused),
        cmocka_unit_test(accounts_carry_kind_and_owner),
        cmocka_unit_test(every_transfer_and_account_has_a_name),
        cmocka_unit_test(refusals_have_texts),
        cmocka_unit_test(keys_come_in_lock_order_each_once),
        cmocka_unit_test(only_exclusive_rows_conflict),
        cmocka_unit_test(a_cleared_set_leaves_kinds_out_and_is_used_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
