/*
 * The judge through a real teller: rules that flag, hold, deny and fail, what becomes of the
 * command, and what a person decides afterwards. The desk is a stand-in that answers as each test
 * says; real plugins in their hosts are asked in tests/api/test_checks.py.
 */
#include "judge_world.h"

/* --- Redeeming -------------------------------------------------------------------------------- */

static void without_rules_nothing_is_asked_or_written(void **state)
{
    int64_t before = number("SELECT COUNT(*) FROM judgements");
    struct reserve reserve = redeem(buyer(), ACCEPTED);

    (void)state;
    asked = 0;
    assert_int_equal(reserve.command.outcome.state, REDEMPTION_ISSUED);
    assert_int_equal(asked, 0);
    assert_int_equal(number("SELECT COUNT(*) FROM judgements"), before);
}

static void what_is_allowed_is_counted_under_its_set(void **state)
{
    uint64_t member = buyer();
    struct reserve reserve;

    (void)state;
    rules_are(2);
    reserve = redeem(member, ACCEPTED);
    assert_int_equal(reserve.command.outcome.state, REDEMPTION_ISSUED);
    assert_int_equal(last_asked.kind, LINLI_REDEEM);
    assert_int_equal(last_asked.member, member);
    assert_int_equal(last_asked.points, PRICE);
    assert_int_equal(last_asked.at_us, reserve.command.outcome.at_us);
    assert_int_equal(number("SELECT questions * 1000 + answers * 100 + revision FROM judgements"
                            " ORDER BY judgement_id DESC LIMIT 1"),
                     2007);
    assert_int_equal(number("SELECT COUNT(*) FROM judgements j JOIN blocks b"
                            " ON b.lane = j.lane AND b.height = j.height"),
                     number("SELECT COUNT(*) FROM judgements"));
    assert_int_equal(number("SELECT COUNT(*) FROM decisions"), 0);
}

static void a_flag_that_holds_keeps_points_and_piece_until_it_is_released(void **state)
{
    uint64_t member = buyer();
    struct reserve reserve;
    struct redemption_ref confirm, release;

    (void)state;
    rules_are(1);
    says[0].verdict = LINLI_FLAG;
    reserve = redeem(member, ACCEPTED);
    assert_int_equal(reserve.command.outcome.state, REDEMPTION_CHECKING);
    assert_int_equal(reserve.command.outcome.held, PRICE);
    assert_true(reserve.command.outcome.until_us >= now_us + 3 * DAY_US);
    assert_true(reserve.command.outcome.until_us < now_us + 4 * DAY_US);
    assert_int_equal(noticed(member, NOTICE_REDEMPTION_CHECKED), 1);
    assert_int_equal(check_number(reserve.command.judged.check_id,
                                  "SELECT COUNT(*) FROM decisions WHERE check_id = ? AND"
                                  " plugin_id = 10 AND version_id = 20 AND policy_id = 30 AND"
                                  " effect = 3 AND code = 'rule_0' AND words_zh = '核对'"),
                     1);
    rules_are(0);
    confirm = turn(&reserve, &command_confirm, 90);
    run(&confirm.command, REFUSED_BEING_CHECKED);
    now_us += HOUR_US;
    release = turn(&reserve, &command_release, 91);
    run(&release.command, ACCEPTED);
    assert_int_equal(release.command.outcome.until_us, now_us + DAY_US); /* its time begins now */
    assert_int_equal(state_of(&reserve), REDEMPTION_ISSUED);
    assert_int_equal(noticed(member, NOTICE_CHECK_RELEASED), 1);
    assert_int_equal(check_number(reserve.command.judged.check_id,
                                  "SELECT COUNT(*) FROM audit_trail WHERE object_id = ? AND"
                                  " action = 'check.release' AND actor = 91 AND reason = '看过了'"),
                     1);
    run(&release.command, REFUSED_ALREADY_DECIDED);
    run(&confirm.command, ACCEPTED);
}

