/*
 * Decisions on service records by examples: what an award and a rejection do, the day's cap, and
 * every reason to refuse. How the commands get on together is service_simulation.c's.
 */
#include "unit.h"

#include "base/clock.h"
#include "ledger/wallet.h"
#include "service/record.h"

#define MEMBER   UINT64_C(260)
#define SPOUSE   UINT64_C(261) /* whom the member is merged into, in some cases */
#define REVIEWER UINT64_C(9)
#define RECORD   UINT64_C(7000) /* and the next ones, all of the same day */
#define RECORDS  4
#define CHINA    480
#define DAY      20000
#define STARTED  (DAY * DAY_US + HOUR_US)
#define NOW      (STARTED + 6 * HOUR_US)
#define EXPIRES  (NOW + 730 * DAY_US)
#define CAP      800

static struct book *book;
static struct wallet *wallet;
static struct outcome outcome;

static void next_batch(int64_t now_us)
{
    static uint64_t height = 100;

    book_begin(book, 1, ++height, now_us);
}

static struct record *record_at(uint64_t record_id)
{
    return book_find(book, &record_rows, record_id);
}

static int open_book(void **state)
{
    (void)state;
    book = book_new();
    wallet = book_add(book, &wallet_rows, MEMBER);
    book_add(book, &wallet_rows, SPOUSE);
    for (uint64_t id = RECORD; id < RECORD + RECORDS; id++) {
        struct record *record = book_add(book, &record_rows, id);

        record->activity_id = id * 2;
        record->member_id = MEMBER;
        record->state = RECORD_PENDING;
        record->grade = GRADE_B;
        record->started_us = STARTED;
        record->minutes = 120;
    }
    next_batch(NOW);
    return 0;
}

static int close_book(void **state)
{
    (void)state;
    book_free(book);
    return 0;
}

static enum refusal run(struct command *command, const struct command_kind *kind)
{
    command->kind = kind;
    command->actor = REVIEWER;
    outcome = (struct outcome){0};
    return kind->apply(book, command, &outcome);
}

static struct award the_award(uint64_t record_id, int64_t points)
{
    struct award award = {
        .record_id = record_id,
        .member_id = MEMBER,
        .wallet_id = MEMBER,
        .points = points,
        .daily_cap = CAP,
        .expires_us = EXPIRES,
    };

    award_set_day(&award, STARTED, CHINA);
    return award;
}

static enum refusal award_as(struct award award)
{
    return run(&award.command, &command_award);
}

static enum refusal award(uint64_t record_id, int64_t points)
{
    return award_as(the_award(record_id, points));
}

static struct reject_record the_rejection(void)
{
    return (struct reject_record){
        .record_id = RECORD, .member_id = MEMBER, .wallet_id = MEMBER, .person_id = 0};
}

static enum refusal reject_as(struct reject_record reject)
{
    return run(&reject.command, &command_reject_record);
}

static void nothing_changed(void)
{
    size_t count;

    book_transfers(book, &count);
    assert_int_equal(count, 0);
    book_changed(book, &wallet_rows, &count);
    assert_int_equal(count, 0);
    book_changed(book, &record_rows, &count);
    assert_int_equal(count, 0);
}

/* --- What they do ----------------------------------------------------------------------------- */

static void an_award_is_a_lot_of_the_records_number(void **state)
{
    size_t count;

    (void)state;
    assert_int_equal(award(RECORD, 200), ACCEPTED);
    const struct lot *lot = wallet_lot(wallet, RECORD);
    assert_int_equal(lot->remaining, 200);
    assert_int_equal(lot->expires_us, EXPIRES);
    assert_int_equal(lot->grade, GRADE_B);
    assert_int_equal(lot->source, LOT_RECORD);
    const struct transfer *transfer = book_transfers(book, &count);
    assert_int_equal(count, 1);
    assert_int_equal(transfer->kind, TRANSFER_AWARD);
    assert_int_equal(transfer->from, account_of(ACCOUNT_ISSUANCE, 0));
    assert_int_equal(transfer->to, account_of(ACCOUNT_WALLET, MEMBER));
    assert_int_equal(transfer->points, 200);
    assert_true(transfer->ref == RECORD && transfer->subject == RECORD);
    assert_int_equal(transfer->actor, REVIEWER);
    assert_int_equal(outcome.points, 200);
    assert_int_equal(outcome.available, 200);
    assert_int_equal(outcome.until_us, EXPIRES);
}

