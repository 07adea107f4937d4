/*
 * What happens to a voucher, by examples: what each command does to points, pieces and the voucher,
 * and every reason to refuse it. How they get on together is service_simulation.c's.
 */
#include "market_shop.h"

/* --- Confirm ---------------------------------------------------------------------------------- */

static void a_confirmation_gives_the_points_to_the_merchant(void **state)
{
    (void)state;
    have_issued();
    next_batch(NOW + HOUR_US);
    assert_int_equal(turn(&command_confirm), ACCEPTED);
    points_are(700, 0);
    pieces_are(2, 0, 1);
    one_transfer(TRANSFER_CAPTURE, held_of(MEMBER), TILL, PRICE, 1);
    assert_int_equal(voucher()->state, REDEMPTION_CONFIRMED);
    assert_int_equal(voucher()->confirmed_us, NOW + HOUR_US);
    assert_int_equal(voucher()->confirmed_by, CLERK);
    assert_int_equal(voucher()->closed_us, 0);
    assert_int_equal(outcome.ref, VOUCHER);
    assert_int_equal(outcome.state, REDEMPTION_CONFIRMED);
    assert_int_equal(outcome.points, PRICE);
    assert_int_equal(outcome.held, 0);
}

static void a_voucher_is_used_once(void **state)
{
    (void)state;
    have_issued();
    have(&command_confirm, NOW);
    assert_int_equal(turn(&command_confirm), REFUSED_VOUCHER_USED);
    assert_int_equal(turn(&command_cancel), REFUSED_VOUCHER_USED);
    nothing_changed();
}

static void whoever_shows_it_twice_is_told_when_and_where_it_was_used(void **state)
{
    struct redemption_ref here = the_voucher();

    (void)state;
    here.caller_shop = SHOP;
    have_issued();
    next_batch(NOW + HOUR_US);
    assert_int_equal(turn_as(&command_confirm, here), ACCEPTED);
    next_batch(NOW + DAY_US);
    assert_int_equal(turn_as(&command_confirm, here), REFUSED_VOUCHER_USED);
    assert_int_equal(outcome.until_us, NOW + HOUR_US);
    assert_int_equal(outcome.ref, SHOP);
    nothing_changed();
}

/* Some rewards are for one shop of the merchant; a clerk may be in none. */
static void a_reward_may_be_for_one_shop(void **state)
{
    struct redemption_ref here = the_voucher(), there = the_voucher(), nowhere = the_voucher();

    (void)state;
    here.reward_shop = there.reward_shop = nowhere.reward_shop = here.caller_shop = SHOP;
    there.caller_shop = SHOP + 1;
    have_issued();
    assert_int_equal(turn_as(&command_confirm, there), REFUSED_WRONG_SHOP);
    nothing_changed();
    assert_int_equal(turn_as(&command_confirm, here), ACCEPTED);
    assert_int_equal(voucher()->shop_id, SHOP);
    assert_int_equal(turn_as(&command_undo, here), ACCEPTED);
    assert_int_equal(voucher()->shop_id, 0);
    assert_int_equal(turn_as(&command_confirm, nowhere), ACCEPTED);
    assert_int_equal(voucher()->shop_id, 0);
}

static void a_voucher_is_good_until_it_expires(void **state)
{
    (void)state;
    have_issued();
    next_batch(NOW + VALID_US);
    assert_int_equal(turn(&command_confirm), REFUSED_VOUCHER_EXPIRED);
    nothing_changed();
    next_batch(NOW + VALID_US - 1);
    assert_int_equal(turn(&command_confirm), ACCEPTED);
}

