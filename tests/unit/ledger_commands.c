/*
 * The ledger's own commands, one case each; how they get on together is ledger_simulation.c's.
 */
#include "unit.h"

#include "ledger/command.h"
#include "ledger/wallet.h"

#define MEMBER   UINT64_C(260)
#define OTHER    UINT64_C(300)
#define PROPOSER UINT64_C(9)
#define APPROVER UINT64_C(10)
#define PROPOSAL UINT64_C(500)
#define LOT      UINT64_C(70)
#define NOW      (20000 * DAY_US)

static struct book *book;
static struct wallet *wallet;
static struct outcome outcome;

static int open_book(void **state)
{
    struct transfer award = {.kind = TRANSFER_AWARD, .from = account_of(ACCOUNT_ISSUANCE, 0)};

    (void)state;
    book = book_new();
    book_begin(book, 1, 1, NOW);
    wallet = book_create(book, &wallet_rows, MEMBER);
    book_create(book, &wallet_rows, OTHER);
    wallet_credit(book, wallet, &award, LOT, 1000, NOW + 10 * DAY_US, LOT_RECORD, 2);
    book_begin(book, 1, 2, NOW);
    return 0;
}

static int close_book(void **state)
{
    (void)state;
    book_free(book);
    return 0;
}

static struct proposal *propose(enum proposal_kind kind, int64_t points)
{
    struct proposal *proposal = book_add(book, &proposal_rows, PROPOSAL);

    proposal->kind = kind;
    proposal->member_id = MEMBER;
    proposal->subject = kind == PROPOSAL_CLAW_BACK ? LOT : 0;
    proposal->points = points;
    proposal->proposed_by = PROPOSER;
    return proposal;
}

static enum refusal run(struct command *command, const struct command_kind *kind, uint64_t actor)
{
    command->kind = kind;
    command->actor = actor;
    outcome = (struct outcome){0};
    return kind->apply(book, command, &outcome);
}

static enum refusal adjust_by(uint64_t actor, uint64_t person_id)
{
    struct adjust adjust = {
        .proposal_id = PROPOSAL,
        .member_id = MEMBER,
        .expires_us = NOW + DAY_US,
        .person_id = person_id,
    };

    return run(&adjust.command, &command_adjust, actor);
}

static enum refusal claw_back_by(uint64_t actor)
{
    struct claw_back claw_back = {.proposal_id = PROPOSAL, .member_id = MEMBER, .lot_id = LOT};

    return run(&claw_back.command, &command_claw_back, actor);
}

static enum refusal merge(uint64_t from, uint64_t to)
{
    struct merge_wallets merge = {.from_member = from, .to_member = to};

    return run(&merge.command, &command_merge_wallets, APPROVER);
}

static void hold(int64_t points)
{
    struct transfer transfer = {.kind = TRANSFER_HOLD, .to = account_of(ACCOUNT_HELD, MEMBER)};

    assert_int_equal(wallet_take(book, wallet, &transfer, points, NULL), ACCEPTED);
}

static void nothing_changed(void)
{
    size_t count;

    book_transfers(book, &count);
    assert_int_equal(count, 0);
    book_changed(book, &wallet_rows, &count);
    assert_int_equal(count, 0);
    book_changed(book, &proposal_rows, &count);
    assert_int_equal(count, 0);
}

/* --- Two people ------------------------------------------------------------------------------- */

static void nobody_approves_what_they_proposed(void **state)
{
    (void)state;
    propose(PROPOSAL_ADJUST, 100);
    assert_int_equal(adjust_by(PROPOSER, 0), REFUSED_SAME_PERSON);
    nothing_changed();
}

static void nobody_decides_on_their_own_wallet(void **state)
{
    struct freeze unfreeze = {.member_id = MEMBER, .person_id = MEMBER};
    struct reject reject = {.proposal_id = PROPOSAL, .person_id = MEMBER};

    (void)state;
    propose(PROPOSAL_ADJUST, 100);
    assert_int_equal(adjust_by(APPROVER, MEMBER), REFUSED_OWN_RECORD);
    assert_int_equal(run(&unfreeze.command, &command_freeze, APPROVER), REFUSED_OWN_RECORD);
    assert_int_equal(run(&reject.command, &command_reject, APPROVER), REFUSED_OWN_RECORD);
    nothing_changed();
}

static void an_approval_of_something_else_finds_nothing(void **state)
{
    (void)state;
    propose(PROPOSAL_WAIVE, 100);
    assert_int_equal(adjust_by(APPROVER, 0), REFUSED_NOT_FOUND);
    assert_int_equal(claw_back_by(APPROVER), REFUSED_NOT_FOUND);
    nothing_changed();
}

static void an_approval_is_idempotent_for_the_one_who_gave_it(void **state)
{
    (void)state;
    propose(PROPOSAL_ADJUST, 100);
    assert_int_equal(adjust_by(APPROVER, 0), ACCEPTED);
    book_begin(book, 1, 3, NOW);
    assert_int_equal(adjust_by(APPROVER, 0), ACCEPTED);
    assert_int_equal(outcome.points, 100);
    assert_int_equal(adjust_by(APPROVER + 1, 0), REFUSED_ALREADY_DECIDED);
    assert_int_equal(wallet->available, 1100);
    nothing_changed();
}

