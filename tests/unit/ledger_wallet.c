#include "unit.h"

#include <string.h>

#include "ledger/wallet.h"

#define MEMBER   UINT64_C(260)
#define NOW      (20000 * DAY_US)
#define ISSUANCE account_of(ACCOUNT_ISSUANCE, 0)
#define HELD     account_of(ACCOUNT_HELD, MEMBER)
#define SHOP     account_of(ACCOUNT_MERCHANT, 8)

static struct book *book;
static struct wallet *wallet;

static int open_book(void **state)
{
    (void)state;
    book = book_new();
    book_begin(book, 1, 1, NOW);
    wallet = book_create(book, &wallet_rows, MEMBER);
    return 0;
}

static int close_book(void **state)
{
    (void)state;
    book_free(book);
    return 0;
}

static void at(int64_t now_us)
{
    book_begin(book, 1, 2, now_us);
}

static void give(uint64_t lot_id, int64_t points, int64_t expires_us)
{
    struct transfer award = {.kind = TRANSFER_AWARD, .from = ISSUANCE, .ref = lot_id};

    wallet_credit(book, wallet, &award, lot_id, points, expires_us, LOT_RECORD, 1);
}

/* Takes for a voucher; the allocation is copied to where the next batch leaves it alone. */
static enum refusal hold(int64_t points, struct text *allocation)
{
    static char kept[16384];
    struct transfer transfer = {.kind = TRANSFER_HOLD, .to = HELD, .ref = 1};
    enum refusal refusal = wallet_take(book, wallet, &transfer, points, allocation);

    if (refusal == ACCEPTED && allocation->length > 0) {
        memcpy(kept, allocation->data, allocation->length);
        allocation->data = kept;
    }
    return refusal;
}

static void release(struct text allocation)
{
    struct transfer transfer = {.kind = TRANSFER_RELEASE, .from = HELD, .ref = 1};

    wallet_give_back(book, wallet, &transfer, allocation);
}

static int64_t remaining(uint64_t lot_id)
{
    return wallet_lot(wallet, lot_id)->remaining;
}

static const struct transfer *last_transfer(void)
{
    size_t count;
    const struct transfer *transfers = book_transfers(book, &count);

    assert_true(count > 0);
    return &transfers[count - 1];
}

static size_t transfer_count(void)
{
    size_t count;

    book_transfers(book, &count);
    return count;
}

/* --- Earning ---------------------------------------------------------------------------------- */

static void an_award_is_a_lot(void **state)
{
    (void)state;
    give(1, 500, NOW + DAY_US);
    assert_int_equal(wallet->available, 500);
    assert_int_equal(remaining(1), 500);
    assert_true(wallet->row.changed && wallet_lot(wallet, 1)->is_new);
    assert_int_equal(wallet->version, 0); /* a row that is made is at its first version */
    assert_int_equal(last_transfer()->to, account_of(ACCOUNT_WALLET, MEMBER));
    assert_int_equal(last_transfer()->member_id, MEMBER);
}

static void no_points_post_nothing(void **state)
{
    (void)state;
    give(1, 0, NOW + DAY_US);
    assert_null(wallet_lot(wallet, 1));
    assert_int_equal(transfer_count(), 0);
}

static void a_version_grows_once_a_batch(void **state)
{
    (void)state;
    at(NOW);
    give(1, 5, NOW + DAY_US);
    give(2, 5, NOW + DAY_US);
    assert_int_equal(wallet->version, 1);
    at(NOW);
    give(3, 5, NOW + DAY_US);
    assert_int_equal(wallet->version, 2);
}

/* --- Spending --------------------------------------------------------------------------------- */

static void what_expires_first_is_spent_first(void **state)
{
    struct text allocation;
    struct lot_part *parts;
    size_t count;

    (void)state;
    give(1, 100, NOW + 3 * DAY_US);
    give(2, 100, NOW + DAY_US);
    give(3, 100, NOW + 2 * DAY_US);
    assert_int_equal(hold(150, &allocation), ACCEPTED);
    assert_int_equal(remaining(2), 0);
    assert_int_equal(remaining(3), 50);
    assert_int_equal(remaining(1), 100);
    assert_int_equal(wallet->available, 150);
    assert_int_equal(wallet->held, 150);
    assert_true(lot_parts_unpack(allocation, book_arena(book), &parts, &count));
    assert_int_equal(count, 2);
    assert_int_equal(parts[0].lot_id, 2);
    assert_int_equal(parts[0].points, -100);
    assert_int_equal(parts[1].lot_id, 3);
    assert_int_equal(parts[1].points, -50);
    assert_int_equal(parts[1].expires_us, NOW + 2 * DAY_US);
}