static void only_its_own_shop_confirms_undoes_and_refunds(void **state)
{
    struct redemption_ref next_door = the_voucher(), administrator = the_voucher();

    (void)state;
    next_door.caller_merchant = MERCHANT + 1;
    administrator.caller_merchant = 0;
    have_issued();
    assert_int_equal(turn_as(&command_confirm, next_door), REFUSED_WRONG_MERCHANT);
    have(&command_confirm, NOW);
    assert_int_equal(turn_as(&command_undo, next_door), REFUSED_WRONG_MERCHANT);
    assert_int_equal(turn_as(&command_refund, next_door), REFUSED_WRONG_MERCHANT);
    nothing_changed();
    assert_int_equal(turn_as(&command_refund, administrator), ACCEPTED);
}

/* A clerk who undid the confirmation of their own voucher would have goods and voucher. */
static void nobody_confirms_undoes_or_refunds_their_own_voucher(void **state)
{
    struct redemption_ref own = the_voucher();

    (void)state;
    own.person_id = MEMBER;
    have_issued();
    assert_int_equal(turn_as(&command_confirm, own), REFUSED_OWN_RECORD);
    have(&command_confirm, NOW);
    assert_int_equal(turn_as(&command_undo, own), REFUSED_OWN_RECORD);
    assert_int_equal(turn_as(&command_refund, own), REFUSED_OWN_RECORD);
    nothing_changed();
}

static void a_voucher_of_another_name_is_not_found(void **state)
{
    static const struct command_kind *const kinds[] = {
        &command_confirm, &command_undo, &command_cancel, &command_lapse, &command_refund};
    struct redemption_ref wrong[4];

    (void)state;
    have_issued();
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
        wrong[i] = the_voucher();
    wrong[0].redemption_id++;
    wrong[1].member_id = SPOUSE;
    wrong[2].reward_id++;
    wrong[3].wallet_id = MEMBER + 50;
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
        for (size_t j = 0; j < ARRAY_LENGTH(wrong); j++)
            assert_int_equal(turn_as(kinds[i], wrong[j]), REFUSED_NOT_FOUND);
    nothing_changed();
}

/* --- Undo ------------------------------------------------------------------------------------- */

static void an_undone_voucher_is_good_again(void **state)
{
    (void)state;
    have_issued();
    have(&command_confirm, NOW);
    next_batch(NOW + WINDOW);
    assert_int_equal(turn(&command_undo), ACCEPTED);
    points_are(700, 300);
    pieces_are(2, 1, 0);
    one_transfer(TRANSFER_UNCAPTURE, TILL, held_of(MEMBER), PRICE, 1);
    assert_int_equal(voucher()->state, REDEMPTION_ISSUED);
    assert_int_equal(voucher()->confirmed_us, 0);
    assert_int_equal(voucher()->confirmed_by, 0);
    assert_int_equal(outcome.state, REDEMPTION_ISSUED);
    assert_int_equal(outcome.until_us, NOW + VALID_US);
    have(&command_confirm, NOW + WINDOW);
    pieces_are(2, 0, 1);
}

static void an_undo_comes_within_its_window(void **state)
{
    (void)state;
    have_issued();
    have(&command_confirm, NOW);
    next_batch(NOW + WINDOW + 1);
    assert_int_equal(turn(&command_undo), REFUSED_UNDO_TOO_LATE);
    nothing_changed();
}

/* What was confirmed before a statement's cut-off stands on it, or will. */
static void nothing_before_the_cut_off_is_undone(void **state)
{
    struct redemption_ref late = the_voucher(), in_time = the_voucher();

    (void)state;
    late.cut_off_us = NOW + 1;
    in_time.cut_off_us = NOW;
    have_issued();
    have(&command_confirm, NOW);
    assert_int_equal(turn_as(&command_undo, late), REFUSED_UNDO_TOO_LATE);
    nothing_changed();
    assert_int_equal(turn_as(&command_undo, in_time), ACCEPTED);
}