static void a_decision_says_who_and_when(void **state)
{
    struct reject_record reject = the_rejection();

    (void)state;
    reject.record_id = RECORD + 1;
    assert_int_equal(award(RECORD, 200), ACCEPTED);
    assert_int_equal(outcome.ref, RECORD);
    assert_int_equal(outcome.state, RECORD_APPROVED);
    assert_int_equal(record_at(RECORD)->state, RECORD_APPROVED);
    assert_int_equal(record_at(RECORD)->points, 200);
    assert_int_equal(record_at(RECORD)->reviewed_by, REVIEWER);
    assert_int_equal(record_at(RECORD)->reviewed_us, NOW);
    assert_int_equal(reject_as(reject), ACCEPTED);
    assert_int_equal(outcome.ref, RECORD + 1);
    assert_int_equal(outcome.state, RECORD_REJECTED);
    assert_int_equal(record_at(RECORD + 1)->state, RECORD_REJECTED);
    assert_int_equal(record_at(RECORD + 1)->points, 0);
    assert_int_equal(record_at(RECORD + 1)->reviewed_by, REVIEWER);
}

static void a_frozen_wallet_still_earns(void **state)
{
    (void)state;
    wallet->state = WALLET_FROZEN;
    assert_int_equal(award(RECORD, 200), ACCEPTED);
    assert_int_equal(wallet->available, 200);
}

/* --- The day's cap ---------------------------------------------------------------------------- */

static void what_is_over_the_days_cap_is_not_awarded(void **state)
{
    (void)state;
    assert_int_equal(award(RECORD, 500), ACCEPTED);
    assert_int_equal(award(RECORD + 1, 500), ACCEPTED);
    assert_int_equal(outcome.points, 300);
    assert_int_equal(record_at(RECORD + 1)->points, 300);
    assert_int_equal(wallet->available, CAP);
}

/* The service was done: it counts, without points and without a transfer. */
static void a_record_beyond_the_cap_is_approved_all_the_same(void **state)
{
    size_t count;

    (void)state;
    assert_int_equal(award(RECORD, CAP), ACCEPTED);
    next_batch(NOW);
    assert_int_equal(award(RECORD + 1, 500), ACCEPTED);
    assert_int_equal(outcome.points, 0);
    assert_int_equal(record_at(RECORD + 1)->state, RECORD_APPROVED);
    assert_null(wallet_lot(wallet, RECORD + 1));
    book_transfers(book, &count);
    assert_int_equal(count, 0);
}

/* The policy may have been more generous in the morning. */
static void a_cap_that_was_lowered_takes_nothing_back(void **state)
{
    struct award later = the_award(RECORD + 1, 100);

    (void)state;
    later.daily_cap = 300;
    assert_int_equal(award(RECORD, 500), ACCEPTED);
    assert_int_equal(award_as(later), ACCEPTED);
    assert_int_equal(outcome.points, 0);
    assert_int_equal(wallet->available, 500);
}

static void without_a_cap_everything_is_awarded_and_remembered(void **state)
{
    struct award uncapped = the_award(RECORD, 5000);

    (void)state;
    uncapped.daily_cap = 0;
    assert_int_equal(award_as(uncapped), ACCEPTED);
    assert_int_equal(outcome.points, 5000);
    assert_int_equal(award(RECORD + 1, 100), ACCEPTED);
    assert_int_equal(outcome.points, 0);
}

/* What the cap cut off was not earned: a cap that is raised later has room for it. */
static void only_what_was_awarded_is_remembered(void **state)
{
    struct award later = the_award(RECORD + 1, 500);

    (void)state;
    later.daily_cap = CAP + 100;
    assert_int_equal(award(RECORD, CAP + 300), ACCEPTED);
    assert_int_equal(award_as(later), ACCEPTED);
    assert_int_equal(outcome.points, 100);
}

