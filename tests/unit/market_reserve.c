/*
 * Reserving and restocking by examples: what each does to points, pieces and limits, and every
 * reason to refuse it. How the commands get on together is service_simulation.c's.
 */
#include "market_shop.h"

#include "market/operation.h"

/* --- Reserve ---------------------------------------------------------------------------------- */

static void a_reservation_holds_the_price_and_a_piece(void **state)
{
    size_t count;

    (void)state;
    assert_int_equal(reserve(VOUCHER), ACCEPTED);
    points_are(700, 300);
    pieces_are(2, 1, 0);
    one_transfer(TRANSFER_HOLD, wallet_of(MEMBER), held_of(MEMBER), PRICE, 1);
    assert_int_equal(book_transfers(book, &count)->ref, VOUCHER);
    assert_int_equal(book_transfers(book, &count)->actor, MEMBER);
    assert_int_equal(outcome.ref, VOUCHER);
    assert_int_equal(outcome.state, REDEMPTION_ISSUED);
    assert_int_equal(outcome.points, PRICE);
    assert_int_equal(outcome.available, 700);
    assert_int_equal(outcome.held, 300);
    assert_int_equal(outcome.until_us, NOW + VALID_US);
    assert_int_equal(outcome.extra, 8);
}

static void the_voucher_keeps_what_was_agreed(void **state)
{
    static const uint8_t hash[16] = {1, 2, 3};
    size_t count;

    (void)state;
    assert_int_equal(reserve(VOUCHER), ACCEPTED);
    assert_int_equal(voucher()->member_id, MEMBER);
    assert_int_equal(voucher()->reward_id, REWARD);
    assert_int_equal(voucher()->merchant_id, MERCHANT);
    assert_int_equal(voucher()->points, PRICE);
    assert_int_equal(voucher()->reimburse_fen, 450);
    assert_int_equal(voucher()->terms_version, 4);
    assert_int_equal(voucher()->created_us, NOW);
    assert_int_equal(voucher()->expires_us, NOW + VALID_US);
    assert_int_equal(voucher()->code_key, 8);
    assert_memory_equal(voucher()->code_hash, hash, sizeof(hash));
    const struct text detail = book_transfers(book, &count)->detail;
    assert_int_equal(voucher()->allocation.length, detail.length);
    assert_memory_equal(voucher()->allocation.data, detail.data, detail.length);
}

static void what_is_not_there_is_not_reserved(void **state)
{
    struct reserve no_reward = quote(VOUCHER), nobody = quote(VOUCHER);

    (void)state;
    no_reward.reward_id = REWARD + 1;
    nobody.member_id = MEMBER + 50;
    assert_int_equal(reserve_as(no_reward), REFUSED_NOT_FOUND);
    assert_int_equal(reserve_as(nobody), REFUSED_NOT_FOUND);
    wallet->state = WALLET_MERGED;
    assert_int_equal(reserve(VOUCHER), REFUSED_NOT_FOUND);
    nothing_changed();
}

static void a_closed_reward_is_not_reserved(void **state)
{
    (void)state;
    stock->state = STOCK_CLOSED;
    assert_int_equal(reserve(VOUCHER), REFUSED_REWARD_CLOSED);
    nothing_changed();
}

static void whoever_saw_other_terms_is_asked_again(void **state)
{
    struct reserve older = quote(VOUCHER), cheaper = quote(VOUCHER);

    (void)state;
    older.terms_version = 3;
    cheaper.price = PRICE - 1;
    assert_int_equal(reserve_as(older), REFUSED_TERMS_CHANGED);
    assert_int_equal(reserve_as(cheaper), REFUSED_TERMS_CHANGED);
    nothing_changed();
}

static void the_last_piece_goes_to_one(void **state)
{
    (void)state;
    stock->initial = stock->free = 1;
    assert_int_equal(reserve(VOUCHER), ACCEPTED);
    next_batch(NOW);
    assert_int_equal(reserve(VOUCHER + 1), REFUSED_SOLD_OUT);
    nothing_changed();
}

static void nothing_is_issued_after_the_end_of_the_sale(void **state)
{
    (void)state;
    stock->sell_until_us = NOW;
    assert_int_equal(reserve(VOUCHER), REFUSED_REWARD_CLOSED);
    nothing_changed();
    stock->sell_until_us = NOW + 1;
    assert_int_equal(reserve(VOUCHER), ACCEPTED);
}

/* What is given back returns to the budget, what is used does not. */
static void a_sponsors_budget_is_not_exceeded(void **state)
{
    (void)state;
    stock->sponsor_id = 5;
    stock->budget_fen = 900; /* of vouchers at 450 */
    have_issued();
    assert_int_equal(voucher()->sponsor_id, 5);
    assert_int_equal(reserve(VOUCHER + 1), ACCEPTED);
    assert_int_equal(stock->committed_fen, 900);
    next_batch(NOW);
    assert_int_equal(reserve(VOUCHER + 2), REFUSED_BUDGET_SPENT);
    nothing_changed();
    have(&command_confirm, NOW);
    assert_int_equal(reserve(VOUCHER + 2), REFUSED_BUDGET_SPENT);
    have(&command_refund, NOW);
    assert_int_equal(stock->committed_fen, 450);
    assert_int_equal(reserve(VOUCHER + 2), ACCEPTED);
}