static void lots_of_one_day_are_spent_by_number(void **state)
{
    struct text allocation;

    (void)state;
    give(9, 10, NOW + DAY_US);
    give(4, 10, NOW + DAY_US);
    assert_int_equal(hold(10, &allocation), ACCEPTED);
    assert_int_equal(remaining(4), 0);
    assert_int_equal(remaining(9), 10);
}

static void dead_lots_pay_nothing_and_wait_to_be_swept(void **state)
{
    struct text allocation;

    (void)state;
    give(1, 100, NOW + DAY_US);
    give(2, 100, NOW + 2 * DAY_US);
    at(NOW + DAY_US); /* a lot is dead at the very instant of its expiry */
    assert_int_equal(wallet_spendable(wallet, NOW + DAY_US), 100);
    assert_int_equal(wallet->available, 200);
    assert_int_equal(hold(101, &allocation), REFUSED_NOT_ENOUGH_POINTS);
    assert_int_equal(hold(100, &allocation), ACCEPTED);
    assert_int_equal(remaining(1), 100);
}

static void a_refusal_changes_nothing(void **state)
{
    struct text allocation;

    (void)state;
    give(1, 100, NOW + DAY_US);
    at(NOW);
    struct wallet before = *wallet;
    struct lot lot = wallet->lots[0];
    assert_int_equal(hold(101, &allocation), REFUSED_NOT_ENOUGH_POINTS);
    assert_memory_equal(wallet, &before, sizeof(before));
    assert_memory_equal(&wallet->lots[0], &lot, sizeof(lot));
    assert_int_equal(transfer_count(), 0);
}

static void more_lots_than_a_transfer_can_name_are_too_much(void **state)
{
    struct text allocation;

    (void)state;
    for (uint64_t lot = 1; lot <= LOT_PARTS_MOST + 1; lot++)
        give(lot, 1, NOW + DAY_US);
    assert_int_equal(hold(LOT_PARTS_MOST + 1, &allocation), REFUSED_TOO_MUCH);
    assert_int_equal(wallet->held, 0);
    assert_int_equal(hold(LOT_PARTS_MOST, &allocation), ACCEPTED);
    release(allocation);
    assert_int_equal(wallet->available, LOT_PARTS_MOST + 1);
    assert_int_equal(wallet->held, 0);
}

static void a_free_reward_takes_no_lot_but_is_posted(void **state)
{
    struct text allocation;

    (void)state;
    assert_int_equal(hold(0, &allocation), ACCEPTED);
    assert_int_equal(allocation.length, 0);
    assert_int_equal(last_transfer()->kind, TRANSFER_HOLD);
    release(allocation);
    assert_int_equal(last_transfer()->kind, TRANSFER_RELEASE);
    assert_int_equal(last_transfer()->points, 0);
}

static void a_confirmation_moves_held_points_and_back(void **state)
{
    struct transfer capture = {.kind = TRANSFER_CAPTURE, .from = HELD, .to = SHOP, .points = 60};
    struct transfer undo = {.kind = TRANSFER_UNCAPTURE, .from = SHOP, .to = HELD, .points = 60};
    struct text allocation;
    size_t count;

    (void)state;
    give(1, 100, NOW + DAY_US);
    assert_int_equal(hold(60, &allocation), ACCEPTED);
    wallet_move_held(book, wallet, &capture);
    assert_int_equal(wallet->held, 0);
    assert_int_equal(book_balance_changes(book, &count)[1].change, 60);
    wallet_move_held(book, wallet, &undo);
    assert_int_equal(wallet->held, 60);
    assert_int_equal(remaining(1), 40);
}

/* --- Giving back ------------------------------------------------------------------------------ */

static void points_return_to_the_lots_they_came_from(void **state)
{
    struct text allocation;

    (void)state;
    give(1, 100, NOW + DAY_US);
    give(2, 100, NOW + 2 * DAY_US);
    assert_int_equal(hold(150, &allocation), ACCEPTED);
    at(NOW + HOUR_US);
    release(allocation);
    assert_int_equal(remaining(1), 100);
    assert_int_equal(remaining(2), 100);
    assert_int_equal(wallet->available, 200);
    assert_int_equal(wallet->held, 0);
    assert_int_equal(wallet_lot(wallet, 1)->expires_us, NOW + DAY_US);
}