static void what_is_refused_gives_points_and_piece_back(void **state)
{
    uint64_t member = buyer();
    int64_t free = number("SELECT free FROM stock WHERE reward_id = 900");
    struct reserve reserve;
    struct redemption_ref refuse;

    (void)state;
    rules_are(1);
    says[0].verdict = LINLI_FLAG;
    reserve = redeem(member, ACCEPTED);
    refuse = turn(&reserve, &command_refuse, 91);
    run(&refuse.command, ACCEPTED);
    assert_int_equal(refuse.command.outcome.available, PRICE);
    assert_int_equal(state_of(&reserve), REDEMPTION_CANCELLED);
    assert_int_equal(number("SELECT free FROM stock WHERE reward_id = 900"), free);
    assert_int_equal(noticed(member, NOTICE_CHECK_REFUSED), 1);
    assert_int_equal(check_number(refuse.check_id, STATE_OF_CHECK), CHECK_REFUSED);
}

static void the_member_can_take_back_what_is_checked_and_decide_nothing(void **state)
{
    struct reserve reserve;
    struct redemption_ref own, cancel;

    (void)state;
    rules_are(1);
    says[0].verdict = LINLI_FLAG;
    reserve = redeem(buyer(), ACCEPTED);
    own = turn(&reserve, &command_release, 91);
    own.person_id = reserve.member_id;
    run(&own.command, REFUSED_OWN_RECORD);
    cancel = turn(&reserve, &command_cancel, reserve.member_id);
    cancel.check_id = 0; /* looked up before there was one */
    run(&cancel.command, REFUSED_BEING_CHECKED);
    cancel.check_id = own.check_id;
    says[0].verdict = LINLI_DENY; /* points may always come home */
    run(&cancel.command, ACCEPTED);
    assert_int_equal(check_number(own.check_id, STATE_OF_CHECK), CHECK_WITHDRAWN);
    own.person_id = 0;
    run(&own.command, REFUSED_ALREADY_DECIDED);
}

static void the_keeper_releases_what_nobody_answered_in_time(void **state)
{
    struct reserve reserve;
    struct redemption_ref release;

    (void)state;
    rules_are(1);
    says[0].verdict = LINLI_FLAG;
    reserve = redeem(buyer(), ACCEPTED);
    release = turn(&reserve, &command_release, 0);
    run(&release.command, REFUSED_WRONG_STATE);
    now_us = reserve.command.outcome.until_us;
    run(&release.command, ACCEPTED);
    assert_int_equal(state_of(&reserve), REDEMPTION_ISSUED);
}

static void a_mark_lets_it_through_and_waits_in_the_queue(void **state)
{
    struct reserve reserve;
    struct decide_mark decide = {.command.kind = &command_decide_mark, .release = true};

    (void)state;
    rules_are(1);
    rules[0].on_flag = EFFECT_MARK;
    says[0].verdict = LINLI_FLAG;
    reserve = redeem(buyer(), ACCEPTED);
    assert_int_equal(reserve.command.outcome.state, REDEMPTION_ISSUED);
    assert_int_equal(noticed(reserve.member_id, NOTICE_REDEMPTION_CHECKED), 0);
    decide.check_id = reserve.command.judged.check_id;
    decide.ref = reserve.redemption_id;
    assert_int_equal(check_number(decide.check_id, STATE_OF_CHECK), CHECK_OPEN);
    decide.person_id = reserve.member_id;
    run(&decide.command, REFUSED_OWN_RECORD);
    decide.person_id = 0;
    run(&decide.command, ACCEPTED);
    assert_int_equal(check_number(decide.check_id, STATE_OF_CHECK), CHECK_RELEASED);
}

static void a_denial_names_its_decision(void **state)
{
    uint64_t member = buyer();
    struct reserve reserve;

    (void)state;
    rules_are(3);
    says[0].verdict = LINLI_FLAG;
    says[1].verdict = LINLI_DENY;
    reserve = redeem(member, REFUSED_DENIED);
    assert_int_equal(wallet_points(member), PRICE);
    assert_int_equal(check_number(reserve.command.outcome.ref,
                                  "SELECT plugin_id FROM decisions WHERE decision_id = ?"
                                  " AND verdict = 2 AND effect = 4"),
                     11);
    assert_int_equal(state_of(&reserve), 0);
}