static void what_was_rejected_is_not_approved(void **state)
{
    struct reject reject = {.proposal_id = PROPOSAL};
    const struct proposal *proposal = propose(PROPOSAL_ADJUST, 100);

    (void)state;
    assert_int_equal(run(&reject.command, &command_reject, PROPOSER), ACCEPTED);
    assert_int_equal(proposal->state, PROPOSAL_REJECTED);
    assert_int_equal(proposal->decided_by, PROPOSER);
    assert_int_equal(proposal->decided_us, NOW);
    assert_int_equal(adjust_by(APPROVER, 0), REFUSED_ALREADY_DECIDED);
    assert_int_equal(run(&reject.command, &command_reject, PROPOSER), ACCEPTED);
    assert_int_equal(run(&reject.command, &command_reject, APPROVER), REFUSED_ALREADY_DECIDED);
}

/* --- Adjust ----------------------------------------------------------------------------------- */

static void an_adjustment_is_a_lot_of_its_own(void **state)
{
    const struct proposal *proposal = propose(PROPOSAL_ADJUST, 250);

    (void)state;
    assert_int_equal(adjust_by(APPROVER, 0), ACCEPTED);
    const struct lot *lot = wallet_lot(wallet, PROPOSAL);
    assert_int_equal(lot->source, LOT_ADJUSTMENT);
    assert_int_equal(lot->remaining, 250);
    assert_int_equal(lot->expires_us, NOW + DAY_US);
    assert_int_equal(proposal->state, PROPOSAL_APPROVED);
    assert_int_equal(outcome.ref, PROPOSAL);
    assert_int_equal(outcome.available, 1250);
}

static void points_adjusted_away_are_not_spent(void **state)
{
    (void)state;
    propose(PROPOSAL_ADJUST, -300);
    assert_int_equal(adjust_by(APPROVER, 0), ACCEPTED);
    assert_int_equal(wallet->available, 700);
    assert_int_equal(wallet_lot(wallet, LOT)->gone, 300);
    assert_int_equal(lot_spent(wallet_lot(wallet, LOT)), 0);
}

static void no_more_is_adjusted_than_there_is(void **state)
{
    struct proposal *proposal = propose(PROPOSAL_ADJUST, -1001);

    (void)state;
    assert_int_equal(adjust_by(APPROVER, 0), REFUSED_NOT_ENOUGH_POINTS);
    proposal->points = ADJUST_MOST + 1;
    assert_int_equal(adjust_by(APPROVER, 0), REFUSED_TOO_MUCH);
    proposal->points = INT64_MIN;
    assert_int_equal(adjust_by(APPROVER, 0), REFUSED_TOO_MUCH);
    assert_int_equal(proposal->state, PROPOSAL_OPEN);
    nothing_changed();
}

/* --- Claw back and waive ---------------------------------------------------------------------- */

static void a_claw_back_takes_the_rest_and_the_spent_is_owed(void **state)
{
    size_t count;

    (void)state;
    propose(PROPOSAL_CLAW_BACK, 1000);
    hold(400);
    book_begin(book, 1, 3, NOW);
    assert_int_equal(claw_back_by(APPROVER), ACCEPTED);
    assert_int_equal(outcome.points, 600);
    assert_int_equal(wallet->available, 0);
    assert_int_equal(wallet->held, 400);
    assert_int_equal(wallet->owed, 400);
    assert_int_equal(wallet_lot(wallet, LOT)->state, LOT_REVOKED);
    const struct transfer *transfers = book_transfers(book, &count);
    assert_int_equal(count, 2);
    assert_int_equal(transfers[0].kind, TRANSFER_CLAW_BACK);
    assert_int_equal(transfers[1].kind, TRANSFER_OWE);
    assert_int_equal(transfers[1].from, account_of(ACCOUNT_RECEIVABLE, MEMBER));
    assert_int_equal(transfers[1].member_id, MEMBER);
    assert_int_equal(transfers[1].subject, LOT);
}

static void what_expired_is_not_owed(void **state)
{
    struct lot_expire expire = {.member_id = MEMBER, .lot_id = LOT};
    size_t count;

    (void)state;
    propose(PROPOSAL_CLAW_BACK, 1000);
    hold(400);
    book_begin(book, 1, 3, NOW + 11 * DAY_US);
    assert_int_equal(run(&expire.command, &command_lot_expire, 0), ACCEPTED);
    assert_int_equal(outcome.points, 600);
    book_begin(book, 1, 4, NOW + 11 * DAY_US);
    assert_int_equal(claw_back_by(APPROVER), ACCEPTED);
    assert_int_equal(wallet->owed, 400);
    /* nothing was left to take, yet the history says that the lot is revoked */
    assert_int_equal(book_transfers(book, &count)[0].kind, TRANSFER_CLAW_BACK);
    assert_int_equal(book_transfers(book, &count)[0].points, 0);
}