/* It counts by the day of the service, not by the day of the review. */
static void another_day_has_a_cap_of_its_own(void **state)
{
    struct award next_day = the_award(RECORD + 1, CAP);

    (void)state;
    award_set_day(&next_day, STARTED + 15 * HOUR_US, CHINA); /* midnight in China */
    assert_int_equal(next_day.day, DAY + 1);
    assert_int_equal(award(RECORD, CAP), ACCEPTED);
    assert_int_equal(award_as(next_day), ACCEPTED);
    assert_int_equal(outcome.points, CAP);
    next_batch(NOW + 20 * DAY_US);
    assert_int_equal(award(RECORD + 2, CAP), ACCEPTED);
    assert_int_equal(outcome.points, 0);
}

/* Early and late on one day: the counter must be there for both. */
static void a_day_is_remembered_to_one_moment(void **state)
{
    struct award early = the_award(RECORD, 100), late = early;

    (void)state;
    award_set_day(&late, STARTED + 14 * HOUR_US, CHINA);
    assert_int_equal(late.day, early.day);
    assert_int_equal(late.day_ends_us, early.day_ends_us);
    assert_int_equal(early.day_ends_us, calendar_day_start_us(DAY + 400, CHINA));
}

static void a_day_that_is_forgotten_is_not_awarded(void **state)
{
    struct award uncapped = the_award(RECORD, 100);

    (void)state;
    uncapped.daily_cap = 0;
    next_batch(uncapped.day_ends_us);
    assert_int_equal(award(RECORD, 100), REFUSED_NOT_OPEN);
    nothing_changed();
    assert_int_equal(award_as(uncapped), ACCEPTED);
    next_batch(uncapped.day_ends_us - 1);
    assert_int_equal(award(RECORD + 1, 100), ACCEPTED);
}

/* --- Refusals --------------------------------------------------------------------------------- */

static void a_record_is_decided_once(void **state)
{
    (void)state;
    assert_int_equal(award(RECORD, 200), ACCEPTED);
    next_batch(NOW);
    assert_int_equal(award(RECORD, 200), REFUSED_ALREADY_DECIDED);
    assert_int_equal(reject_as(the_rejection()), REFUSED_ALREADY_DECIDED);
    record_at(RECORD)->state = RECORD_REJECTED;
    assert_int_equal(award(RECORD, 200), REFUSED_ALREADY_DECIDED);
    nothing_changed();
    assert_int_equal(wallet->available, 200);
}

static void who_has_not_checked_out_waits(void **state)
{
    (void)state;
    record_at(RECORD)->state = RECORD_OPEN;
    assert_int_equal(award(RECORD, 200), REFUSED_WRONG_STATE);
    assert_int_equal(reject_as(the_rejection()), REFUSED_WRONG_STATE);
    nothing_changed();
}

/* Nobody checked out: a statement is asked for first, but it may be turned down without one. */
static void a_record_that_needs_a_statement_is_only_rejected(void **state)
{
    (void)state;
    record_at(RECORD)->state = RECORD_NEEDS_STATEMENT;
    assert_int_equal(award(RECORD, 200), REFUSED_WRONG_STATE);
    nothing_changed();
    assert_int_equal(reject_as(the_rejection()), ACCEPTED);
}

static void points_for_other_minutes_are_not_awarded(void **state)
{
    struct award corrected = the_award(RECORD, 200), same = corrected;

    (void)state;
    corrected.minutes = 119;
    same.minutes = 120;
    assert_int_equal(award_as(corrected), REFUSED_WRONG_STATE);
    nothing_changed();
    assert_int_equal(award_as(same), ACCEPTED);
}

static void what_was_entered_afterwards_needs_two_people_and_a_notice(void **state)
{
    struct record *record = record_at(RECORD);

    (void)state;
    record->grade = GRADE_D;
    record->proposed_by = REVIEWER;
    record->notice_until_us = NOW + 1;
    assert_int_equal(award(RECORD, 200), REFUSED_SAME_PERSON);
    record->proposed_by = REVIEWER + 1;
    assert_int_equal(award(RECORD, 200), REFUSED_PUBLIC_NOTICE);
    nothing_changed();
    record->notice_until_us = NOW;
    assert_int_equal(award(RECORD, 200), ACCEPTED);
}

static void nobody_decides_on_their_own_record(void **state)
{
    struct award own = the_award(RECORD, 200);
    struct reject_record own_too = the_rejection();

    (void)state;
    own.person_id = own_too.person_id = MEMBER;
    assert_int_equal(award_as(own), REFUSED_OWN_RECORD);
    assert_int_equal(reject_as(own_too), REFUSED_OWN_RECORD);
    nothing_changed();
}

