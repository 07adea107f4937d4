/*
 * Settlement by examples: which confirmations go onto a statement, and what can no longer be done
 * then.
 */
#include "market_shop.h"

#include "market/settlement.h"

#define STATEMENT UINT64_C(88)

static struct statement *statement;

/* The shop with a statement that takes what is confirmed up to now. */
static int open_statement(void **state)
{
    open_book(state);
    statement = book_add(book, &statement_rows, STATEMENT);
    statement->merchant_id = MERCHANT;
    statement->cut_off_us = NOW + 1;
    return 0;
}

static enum refusal settle(void)
{
    struct settle settle = {
        .redemption_id = VOUCHER, .statement_id = STATEMENT, .undo_window_us = WINDOW};

    return run(&settle.command, &command_settle, CLERK);
}

static void have_settled(void)
{
    have_issued();
    have(&command_confirm, NOW);
    next_batch(NOW + WINDOW + 1);
    assert_int_equal(settle(), ACCEPTED);
}

static void no_line_was_added(void)
{
    nothing_changed();
    assert_int_equal(statement->line_count, 0);
    assert_null(book_find(book, &statement_line_rows, VOUCHER));
}

static void a_settled_confirmation_is_a_line(void **state)
{
    size_t count;

    (void)state;
    have_settled();
    const struct transfer *transfer = book_transfers(book, &count);
    assert_int_equal(count, 1);
    assert_int_equal(transfer->kind, TRANSFER_SETTLE);
    assert_true(transfer->from == TILL);
    assert_true(transfer->to == account_of(ACCOUNT_SETTLED, MERCHANT));
    assert_int_equal(transfer->points, PRICE);
    assert_int_equal(transfer->pieces, 0);
    assert_true(transfer->ref == VOUCHER && transfer->subject == STATEMENT);
    assert_int_equal(voucher()->state, REDEMPTION_SETTLED);
    assert_int_equal(voucher()->closed_us, NOW + WINDOW + 1);
    assert_int_equal(outcome.points, PRICE);
    pieces_are(2, 0, 1);
    const struct statement_line *line = book_find(book, &statement_line_rows, VOUCHER);
    assert_int_equal(line->statement_id, STATEMENT);
    assert_int_equal(line->confirmed_us, NOW);
    assert_int_equal(statement->line_count, 1);
    assert_int_equal(statement->points, PRICE);
    assert_int_equal(statement->reimburse_fen, 450);
}

static void what_can_be_undone_is_not_settled(void **state)
{
    (void)state;
    have_issued();
    have(&command_confirm, NOW);
    next_batch(NOW + WINDOW);
    assert_int_equal(settle(), REFUSED_WRONG_STATE);
    no_line_was_added();
}

static void only_a_confirmation_before_the_cut_off_is_settled(void **state)
{
    (void)state;
    have_issued();
    next_batch(NOW + DAY_US);
    assert_int_equal(settle(), REFUSED_WRONG_STATE);
    have(&command_confirm, NOW + 1);
    next_batch(NOW + DAY_US);
    assert_int_equal(settle(), REFUSED_WRONG_STATE);
    no_line_was_added();
}

static void a_statement_that_is_drawn_up_takes_no_line(void **state)
{
    (void)state;
    have_issued();
    have(&command_confirm, NOW);
    next_batch(NOW + DAY_US);
    statement->state = STATEMENT_DRAFT;
    assert_int_equal(settle(), REFUSED_WRONG_STATE);
    no_line_was_added();
}

static void only_the_merchants_own_statement_takes_it(void **state)
{
    (void)state;
    have_issued();
    have(&command_confirm, NOW);
    next_batch(NOW + DAY_US);
    statement->merchant_id++;
    assert_int_equal(settle(), REFUSED_NOT_FOUND);
    no_line_was_added();
}

static void what_is_settled_stays(void **state)
{
    (void)state;
    have_settled();
    next_batch(NOW + WINDOW + 1);
    assert_int_equal(settle(), REFUSED_WRONG_STATE);
    assert_int_equal(turn(&command_refund), REFUSED_WRONG_STATE);
    assert_int_equal(turn(&command_undo), REFUSED_UNDO_TOO_LATE);
    assert_int_equal(turn(&command_cancel), REFUSED_VOUCHER_USED);
    assert_int_equal(turn(&command_confirm), REFUSED_VOUCHER_USED);
    nothing_changed();
    assert_int_equal(statement->line_count, 1);
}

#define SETTLING(name) cmocka_unit_test_setup_teardown(name, open_statement, close_book)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SETTLING(a_settled_confirmation_is_a_line),
        SETTLING(what_can_be_undone_is_not_settled),
        SETTLING(only_a_confirmation_before_the_cut_off_is_settled),
        SETTLING(a_statement_that_is_drawn_up_takes_no_line),
        SETTLING(only_the_merchants_own_statement_takes_it),
        SETTLING(what_is_settled_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