static void a_lot_is_clawed_back_once(void **state)
{
    struct proposal *proposal = propose(PROPOSAL_CLAW_BACK, 1000);

    (void)state;
    assert_int_equal(claw_back_by(APPROVER), ACCEPTED);
    book_begin(book, 1, 3, NOW);
    assert_int_equal(claw_back_by(APPROVER), ACCEPTED);
    proposal->state = PROPOSAL_OPEN; /* another proposal on the same lot */
    assert_int_equal(claw_back_by(APPROVER), REFUSED_ALREADY_DECIDED);
    nothing_changed();
}

static void a_waiver_lets_go_of_no_more_than_is_owed(void **state)
{
    struct waive waive = {.proposal_id = PROPOSAL, .member_id = MEMBER};

    (void)state;
    propose(PROPOSAL_WAIVE, 500);
    assert_int_equal(run(&waive.command, &command_waive, APPROVER), REFUSED_WRONG_STATE);
    wallet->owed = 120;
    assert_int_equal(run(&waive.command, &command_waive, APPROVER), ACCEPTED);
    assert_int_equal(outcome.points, 120);
    assert_int_equal(wallet->owed, 0);
}

/* --- The keeper, freezing, merging ------------------------------------------------------------ */

static void only_what_has_run_out_expires_and_only_once(void **state)
{
    struct lot_expire expire = {.member_id = MEMBER, .lot_id = LOT};

    (void)state;
    assert_int_equal(run(&expire.command, &command_lot_expire, 0), ACCEPTED);
    assert_int_equal(outcome.points, 0);
    nothing_changed();
    book_begin(book, 1, 3, NOW + 10 * DAY_US);
    assert_int_equal(run(&expire.command, &command_lot_expire, 0), ACCEPTED);
    assert_int_equal(outcome.points, 1000);
    assert_int_equal(wallet->available, 0);
    book_begin(book, 1, 4, NOW + 10 * DAY_US);
    assert_int_equal(run(&expire.command, &command_lot_expire, 0), ACCEPTED);
    assert_int_equal(outcome.points, 0);
    nothing_changed();
}

static void a_wallet_is_frozen_and_opened(void **state)
{
    struct freeze freeze = {.member_id = MEMBER, .frozen = true};

    (void)state;
    assert_int_equal(run(&freeze.command, &command_freeze, APPROVER), ACCEPTED);
    assert_int_equal(wallet->state, WALLET_FROZEN);
    book_begin(book, 1, 3, NOW);
    assert_int_equal(run(&freeze.command, &command_freeze, APPROVER), ACCEPTED);
    nothing_changed();
    freeze.frozen = false;
    assert_int_equal(run(&freeze.command, &command_freeze, APPROVER), ACCEPTED);
    assert_int_equal(wallet->state, WALLET_OPEN);
}

static void a_merge_waits_for_open_vouchers_and_happens_once(void **state)
{
    (void)state;
    hold(400);
    book_begin(book, 1, 3, NOW);
    assert_int_equal(merge(MEMBER, OTHER), REFUSED_OPEN_HOLDS);
    assert_int_equal(merge(MEMBER, MEMBER), REFUSED_WRONG_STATE);
    assert_int_equal(merge(MEMBER, 12345), REFUSED_NOT_FOUND);
    nothing_changed();
    wallet->held = 0;
    assert_int_equal(merge(MEMBER, OTHER), ACCEPTED);
    assert_int_equal(outcome.points, 600);
    assert_int_equal(outcome.available, 600);
    book_begin(book, 1, 4, NOW);
    assert_int_equal(merge(MEMBER, OTHER), ACCEPTED);
    assert_int_equal(merge(OTHER, MEMBER), REFUSED_NOT_FOUND);
    nothing_changed();
}

static void a_frozen_wallet_is_not_merged(void **state)
{
    (void)state;
    wallet->state = WALLET_FROZEN;
    assert_int_equal(merge(MEMBER, OTHER), REFUSED_WALLET_FROZEN);
    assert_int_equal(merge(OTHER, MEMBER), REFUSED_WALLET_FROZEN);
    nothing_changed();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_book, close_book)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nobody_approves_what_they_proposed),
        TEST(nobody_decides_on_their_own_wallet),
        TEST(an_approval_of_something_else_finds_nothing),
        TEST(an_approval_is_idempotent_for_the_one_who_gave_it),
        TEST(what_was_rejected_is_not_approved),
        TEST(an_adjustment_is_a_lot_of_its_own),
        TEST(points_adjusted_away_are_not_spent),
        TEST(no_more_is_adjusted_than_there_is),
        TEST(a_claw_back_takes_the_rest_and_the_spent_is_owed),
        TEST(what_expired_is_not_owed),
        TEST(a_lot_is_clawed_back_once),
        TEST(a_waiver_lets_go_of_no_more_than_is_owed),
        TEST(only_what_has_run_out_expires_and_only_once),
        TEST(a_wallet_is_frozen_and_opened),
        TEST(a_merge_waits_for_open_vouchers_and_happens_once),
        TEST(a_frozen_wallet_is_not_merged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