static void points_that_return_late_live_thirty_days_more(void **state)
{
    struct text allocation;

    (void)state;
    give(1, 100, NOW + DAY_US);
    assert_int_equal(hold(100, &allocation), ACCEPTED);
    at(NOW + 5 * DAY_US);
    release(allocation);
    assert_int_equal(wallet_lot(wallet, 1)->expires_us, NOW + 35 * DAY_US);
    assert_int_equal(wallet_spendable(wallet, NOW + 34 * DAY_US), 100);
    assert_int_equal(wallet_spendable(wallet, NOW + 35 * DAY_US), 0);
}

static void what_ran_out_unspent_does_not_come_to_life_again(void **state)
{
    struct text allocation;
    size_t count;

    (void)state;
    give(1, 100, NOW + DAY_US);
    assert_int_equal(hold(30, &allocation), ACCEPTED);
    at(NOW + 5 * DAY_US); /* 70 are dead, not swept yet */
    release(allocation);
    assert_int_equal(remaining(1), 30);
    assert_int_equal(wallet->available, 30);
    assert_int_equal(book_transfers(book, &count)[0].kind, TRANSFER_LOT_EXPIRY);
    assert_int_equal(book_transfers(book, &count)[0].points, 70);
    assert_int_equal(lot_spent(wallet_lot(wallet, 1)), 0);
}

static void a_spent_lot_that_was_not_loaded_takes_points_back(void **state)
{
    struct text allocation;

    (void)state;
    give(1, 100, NOW + DAY_US);
    assert_int_equal(hold(100, &allocation), ACCEPTED);
    wallet->lot_count = 0; /* as a load would find it: nothing left, so not there */
    at(NOW + HOUR_US);
    release(allocation);
    const struct lot *lot = wallet_lot(wallet, 1);
    assert_true(lot->unread && lot->changed && !lot->is_new);
    assert_int_equal(lot->remaining, 100);
    assert_int_equal(lot->expires_us, NOW + DAY_US);
    assert_int_equal(lot->source, LOT_RECORD);
    assert_int_equal(lot->grade, 1);
    assert_int_equal(wallet->available, 100);
}

/* --- Revoked lots ----------------------------------------------------------------------------- */

/* A lot of 100 of which 60 are on hold; clawed back: 40 taken, 60 owed. */
static struct text revoke_with_60_on_hold(void)
{
    struct text allocation;

    give(1, 100, NOW + DAY_US);
    assert_int_equal(hold(60, &allocation), ACCEPTED);
    struct transfer claw_back = {.kind = TRANSFER_CLAW_BACK, .to = account_of(ACCOUNT_REVOKED, 0)};
    assert_int_equal(wallet_take_lot(book, wallet, &claw_back, 1), 40);
    wallet_lot(wallet, 1)->state = LOT_REVOKED;
    wallet->owed = 60;
    at(NOW + HOUR_US);
    return allocation;
}

static void a_voucher_of_a_revoked_lot_repays_what_is_owed(void **state)
{
    size_t count;

    (void)state;
    release(revoke_with_60_on_hold());
    const struct transfer *transfers = book_transfers(book, &count);
    assert_int_equal(count, 2);
    assert_int_equal(transfers[0].kind, TRANSFER_RELEASE);
    assert_int_equal(transfers[1].kind, TRANSFER_REPAY);
    assert_int_equal(transfers[1].to, account_of(ACCOUNT_RECEIVABLE, MEMBER));
    assert_int_equal(transfers[1].points, 60);
    assert_int_equal(wallet->available, 0);
    assert_int_equal(wallet->held, 0);
    assert_int_equal(wallet->owed, 0);
    assert_int_equal(lot_spent(wallet_lot(wallet, 1)), 0);
}

static void what_was_waived_is_made_up_for(void **state)
{
    struct text allocation = revoke_with_60_on_hold();
    size_t count;

    (void)state;
    wallet->owed = 25; /* 35 were waived */
    release(allocation);
    const struct transfer *transfers = book_transfers(book, &count);
    assert_int_equal(count, 3);
    assert_int_equal(transfers[1].points, 25);
    assert_int_equal(transfers[2].points, 35);
    assert_int_equal(transfers[2].to, account_of(ACCOUNT_WAIVED, 0));
    assert_int_equal(wallet->owed, 0);
    assert_int_equal(wallet->available, 0);
}