static void the_shop_that_confirmed_undoes(void **state)
{
    struct redemption_ref here = the_voucher(), there = the_voucher();

    (void)state;
    here.caller_shop = SHOP;
    there.caller_shop = SHOP + 1;
    have_issued();
    assert_int_equal(turn_as(&command_confirm, here), ACCEPTED);
    next_batch(NOW);
    assert_int_equal(turn_as(&command_undo, there), REFUSED_WRONG_SHOP);
    nothing_changed();
    assert_int_equal(turn_as(&command_undo, here), ACCEPTED);
}

static void only_a_confirmation_is_undone(void **state)
{
    (void)state;
    have_issued();
    assert_int_equal(turn(&command_undo), REFUSED_WRONG_STATE);
    have(&command_cancel, NOW);
    assert_int_equal(turn(&command_undo), REFUSED_WRONG_STATE);
    nothing_changed();
}

/* --- The ways back ---------------------------------------------------------------------------- */

static void a_cancelled_voucher_gives_everything_back(void **state)
{
    (void)state;
    have_issued();
    next_batch(NOW + HOUR_US);
    assert_int_equal(turn(&command_cancel), ACCEPTED);
    points_are(1000, 0);
    pieces_are(3, 0, 0);
    one_transfer(TRANSFER_RELEASE, held_of(MEMBER), wallet_of(MEMBER), PRICE, 1);
    assert_int_equal(voucher()->state, REDEMPTION_CANCELLED);
    assert_int_equal(voucher()->closed_us, NOW + HOUR_US);
    assert_int_equal(outcome.available, 1000);
    assert_int_equal(outcome.state, REDEMPTION_CANCELLED);
}

static void a_cancelled_voucher_is_dead(void **state)
{
    (void)state;
    have_issued();
    have(&command_cancel, NOW);
    assert_int_equal(turn(&command_cancel), REFUSED_VOUCHER_CANCELLED);
    assert_int_equal(turn(&command_confirm), REFUSED_VOUCHER_CANCELLED);
    assert_int_equal(turn(&command_lapse), REFUSED_WRONG_STATE);
    assert_int_equal(turn(&command_refund), REFUSED_WRONG_STATE);
    nothing_changed();
}

static void an_expired_voucher_may_still_be_cancelled(void **state)
{
    (void)state;
    have_issued();
    next_batch(NOW + VALID_US);
    assert_int_equal(turn(&command_cancel), ACCEPTED);
    points_are(1000, 0);
}

static void a_voucher_lapses_when_it_has_expired_and_once(void **state)
{
    (void)state;
    have_issued();
    next_batch(NOW + VALID_US - 1);
    assert_int_equal(turn(&command_lapse), REFUSED_WRONG_STATE);
    nothing_changed();
    next_batch(NOW + VALID_US);
    assert_int_equal(turn(&command_lapse), ACCEPTED);
    points_are(1000, 0);
    pieces_are(3, 0, 0);
    one_transfer(TRANSFER_LAPSE, held_of(MEMBER), wallet_of(MEMBER), PRICE, 1);
    assert_int_equal(voucher()->state, REDEMPTION_EXPIRED);
    next_batch(NOW + VALID_US);
    assert_int_equal(turn(&command_lapse), REFUSED_WRONG_STATE);
    assert_int_equal(turn(&command_confirm), REFUSED_VOUCHER_EXPIRED);
    assert_int_equal(turn(&command_cancel), REFUSED_VOUCHER_EXPIRED);
    nothing_changed();
}

static void a_used_voucher_does_not_lapse(void **state)
{
    (void)state;
    have_issued();
    have(&command_confirm, NOW);
    next_batch(NOW + VALID_US);
    assert_int_equal(turn(&command_lapse), REFUSED_WRONG_STATE);
    nothing_changed();
}