static void a_frozen_wallet_does_not_spend(void **state)
{
    (void)state;
    wallet->state = WALLET_FROZEN;
    assert_int_equal(reserve(VOUCHER), REFUSED_WALLET_FROZEN);
    nothing_changed();
}

static void whoever_has_too_little_is_told_what_is_lacking(void **state)
{
    struct reserve dear = quote(VOUCHER);

    (void)state;
    dear.price = stock->price = 1250;
    assert_int_equal(reserve_as(dear), REFUSED_NOT_ENOUGH_POINTS);
    assert_int_equal(outcome.points, 250);
    assert_int_equal(outcome.available, 1000);
    nothing_changed();
}

static void points_on_hold_and_run_out_ones_do_not_pay(void **state)
{
    (void)state;
    stock->price = 600;
    struct reserve dear = quote(VOUCHER);
    dear.price = 600;
    assert_int_equal(reserve_as(dear), ACCEPTED);
    dear.redemption_id = VOUCHER + 1;
    assert_int_equal(reserve_as(dear), REFUSED_NOT_ENOUGH_POINTS);
    assert_int_equal(outcome.points, 200);
    next_batch(NOW + 90 * DAY_US);
    assert_int_equal(reserve_as(dear), REFUSED_NOT_ENOUGH_POINTS);
    assert_int_equal(outcome.points, 600);
    nothing_changed();
}

/* --- Limits ----------------------------------------------------------------------------------- */

static void a_limit_counts_pieces_of_a_member_by_local_days(void **state)
{
    (void)state;
    stock->limit_count = 1;
    assert_int_equal(reserve(VOUCHER), ACCEPTED);
    next_batch(NOW + 4 * HOUR_US - 1); /* still before midnight in China */
    assert_int_equal(reserve(VOUCHER + 1), REFUSED_LIMIT_REACHED);
    nothing_changed();
    next_batch(NOW + 4 * HOUR_US);
    assert_int_equal(reserve(VOUCHER + 1), ACCEPTED);
}

static void a_limit_counts_over_its_days(void **state)
{
    /* Day 20000 is the second of 19999 … 20005. */
    int64_t end_us = calendar_day_start_us(20006, CHINA);

    (void)state;
    stock->limit_count = 2;
    stock->limit_days = 7;
    assert_int_equal(reserve(VOUCHER), ACCEPTED);
    assert_int_equal(voucher()->limit_period, 20006);
    assert_int_equal(reserve(VOUCHER + 1), ACCEPTED);
    next_batch(end_us - 1);
    assert_int_equal(reserve(VOUCHER + 2), REFUSED_LIMIT_REACHED);
    nothing_changed();
    next_batch(end_us);
    assert_int_equal(reserve(VOUCHER + 2), ACCEPTED);
}

static void a_limit_is_a_members_own(void **state)
{
    struct transfer award = {.kind = TRANSFER_AWARD, .from = account_of(ACCOUNT_ISSUANCE, 0)};
    struct reserve other = quote(VOUCHER + 1);

    (void)state;
    stock->limit_count = 1;
    wallet_credit(book, book_wallet(book, SPOUSE), &award, LOT + 1, 1000, NOW + DAY_US, LOT_RECORD,
                  2);
    assert_int_equal(reserve(VOUCHER), ACCEPTED);
    other.member_id = SPOUSE;
    assert_int_equal(reserve_as(other), ACCEPTED);
}

static void what_was_had_without_a_limit_does_not_count(void **state)
{
    (void)state;
    have_issued();
    assert_int_equal(voucher()->limit_period, -1);
    stock->limit_count = 1;
    assert_int_equal(reserve(VOUCHER + 1), ACCEPTED);
    next_batch(NOW);
    assert_int_equal(turn(&command_cancel), ACCEPTED);
    assert_int_equal(reserve(VOUCHER + 2), REFUSED_LIMIT_REACHED);
}

static void a_piece_given_back_may_be_had_again(void **state)
{
    (void)state;
    stock->limit_count = 2;
    have_issued();
    assert_int_equal(reserve(VOUCHER + 1), ACCEPTED);
    assert_int_equal(reserve(VOUCHER + 2), REFUSED_LIMIT_REACHED);
    have(&command_cancel, NOW);
    assert_int_equal(reserve(VOUCHER + 2), ACCEPTED);
    assert_int_equal(reserve(VOUCHER + 3), REFUSED_LIMIT_REACHED);
}

/* Of terms that end on different days, each use stays with its own. */
static void new_terms_do_not_forget_what_an_old_period_counted(void **state)
{
    (void)state;
    stock->limit_count = 1;
    stock->limit_days = 365; /* ends on day 20075 */
    have_issued();
    stock->limit_days = 366; /* ends on day 20130 */
    assert_int_equal(reserve(VOUCHER + 1), ACCEPTED);
    next_batch(calendar_day_start_us(20075, CHINA));
    assert_int_equal(reserve(VOUCHER + 2), REFUSED_LIMIT_REACHED);
    nothing_changed();
}