static void what_the_book_refuses_leaves_no_check_behind(void **state)
{
    int64_t checks = number("SELECT COUNT(*) FROM checks");
    int64_t decisions = number("SELECT COUNT(*) FROM decisions");

    (void)state;
    rules_are(1);
    says[0].verdict = LINLI_FLAG;
    redeem(99, REFUSED_NOT_ENOUGH_POINTS);
    assert_int_equal(number("SELECT COUNT(*) FROM checks"), checks);
    assert_int_equal(number("SELECT COUNT(*) FROM decisions"), decisions);
}

static void a_shadow_rule_is_written_down_and_not_obeyed(void **state)
{
    struct reserve reserve;

    (void)state;
    rules_are(1);
    rules[0].mode = PLUGIN_SHADOW;
    says[0].verdict = LINLI_DENY;
    reserve = redeem(buyer(), ACCEPTED);
    assert_int_equal(reserve.command.outcome.state, REDEMPTION_ISSUED);
    assert_int_equal(check_number(reserve.redemption_id,
                                  "SELECT effect FROM decisions WHERE ref = ? AND mode = 2"
                                  " AND check_id = 0"),
                     EFFECT_DENY);
    rules[0].mode = PLUGIN_QUARANTINED;
    asked = 0;
    redeem(buyer(), ACCEPTED);
    assert_int_equal(asked, 0);
}

static void a_rule_that_faults_has_its_verdict(void **state)
{
    struct reserve reserve;

    (void)state;
    rules_are(1);
    says[0].fault = FAULT_CRASHED;
    reserve = redeem(buyer(), ACCEPTED); /* by default a mark, below hold_from */
    assert_int_equal(reserve.command.judged.effect, JUDGED_MARK);
    rules[0].hold_from = PRICE;
    reserve = redeem(buyer(), ACCEPTED);
    assert_int_equal(reserve.command.judged.effect, JUDGED_HOLD);
    rules[0].on_fault = EFFECT_PASS;
    reserve = redeem(buyer(), ACCEPTED);
    assert_int_equal(reserve.command.judged.effect, JUDGED_PASS);
    assert_int_equal(check_number(reserve.redemption_id,
                                  "SELECT fault FROM decisions WHERE ref = ? AND effect = 1"),
                     FAULT_CRASHED);
    rules[0].on_fault = EFFECT_DENY;
    redeem(buyer(), REFUSED_DENIED);
}

static void without_facts_every_rule_has_faulted(void **state)
{
    struct reserve reserve;
    uint64_t member = buyer();

    (void)state;
    rules_are(2);
    rules[1].mode = PLUGIN_SHADOW;
    manifest.fact_count = 1;
    manifest.fact_index[0] = (uint16_t)facts_find(TEXT("member.redemptions_24h"));
    run_sql("ALTER TABLE redemptions DROP KEY by_member_time");
    asked = 0;
    reserve = redeem(member, ACCEPTED);
    assert_int_equal(asked, 0);
    assert_int_equal(reserve.command.judged.effect, JUDGED_MARK);
    assert_int_equal(check_number(reserve.redemption_id,
                                  "SELECT COUNT(*) FROM decisions WHERE ref = ? AND fault = 8"),
                     2);
    run_sql("ALTER TABLE redemptions ADD KEY by_member_time (member_id, created_us, points)");
    redeem(buyer(), ACCEPTED);
    assert_int_equal(last_value.known, 1);
    assert_int_equal(last_value.number, 0);
    manifest.fact_count = 0;
}