static void a_record_of_another_name_is_not_found(void **state)
{
    struct award unknown = the_award(RECORD + RECORDS, 200), others = the_award(RECORD, 200);
    struct award nobodys = the_award(RECORD, 200);
    struct reject_record others_too = the_rejection();

    (void)state;
    others.member_id = others_too.member_id = SPOUSE;
    others.wallet_id = others_too.wallet_id = SPOUSE;
    nobodys.wallet_id = MEMBER + 50;
    assert_int_equal(award_as(unknown), REFUSED_NOT_FOUND);
    assert_int_equal(award_as(others), REFUSED_NOT_FOUND);
    assert_int_equal(award_as(nobodys), REFUSED_NOT_FOUND);
    assert_int_equal(reject_as(others_too), REFUSED_NOT_FOUND);
    nothing_changed();
}

/* --- Members who were merged into another ----------------------------------------------------- */

static void have_merged(void)
{
    struct merge_wallets merge = {.from_member = MEMBER, .to_member = SPOUSE};

    assert_int_equal(run(&merge.command, &command_merge_wallets), ACCEPTED);
    next_batch(NOW);
}

static void a_merged_members_record_is_awarded_to_whom_they_are_now(void **state)
{
    struct award moved = the_award(RECORD + 1, 500);

    (void)state;
    assert_int_equal(award(RECORD, 500), ACCEPTED);
    have_merged();
    moved.wallet_id = SPOUSE;
    assert_int_equal(award(RECORD + 1, 500), REFUSED_NOT_FOUND); /* looked up before the merge */
    nothing_changed();
    assert_int_equal(award_as(moved), ACCEPTED);
    assert_int_equal(outcome.points, 300); /* the day's cap went with them */
    assert_int_equal(book_wallet(book, SPOUSE)->available, CAP);
}

/* The row was given to SPOUSE between the look and the lock. */
static void a_record_that_went_over_meanwhile_is_awarded(void **state)
{
    struct award moved = the_award(RECORD, 500);
    struct record *record = book_find(book, &record_rows, RECORD);

    (void)state;
    have_merged();
    record->member_id = SPOUSE;
    moved.wallet_id = SPOUSE;
    assert_int_equal(award_as(moved), ACCEPTED);
    assert_int_equal(book_wallet(book, SPOUSE)->available, 500);
}

static void a_merged_members_record_is_their_own(void **state)
{
    struct award own = the_award(RECORD, 200);
    struct reject_record own_too = the_rejection(), stale = the_rejection();

    (void)state;
    have_merged();
    own.wallet_id = own.person_id = SPOUSE;
    own_too.wallet_id = own_too.person_id = SPOUSE;
    assert_int_equal(award_as(own), REFUSED_OWN_RECORD);
    assert_int_equal(reject_as(own_too), REFUSED_OWN_RECORD);
    stale.person_id = SPOUSE;
    assert_int_equal(reject_as(stale), REFUSED_NOT_FOUND); /* looked up before the merge */
    nothing_changed();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_book, close_book)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_award_is_a_lot_of_the_records_number),
        TEST(a_decision_says_who_and_when),
        TEST(a_frozen_wallet_still_earns),
        TEST(what_is_over_the_days_cap_is_not_awarded),
        TEST(a_record_beyond_the_cap_is_approved_all_the_same),
        TEST(a_cap_that_was_lowered_takes_nothing_back),
        TEST(without_a_cap_everything_is_awarded_and_remembered),
        TEST(only_what_was_awarded_is_remembered),
        TEST(another_day_has_a_cap_of_its_own),
        TEST(a_day_is_remembered_to_one_moment),
        TEST(a_day_that_is_forgotten_is_not_awarded),
        TEST(a_record_is_decided_once),
        TEST(who_has_not_checked_out_waits),
        TEST(a_record_that_needs_a_statement_is_only_rejected),
        TEST(points_for_other_minutes_are_not_awarded),
        TEST(what_was_entered_afterwards_needs_two_people_and_a_notice),
        TEST(nobody_decides_on_their_own_record),
        TEST(a_record_of_another_name_is_not_found),
        TEST(a_merged_members_record_is_awarded_to_whom_they_are_now),
        TEST(a_record_that_went_over_meanwhile_is_awarded),
        TEST(a_merged_members_record_is_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