/* --- Restock ---------------------------------------------------------------------------------- */

static enum refusal restock_by(uint64_t reward_id, int32_t pieces)
{
    struct restock restock = {.reward_id = reward_id, .pieces = pieces};

    return run(&restock.command, &command_restock, CLERK);
}

static void pieces_are_brought_and_taken_away(void **state)
{
    (void)state;
    assert_int_equal(restock_by(REWARD, 10), ACCEPTED);
    pieces_are(13, 0, 0);
    one_transfer(TRANSFER_RESTOCK, 0, 0, 0, 10);
    assert_int_equal(outcome.points, 13);
    next_batch(NOW);
    assert_int_equal(restock_by(REWARD, -13), ACCEPTED);
    pieces_are(0, 0, 0);
    one_transfer(TRANSFER_RESTOCK, 0, 0, 0, -13);
}

static void only_free_pieces_are_taken_away(void **state)
{
    (void)state;
    have_issued();
    assert_int_equal(restock_by(REWARD, -3), REFUSED_TOO_MUCH);
    assert_int_equal(restock_by(REWARD, INT32_MIN), REFUSED_TOO_MUCH);
    nothing_changed();
    assert_int_equal(restock_by(REWARD, -2), ACCEPTED);
    pieces_are(0, 1, 0);
}

static void there_is_a_most_of_stock(void **state)
{
    (void)state;
    assert_int_equal(restock_by(REWARD, STOCK_MOST - 2), REFUSED_TOO_MUCH);
    assert_int_equal(restock_by(REWARD, INT32_MAX), REFUSED_TOO_MUCH);
    assert_int_equal(restock_by(REWARD + 1, 1), REFUSED_NOT_FOUND);
    nothing_changed();
    assert_int_equal(restock_by(REWARD, STOCK_MOST - 3), ACCEPTED);
}

/* --- Merchants whose vouchers others issue ---------------------------------------------------- */

static void a_merchant_is_asked_in_the_same_batch(void **state)
{
    struct reserve want = quote(VOUCHER);
    const struct operation *operation;

    (void)state;
    stock->calls = CALLS_PLUGIN | 1 << OPERATION_RESERVE;
    stock->integration_id = 77;
    want.operation_id = 900;
    assert_int_equal(reserve_as(want), ACCEPTED);
    assert_int_equal(voucher()->state, REDEMPTION_ISSUING);
    assert_int_equal(outcome.state, REDEMPTION_ISSUING);
    points_are(700, 300);
    operation = book_find(book, &operation_rows, 900);
    assert_int_equal(operation->redemption_id, VOUCHER);
    assert_int_equal(operation->kind, OPERATION_RESERVE);
    assert_int_equal(operation->state, OPERATION_WAITING);
    assert_int_equal(voucher()->operation_id, 900);
}

static void a_merchant_learns_of_a_member_what_they_agreed_to(void **state)
{
    struct reserve want = quote(VOUCHER);

    (void)state;
    stock->calls = CALLS_PLUGIN | 1 << OPERATION_RESERVE |
                   (LINLI_TELLS_NAME | LINLI_TELLS_PHONE) << CALLS_TELLS_SHIFT;
    want.operation_id = 900;
    want.agreed = LINLI_TELLS_NAME;
    assert_int_equal(reserve_as(want), REFUSED_MUST_AGREE);
    assert_int_equal(outcome.extra, LINLI_TELLS_NAME | LINLI_TELLS_PHONE);
    nothing_changed();
    want.agreed = DISCLOSURES_ALL;
    assert_int_equal(reserve_as(want), ACCEPTED);
    assert_int_equal(voucher()->agreed, LINLI_TELLS_NAME | LINLI_TELLS_PHONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_reservation_holds_the_price_and_a_piece),
        TEST(the_voucher_keeps_what_was_agreed),
        TEST(what_is_not_there_is_not_reserved),
        TEST(a_closed_reward_is_not_reserved),
        TEST(whoever_saw_other_terms_is_asked_again),
        TEST(the_last_piece_goes_to_one),
        TEST(nothing_is_issued_after_the_end_of_the_sale),
        TEST(a_sponsors_budget_is_not_exceeded),
        TEST(a_frozen_wallet_does_not_spend),
        TEST(whoever_has_too_little_is_told_what_is_lacking),
        TEST(points_on_hold_and_run_out_ones_do_not_pay),
        TEST(a_limit_counts_pieces_of_a_member_by_local_days),
        TEST(a_limit_counts_over_its_days),
        TEST(a_limit_is_a_members_own),
        TEST(what_was_had_without_a_limit_does_not_count),
        TEST(a_piece_given_back_may_be_had_again),
        TEST(new_terms_do_not_forget_what_an_old_period_counted),
        TEST(pieces_are_brought_and_taken_away),
        TEST(only_free_pieces_are_taken_away),
        TEST(there_is_a_most_of_stock),
        TEST(a_merchant_is_asked_in_the_same_batch),
        TEST(a_merchant_learns_of_a_member_what_they_agreed_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
