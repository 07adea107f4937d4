/*
 * Settling, pure: what goes onto a statement, and what never does.
 */
#include "unit.h"

#include <stdlib.h>

#include "market/redemption.h"
#include "market/settlement.h"

#define VOUCHER   UINT64_C(11)
#define STATEMENT UINT64_C(12)
#define MERCHANT  UINT64_C(13)
#define NOW_US    (100 * DAY_US)
#define WINDOW_US (5 * MINUTE_US)

struct fixture {
    struct book *book;
    struct redemption *redemption;
    struct statement *statement;
};

/* A voucher that was confirmed an hour ago, and a statement whose cut-off was half an hour ago. */
static int set_up(void **state)
{
    struct fixture *fixture = memory_new(sizeof *fixture);

    fixture->book = book_new();
    book_begin(fixture->book, 1, 1, NOW_US);
    fixture->redemption = book_add(fixture->book, &redemption_rows, VOUCHER);
    fixture->redemption->merchant_id = MERCHANT;
    fixture->redemption->state = REDEMPTION_CONFIRMED;
    fixture->redemption->points = 300;
    fixture->redemption->reimburse_fen = 250;
    fixture->redemption->confirmed_us = NOW_US - HOUR_US;
    fixture->statement = book_add(fixture->book, &statement_rows, STATEMENT);
    fixture->statement->merchant_id = MERCHANT;
    fixture->statement->cut_off_us = NOW_US - HOUR_US / 2;
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    book_free(fixture->book);
    free(fixture);
    return 0;
}

static enum refusal settle(struct fixture *fixture)
{
    const struct settle want = {
        .command = {.kind = &command_settle},
        .redemption_id = VOUCHER,
        .statement_id = STATEMENT,
        .undo_window_us = WINDOW_US,
    };
    struct outcome out = {0};

    return command_settle.apply(fixture->book, &want.command, &out);
}

/* Nothing moved. */
static void refuses(struct fixture *fixture, enum refusal refusal)
{
    size_t transfers, lines;

    assert_int_equal(settle(fixture), refusal);
    book_transfers(fixture->book, &transfers);
    book_rows(fixture->book, &statement_line_rows, &lines);
    assert_int_equal(transfers, 0);
    assert_int_equal(lines, 0);
    assert_int_equal(fixture->statement->line_count, 0);
    assert_false(fixture->statement->row.changed);
    assert_false(fixture->redemption->row.changed);
}

static void a_confirmation_becomes_a_line_and_its_points_are_settled(void **state)
{
    struct fixture *fixture = *state;
    const struct transfer *transfers;
    struct row *const *lines;
    size_t count;

    assert_int_equal(settle(fixture), ACCEPTED);
    transfers = book_transfers(fixture->book, &count);
    assert_int_equal(count, 1);
    assert_true(transfers[0].from == account_of(ACCOUNT_MERCHANT, MERCHANT));
    assert_true(transfers[0].to == account_of(ACCOUNT_SETTLED, MERCHANT));
    assert_true(transfers[0].ref == VOUCHER && transfers[0].subject == STATEMENT);
    assert_int_equal(transfers[0].points, 300);
    lines = book_rows(fixture->book, &statement_line_rows, &count);
    assert_int_equal(count, 1);
    assert_true(((const struct statement_line *)lines[0])->statement_id == STATEMENT);
    assert_int_equal(fixture->statement->line_count, 1);
    assert_int_equal(fixture->statement->points, 300);
    assert_int_equal(fixture->statement->reimburse_fen, 250);
    assert_int_equal(fixture->redemption->state, REDEMPTION_SETTLED);
    assert_int_equal(settle(fixture), REFUSED_WRONG_STATE); /* once */
    assert_int_equal(fixture->statement->line_count, 1);
}

static void what_was_confirmed_at_the_cut_off_is_the_next_statements(void **state)
{
    struct fixture *fixture = *state;

    fixture->redemption->confirmed_us = fixture->statement->cut_off_us;
    refuses(fixture, REFUSED_WRONG_STATE);
    fixture->redemption->confirmed_us--;
    assert_int_equal(settle(fixture), ACCEPTED);
}

static void what_can_be_undone_waits(void **state)
{
    struct fixture *fixture = *state;

    fixture->statement->cut_off_us = NOW_US;
    fixture->redemption->confirmed_us = NOW_US - WINDOW_US;
    refuses(fixture, REFUSED_WRONG_STATE);
    fixture->redemption->confirmed_us--;
    assert_int_equal(settle(fixture), ACCEPTED);
}

static void a_statement_that_is_complete_takes_no_line(void **state)
{
    struct fixture *fixture = *state;

    for (int done = STATEMENT_DRAFT; done <= STATEMENT_PAID; done++) {
        fixture->statement->state = (enum statement_state)done;
        refuses(fixture, REFUSED_WRONG_STATE);
    }
}

static void only_what_is_confirmed_is_settled(void **state)
{
    struct fixture *fixture = *state;

    for (int other = REDEMPTION_HELD; other <= REDEMPTION_STUCK; other++) {
        if (other == REDEMPTION_CONFIRMED)
            continue;
        fixture->redemption->state = (enum redemption_state)other;
        refuses(fixture, REFUSED_WRONG_STATE);
    }
}

static void another_merchants_confirmation_is_not_found(void **state)
{
    struct fixture *fixture = *state;

    fixture->redemption->merchant_id = MERCHANT + 1;
    refuses(fixture, REFUSED_NOT_FOUND);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_confirmation_becomes_a_line_and_its_points_are_settled),
        TEST(what_was_confirmed_at_the_cut_off_is_the_next_statements),
        TEST(what_can_be_undone_waits),
        TEST(a_statement_that_is_complete_takes_no_line),
        TEST(only_what_is_confirmed_is_settled),
        TEST(another_merchants_confirmation_is_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