static void later_earnings_are_not_seized(void **state)
{
    (void)state;
    revoke_with_60_on_hold();
    give(2, 500, NOW + DAY_US);
    assert_int_equal(wallet->owed, 60);
    assert_int_equal(wallet_spendable(wallet, NOW), 500);
}

/* --- Limits ----------------------------------------------------------------------------------- */

static void limits_count_by_subject_and_period(void **state)
{
    (void)state;
    wallet_use_limit(wallet, 5, 10, 2, NOW + DAY_US);
    wallet_use_limit(wallet, 5, 11, 1, NOW + 2 * DAY_US);
    wallet_use_limit(wallet, 6, 10, 7, NOW + DAY_US);
    wallet_use_limit(wallet, 5, 10, 3, NOW + DAY_US);
    assert_int_equal(wallet_limit_used(wallet, 5, 10), 5);
    assert_int_equal(wallet_limit_used(wallet, 5, 11), 1);
    assert_int_equal(wallet_limit_used(wallet, 6, 10), 7);
    assert_int_equal(wallet_limit_used(wallet, 6, 11), 0);
}

static void a_limit_is_given_back_but_never_below_zero(void **state)
{
    (void)state;
    wallet_use_limit(wallet, 5, 10, 2, NOW + DAY_US);
    wallet_use_limit(wallet, 5, 10, -1, 0);
    assert_int_equal(wallet_limit_used(wallet, 5, 10), 1);
    assert_int_equal(wallet->limits[0].ends_us, NOW + DAY_US);
    wallet_use_limit(wallet, 5, 10, -4, 0);
    assert_int_equal(wallet_limit_used(wallet, 5, 10), 0);
    wallet_use_limit(wallet, 5, 99, -1, 0); /* its period is over, it is not loaded */
    assert_int_equal(wallet->limit_count, 1);
}

/* --- Merging ---------------------------------------------------------------------------------- */

static void a_merge_moves_lots_limits_and_debts(void **state)
{
    struct wallet *other = book_create(book, &wallet_rows, 300);

    (void)state;
    give(1, 100, NOW + 2 * DAY_US);
    wallet_use_limit(wallet, 5, 10, 2, NOW + DAY_US);
    wallet->owed = 30;
    struct transfer award = {.kind = TRANSFER_AWARD, .from = ISSUANCE};
    wallet_credit(book, other, &award, 2, 50, NOW + DAY_US, LOT_RECORD, 1);
    wallet_use_limit(other, 5, 10, 1, NOW + DAY_US);
    wallet_absorb(book, other, wallet, 9);
    assert_int_equal(other->available, 150);
    assert_int_equal(other->owed, 30);
    assert_int_equal(other->lots[0].id, 2);
    assert_int_equal(other->lots[1].id, 1);
    assert_int_equal(wallet_limit_used(other, 5, 10), 3);
    assert_int_equal(wallet->state, WALLET_MERGED);
    assert_int_equal(wallet->merged_into, 300);
    assert_int_equal(wallet->available, 0);
    assert_null(book_wallet(book, MEMBER));
    assert_ptr_equal(book_wallet(book, 300), other);
    assert_int_equal(last_transfer()->from, account_of(ACCOUNT_RECEIVABLE, 300));
    assert_int_equal(last_transfer()->to, account_of(ACCOUNT_RECEIVABLE, MEMBER));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_book, close_book)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_award_is_a_lot),
        TEST(no_points_post_nothing),
        TEST(a_version_grows_once_a_batch),
        TEST(what_expires_first_is_spent_first),
        TEST(lots_of_one_day_are_spent_by_number),
        TEST(dead_lots_pay_nothing_and_wait_to_be_swept),
        TEST(a_refusal_changes_nothing),
        TEST(more_lots_than_a_transfer_can_name_are_too_much),
        TEST(a_free_reward_takes_no_lot_but_is_posted),
        TEST(a_confirmation_moves_held_points_and_back),
        TEST(points_return_to_the_lots_they_came_from),
        TEST(points_that_return_late_live_thirty_days_more),
        TEST(what_ran_out_unspent_does_not_come_to_life_again),
        TEST(a_spent_lot_that_was_not_loaded_takes_points_back),
        TEST(a_voucher_of_a_revoked_lot_repays_what_is_owed),
        TEST(what_was_waived_is_made_up_for),
        TEST(later_earnings_are_not_seized),
        TEST(limits_count_by_subject_and_period),
        TEST(a_limit_is_given_back_but_never_below_zero),
        TEST(a_merge_moves_lots_limits_and_debts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