static void a_refund_takes_it_from_the_merchant(void **state)
{
    (void)state;
    have_issued();
    have(&command_confirm, NOW);
    next_batch(NOW + 3 * DAY_US);
    assert_int_equal(turn(&command_refund), ACCEPTED);
    points_are(1000, 0);
    pieces_are(3, 0, 0);
    one_transfer(TRANSFER_REFUND, TILL, wallet_of(MEMBER), PRICE, 1);
    assert_int_equal(voucher()->state, REDEMPTION_REFUNDED);
    assert_int_equal(voucher()->closed_us, NOW + 3 * DAY_US);
    assert_int_equal(voucher()->confirmed_us, NOW);
}

static void a_refund_is_of_a_confirmation_and_once(void **state)
{
    (void)state;
    have_issued();
    assert_int_equal(turn(&command_refund), REFUSED_WRONG_STATE);
    have(&command_confirm, NOW);
    have(&command_refund, NOW);
    assert_int_equal(turn(&command_refund), REFUSED_VOUCHER_REFUNDED);
    assert_int_equal(turn(&command_confirm), REFUSED_VOUCHER_REFUNDED);
    assert_int_equal(turn(&command_cancel), REFUSED_VOUCHER_REFUNDED);
    assert_int_equal(turn(&command_undo), REFUSED_WRONG_STATE);
    nothing_changed();
}

/* --- Members who were merged into another ----------------------------------------------------- */

static void have_merged(void)
{
    struct merge_wallets merge = {.from_member = MEMBER, .to_member = SPOUSE};

    assert_int_equal(run(&merge.command, &command_merge_wallets, CLERK), ACCEPTED);
    next_batch(NOW);
}

static void what_comes_back_goes_to_whom_the_member_was_merged_into(void **state)
{
    struct redemption_ref moved = the_voucher();

    (void)state;
    have_issued();
    have(&command_confirm, NOW);
    have_merged();
    moved.wallet_id = SPOUSE;
    assert_int_equal(turn(&command_refund), REFUSED_NOT_FOUND); /* looked up before the merge */
    assert_int_equal(turn_as(&command_refund, moved), ACCEPTED);
    one_transfer(TRANSFER_REFUND, TILL, wallet_of(SPOUSE), PRICE, 1);
    assert_int_equal(book_wallet(book, SPOUSE)->available, 1000);
}

static void a_merged_members_voucher_is_their_own(void **state)
{
    struct redemption_ref moved = the_voucher();

    (void)state;
    have_issued();
    have(&command_confirm, NOW);
    have_merged();
    moved.wallet_id = moved.person_id = SPOUSE;
    assert_int_equal(turn_as(&command_undo, moved), REFUSED_OWN_RECORD);
    assert_int_equal(turn_as(&command_refund, moved), REFUSED_OWN_RECORD);
    nothing_changed();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_confirmation_gives_the_points_to_the_merchant),
        TEST(a_voucher_is_used_once),
        TEST(whoever_shows_it_twice_is_told_when_and_where_it_was_used),
        TEST(a_reward_may_be_for_one_shop),
        TEST(a_voucher_is_good_until_it_expires),
        TEST(only_its_own_shop_confirms_undoes_and_refunds),
        TEST(nobody_confirms_undoes_or_refunds_their_own_voucher),
        TEST(a_voucher_of_another_name_is_not_found),
        TEST(an_undone_voucher_is_good_again),
        TEST(an_undo_comes_within_its_window),
        TEST(nothing_before_the_cut_off_is_undone),
        TEST(the_shop_that_confirmed_undoes),
        TEST(only_a_confirmation_is_undone),
        TEST(a_cancelled_voucher_gives_everything_back),
        TEST(a_cancelled_voucher_is_dead),
        TEST(an_expired_voucher_may_still_be_cancelled),
        TEST(a_voucher_lapses_when_it_has_expired_and_once),
        TEST(a_used_voucher_does_not_lapse),
        TEST(a_refund_takes_it_from_the_merchant),
        TEST(a_refund_is_of_a_confirmation_and_once),
        TEST(what_comes_back_goes_to_whom_the_member_was_merged_into),
        TEST(a_merged_members_voucher_is_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