static void facts_of_the_merchant_are_known_before_anything_is_redeemed(void **state)
{
    struct reserve first = redeem(buyer(), ACCEPTED);
    struct redemption_ref confirm = turn(&first, &command_confirm, 90);

    (void)state;
    now_us += 2 * HOUR_US; /* after all that other tests confirmed */
    run(&confirm.command, ACCEPTED);
    rules_are(1);
    manifest.fact_count = 1;
    manifest.fact_index[0] = (uint16_t)facts_find(TEXT("merchant.confirmations_24h"));
    redeem(buyer(), ACCEPTED);
    assert_int_equal(last_asked.kind, LINLI_REDEEM);
    assert_int_equal(last_asked.merchant, MERCHANT);
    assert_int_equal(last_value.known, 1);
    assert_int_equal(last_value.number,
                     number("SELECT COUNT(*) FROM redemptions WHERE confirmed_us > 0"));
    assert_true(last_value.number > 0);
    manifest.fact_count = 0;
}

/* A night without redemptions, after which the database has closed what was idle. */
static void a_connection_that_was_closed_meanwhile_is_no_fault(void **state)
{
    struct reserve reserve;
    char sql[32];

    (void)state;
    rules_are(1);
    manifest.fact_count = 1;
    manifest.fact_index[0] = (uint16_t)facts_find(TEXT("member.redemptions_24h"));
    redeem(buyer(), ACCEPTED);
    for (int64_t id; (id = number("SELECT COALESCE(MIN(id), 0) FROM information_schema.processlist"
                                  " WHERE id <> CONNECTION_ID() AND user = 'linli'")) != 0;) {
        snprintf(sql, sizeof sql, "KILL %d", (int)id);
        (void)!db_run(db, &error, sql);
    }
    reserve = redeem(buyer(), ACCEPTED);
    assert_int_equal(reserve.command.judged.effect, JUDGED_PASS);
    assert_int_equal(last_value.known, 1);
    manifest.fact_count = 0;
}

static void a_confirmation_is_only_ever_marked(void **state)
{
    struct reserve reserve = redeem(buyer(), ACCEPTED);
    struct redemption_ref confirm = turn(&reserve, &command_confirm, 90);

    (void)state;
    rules_are(1);
    says[0].verdict = LINLI_DENY;
    confirm.check_id = 0;
    run(&confirm.command, ACCEPTED);
    assert_int_equal(confirm.command.judged.effect, JUDGED_MARK);
    assert_int_equal(last_asked.kind, LINLI_CONFIRM);
    assert_int_equal(last_asked.actor, 90);
    assert_int_equal(last_asked.merchant, MERCHANT);
    assert_int_equal(
        check_number(confirm.command.judged.check_id, "SELECT held FROM checks WHERE check_id = ?"),
        0);
}

/* --- Earning ---------------------------------------------------------------------------------- */

static struct award review_record(uint64_t member, enum evidence_grade grade)
{
    struct award award = {
        .command = {.kind = &command_award, .actor = 92, .actor_epoch = 1},
        .record_id = id_next(&ids),
        .member_id = member,
        .wallet_id = member,
        .points = 250,
        .daily_cap = 200,
        .expires_us = now_us + 100 * DAY_US,
        .of = {.activity_id = 5,
               .minutes = 60,
               .started_us = now_us - 2 * HOUR_US,
               .ended_us = now_us - HOUR_US,
               .grade = grade},
    };

    award_set_day(&award, award.of.started_us, CHINA);
    assert_int_equal(
        db_run(db, &error,
               "INSERT INTO records (record_id, activity_id, member_id, state, grade, started_us,"
               " ended_us, minutes, points, reviewed_by, reviewed_us, note, proposed_by)"
               " VALUES (?, ?, ?, 2, ?, ?, ?, 60, 0, 0, 0, '', 93)",
               DB_ID(award.record_id), DB_ID(award.record_id), DB_ID(member), DB_INT(grade),
               DB_INT(award.of.started_us), DB_INT(award.of.ended_us)),
        1);
    return award;
}

static struct decide_record decide_on(const struct award *award, bool release, uint64_t actor)
{
    return (struct decide_record){
        .command = {.kind = &command_decide_record, .actor = actor, .actor_epoch = 1},
        .record_id = award->record_id,
        .member_id = award->member_id,
        .wallet_id = award->wallet_id,
        .check_id = award->command.judged.check_id,
        .release = release,
    };
}

static void an_earning_that_is_held_is_awarded_by_another_under_its_terms(void **state)
{
    struct award award = review_record(50, GRADE_D);
    struct decide_record release;
    struct reject_record reject = {.command = {.kind = &command_reject_record},
                                   .record_id = award.record_id,
                                   .member_id = 50,
                                   .wallet_id = 50};

    (void)state;
    rules_are(1);
    says[0].fault = FAULT_OVERRAN; /* by default an earning is held */
    run(&award.command, ACCEPTED);
    assert_int_equal(award.command.outcome.state, RECORD_CHECKING);
    assert_int_equal(wallet_points(50), 0);
    assert_int_equal(last_asked.minutes, 60);
    assert_int_equal(last_asked.grade, GRADE_D);
    assert_int_equal(noticed(50, NOTICE_RECORD_CHECKED), 1);
    run(&reject.command, REFUSED_BEING_CHECKED);
    release = decide_on(&award, true, 92);
    run(&release.command, REFUSED_SAME_PERSON); /* who approved it */
    release.command.actor = 93;
    run(&release.command, REFUSED_SAME_PERSON); /* who entered it */
    release.command.actor = 94;
    release.person_id = 50;
    run(&release.command, REFUSED_OWN_RECORD);
    release.person_id = 0;
    run(&release.command, ACCEPTED);
    assert_int_equal(release.command.outcome.points, 200); /* the day's cap */
    assert_int_equal(wallet_points(50), 200);
    assert_int_equal(release.command.outcome.until_us, award.expires_us);
    run(&release.command, REFUSED_ALREADY_DECIDED);
}

static void an_earning_that_is_refused_is_rejected(void **state)
{
    struct award award = review_record(51, GRADE_C);
    struct decide_record refuse;

    (void)state;
    rules_are(1);
    says[0].verdict = LINLI_FLAG;
    run(&award.command, ACCEPTED);
    refuse = decide_on(&award, false, 92);
    run(&refuse.command, ACCEPTED);
    assert_int_equal(refuse.command.outcome.state, RECORD_REJECTED);
    assert_int_equal(wallet_points(51), 0);
}

static void an_award_whose_policy_is_missing_is_held_without_any_rule(void **state)
{
    struct award award = review_record(52, GRADE_C);

    (void)state;
    award.missing = (struct missing_answer){40, 41, 42, FAULT_CRASHED};
    run(&award.command, ACCEPTED);
    assert_int_equal(award.command.outcome.state, RECORD_CHECKING);
    assert_int_equal(check_number(award.command.judged.check_id,
                                  "SELECT policy_id FROM decisions WHERE check_id = ?"),
                     42);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_teller, tear_down_teller)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_rules_nothing_is_asked_or_written),
        TEST(what_is_allowed_is_counted_under_its_set),
        TEST(a_flag_that_holds_keeps_points_and_piece_until_it_is_released),
        TEST(what_is_refused_gives_points_and_piece_back),
        TEST(the_member_can_take_back_what_is_checked_and_decide_nothing),
        TEST(the_keeper_releases_what_nobody_answered_in_time),
        TEST(a_mark_lets_it_through_and_waits_in_the_queue),
        TEST(a_denial_names_its_decision),
        TEST(what_the_book_refuses_leaves_no_check_behind),
        TEST(a_shadow_rule_is_written_down_and_not_obeyed),
        TEST(a_rule_that_faults_has_its_verdict),
        TEST(without_facts_every_rule_has_faulted),
        TEST(facts_of_the_merchant_are_known_before_anything_is_redeemed),
        TEST(a_connection_that_was_closed_meanwhile_is_no_fault),
        TEST(a_confirmation_is_only_ever_marked),
        TEST(an_earning_that_is_held_is_awarded_by_another_under_its_terms),
        TEST(an_earning_that_is_refused_is_rejected),
        TEST(an_award_whose_policy_is_missing_is_held_without_any_rule),
    };

    return cmocka_run_group_tests(tests, set_up_world, tear_down);
}
