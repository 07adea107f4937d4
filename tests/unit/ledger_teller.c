/* The teller gathers, judges, loads, applies, writes and answers. Faults: ledger_teller_faults.c.
 */

#include "teller.h"

/* --- Points move ----------------------------------------------------------------------------- */

static void test_a_command_is_durable_when_it_is_answered(void **state)
{
    struct teller *teller = start_teller(&teller_defaults, &database.options, NULL);
    struct credit credit = credit_to(1, 1250);

    (void)state;
    run_credit(teller, &credit, ACCEPTED);
    assert_false(credit.command.replayed);
    assert_int_equal(credit.command.outcome.points, 1250);
    assert_int_equal(credit.command.outcome.available, wallet_points(1));
    assert_true(credit.command.outcome.at_us > 0);
    assert_int_equal(number("SELECT version FROM wallets WHERE member_id = 1"), 1);
    assert_int_equal(number("SELECT COUNT(*) FROM transfers WHERE member_id = 1"), 1);
    assert_int_equal(teller_lane(teller), 1);
    assert_int_equal(teller_backlog(teller), 0);
    teller_stop(teller);
    check_books();
}

static void test_a_refusal_changes_nothing(void **state)
{
    struct teller *teller = start_teller(&teller_defaults, &database.options, NULL);
    struct credit nobody = credit_to(999999, 100), much = credit_to(2, 1000001);
    int64_t blocks = number("SELECT COUNT(*) FROM blocks");

    (void)state;
    run_credit(teller, &nobody, REFUSED_NOT_FOUND);
    run_credit(teller, &much, REFUSED_TOO_MUCH);
    assert_int_equal(number("SELECT COUNT(*) FROM blocks"), blocks);
    assert_int_equal(wallet_points(2), 0);
    teller_stop(teller);
    check_books();
}

#define THREADS 8
#define EACH    150

static void *credit_many(void *context)
{
    struct teller *teller = context;
    struct credit *credits = memory_new(EACH * sizeof(*credits));
    sem_t done;

    sem_init(&done, 0, 0);
    for (int i = 0; i < EACH; i++) {
        credits[i] = credit_to((uint64_t)i % 20 + 10, 7);
        submit(teller, &credits[i], &done);
    }
    wait_for(&done, EACH);
    for (int i = 0; i < EACH; i++) {
        assert_null(credits[i].command.failure);
        assert_int_equal(credits[i].command.outcome.refusal, ACCEPTED);
    }
    free(credits);
    return NULL;
}

static void test_many_threads_many_commands_on_few_wallets(void **state)
{
    struct teller *teller = start_teller(&teller_defaults, &database.options, NULL);
    pthread_t threads[THREADS];
    int64_t before = number("SELECT SUM(available) FROM wallets");

    (void)state;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, credit_many, teller);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    teller_stop(teller);
    assert_int_equal(number("SELECT SUM(available) FROM wallets") - before, THREADS * EACH * 7);
    check_books();
}

/* --- The door -------------------------------------------------------------------------------- */

static void test_a_full_queue_refuses_at_once(void **state)
{
    struct teller_options options = teller_defaults;
    struct gate gate;
    struct credit credits[5];
    sem_t done;

    (void)state;
    options.queue = 4;
    gate_start(&gate, true);
    sem_init(&done, 0, 0);
    struct teller *teller = start_teller(&options, &database.options, &gate);
    for (uint64_t i = 0; i < 4; i++) {
        credits[i] = credit_to(40 + i, 1);
        submit(teller, &credits[i], &done);
        if (i == 0)
            wait_for(&gate.entered, 1); /* in a batch already: it counts as well */
    }
    assert_int_equal(teller_backlog(teller), 4);
    credits[4] = credit_to(44, 1);
    assert_int_equal(teller_submit(teller, &credits[4].command), SUBMIT_FULL);
    gate_open(&gate);
    wait_for(&done, 4);
    run_credit(teller, &credits[4], ACCEPTED);
    teller_stop(teller);
}

static void test_a_key_in_hand_is_refused_until_it_is_answered(void **state)
{
    struct gate gate;
    struct credit first = credit_to(50, 5), second = credit_to(50, 5);
    sem_t done;

    (void)state;
    gate_start(&gate, true);
    sem_init(&done, 0, 0);
    set_key(&first, 500, 1);
    set_key(&second, 500, 1);
    struct teller *teller = start_teller(&teller_defaults, &database.options, &gate);
    submit(teller, &first, &done);
    wait_for(&gate.entered, 1);
    assert_int_equal(teller_submit(teller, &second.command), SUBMIT_IN_FLIGHT);
    gate_open(&gate);
    wait_for(&done, 1);
    run_credit(teller, &second, ACCEPTED);
    assert_true(second.command.replayed);
    assert_int_equal(second.command.outcome.ref, first.lot_id);
    teller_stop(teller);
}

static void test_stopping_serves_what_is_queued(void **state)
{
    struct gate gate;
    struct credit credits[30];
    sem_t done;

    (void)state;
    gate_start(&gate, true);
    sem_init(&done, 0, 0);
    struct teller *teller = start_teller(&teller_defaults, &database.options, &gate);
    for (int i = 0; i < 30; i++) {
        credits[i] = credit_to(51, 1); /* one wallet: thirty batches */
        submit(teller, &credits[i], &done);
    }
    gate_open(&gate);
    teller_stop(teller);
    wait_for(&done, 30);
    for (int i = 0; i < 30; i++)
        assert_null(credits[i].command.failure);
    assert_int_equal(wallet_points(51), 30);
}

/* --- Idempotency ----------------------------------------------------------------------------- */

static void assert_same_outcome(const struct outcome *one, const struct outcome *other)
{
    assert_int_equal(one->refusal, other->refusal);
    assert_int_equal(one->state, other->state);
    assert_int_equal(one->ref, other->ref);
    assert_int_equal(one->points, other->points);
    assert_int_equal(one->available, other->available);
    assert_int_equal(one->held, other->held);
    assert_int_equal(one->until_us, other->until_us);
    assert_int_equal(one->at_us, other->at_us);
    assert_int_equal(one->extra, other->extra);
}

static void test_the_same_key_gives_the_same_answer(void **state)
{
    struct teller *teller = start_teller(&teller_defaults, &database.options, NULL);
    struct credit first = credit_to(60, 300), again = credit_to(60, 300);
    struct credit other = credit_to(60, 400);

    (void)state;
    set_key(&first, 600, 1);
    set_key(&again, 600, 1);
    set_key(&other, 600, 2);
    run_credit(teller, &first, ACCEPTED);
    run_credit(teller, &other, REFUSED_KEY_REUSED);
    teller_stop(teller);
    teller = start_teller(&teller_defaults, &database.options, NULL);
    run_credit(teller, &again, ACCEPTED);
    assert_true(again.command.replayed);
    assert_same_outcome(&again.command.outcome, &first.command.outcome);
    assert_int_equal(wallet_points(60), 300);
    teller_stop(teller);
}

static void test_a_final_refusal_is_kept(void **state)
{
    struct teller *teller = start_teller(&teller_defaults, &database.options, NULL);
    struct credit first = credit_to(61, 1000001), again = credit_to(61, 100);

    (void)state;
    set_key(&first, 610, 1);
    set_key(&again, 610, 1);
    run_credit(teller, &first, REFUSED_TOO_MUCH);
    assert_false(first.command.replayed);
    run_credit(teller, &again, REFUSED_TOO_MUCH);
    assert_true(again.command.replayed);
    assert_int_equal(wallet_points(61), 0);
    teller_stop(teller);
}

static void test_signed_out_is_not_kept(void **state)
{
    struct teller *teller = start_teller(&teller_defaults, &database.options, NULL);
    struct credit old = credit_to(62, 100), fresh, nobody = credit_to(62, 100);

    (void)state;
    set_key(&old, 620, 1);
    old.command.actor = 62;
    old.command.actor_epoch = 1;
    nobody.command.actor = 424242;
    fresh = old;
    fresh.command.actor_epoch = 2;
    run_sql("UPDATE accounts SET epoch = 2 WHERE account_id = 62");
    run_credit(teller, &nobody, REFUSED_SIGNED_OUT);
    run_credit(teller, &old, REFUSED_SIGNED_OUT);
    run_credit(teller, &fresh, ACCEPTED);
    assert_false(fresh.command.replayed);
    run_credit(teller, &old, REFUSED_SIGNED_OUT); /* not even to be told the kept answer */
    run_sql("UPDATE accounts SET state = 1 WHERE account_id = 62");
    run_credit(teller, &fresh, REFUSED_SIGNED_OUT);
    teller_stop(teller);
}

/* --- Gathering ------------------------------------------------------------------------------- */

static void test_one_command_a_wallet_and_batch_in_order(void **state)
{
    struct gate gate;
    struct credit first = credit_to(70, 1), others[5];
    static const uint64_t members[] = {71, 71, 72, 71, 72};
    sem_t done;

    (void)state;
    gate_start(&gate, true);
    sem_init(&done, 0, 0);
    struct teller *teller = start_teller(&teller_defaults, &database.options, &gate);
    submit(teller, &first, &done);
    wait_for(&gate.entered, 1);
    for (size_t i = 0; i < 5; i++) {
        others[i] = credit_to(members[i], 1);
        submit(teller, &others[i], &done);
    }
    gate_open(&gate);
    wait_for(&done, 6);
    assert_int_equal(gate.looks, 4);
    assert_int_equal(gate.sizes[1], 2); /* 71 72 */
    assert_int_equal(gate.sizes[2], 2); /* 71 72 */
    assert_int_equal(gate.sizes[3], 1); /* 71 */
    assert_int_equal(others[0].command.outcome.available, 1);
    assert_int_equal(others[1].command.outcome.available, 2);
    assert_int_equal(others[3].command.outcome.available, 3);
    assert_int_equal(others[2].command.outcome.available, 1);
    assert_int_equal(others[4].command.outcome.available, 2);
    teller_stop(teller);
}

/* The teller waits for a row that the test holds; meanwhile the next batch grows. */
static void test_the_next_batch_is_judged_while_one_is_served(void **state)
{
    struct gate gate;
    struct credit first = credit_to(87, 1), again = credit_to(87, 1), others[2];
    sem_t done;

    (void)state;
    gate_start(&gate, true);
    sem_init(&done, 0, 0);
    struct teller *teller = start_teller(&teller_defaults, &database.options, &gate);
    assert_true(db_begin(db, &error));
    run_sql("UPDATE wallets SET held = held WHERE member_id = 87");
    submit(teller, &first, &done);
    gate_pass(&gate);
    wait_for_lock_wait();
    submit(teller, &again, &done); /* its wallet is in the teller's hands: not to be judged yet */
    for (uint64_t i = 0; i < 2; i++) {
        others[i] = credit_to(88 + i, 1);
        submit(teller, &others[i], &done);
        gate_pass(&gate);
    }
    assert_int_equal(sem_trywait(&done), -1);
    db_rollback(db);
    wait_for(&gate.entered, 1);
    gate_open(&gate);
    wait_for(&done, 4);
    assert_int_equal(gate.looks, 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(gate.sizes[i], 1);
    assert_int_equal(others[0].command.outcome.at_us, others[1].command.outcome.at_us);
    assert_int_equal(again.command.outcome.available, 2);
    teller_stop(teller);
    check_books();
}

static bool always(const struct command *command)
{
    (void)command;
    return true;
}

static void test_whose_client_has_left_is_dropped(void **state)
{
    struct teller *teller = start_teller(&teller_defaults, &database.options, NULL);
    struct credit credit = credit_to(73, 1);

    (void)state;
    credit.command.is_abandoned = always;
    assert_false(teller_run(teller, &credit.command, &error));
    assert_string_equal(credit.command.failure, "abandoned");
    assert_int_equal(wallet_points(73), 0);
    teller_stop(teller);
}

/* The keeper's oldest has a place in each batch, the rest come after the people. */
static void test_the_keeper_yields_and_does_not_starve(void **state)
{
    struct teller_options options = teller_defaults;
    struct gate gate;
    struct credit first = credit_to(74, 1), keeper[3], people[4];
    sem_t done;

    (void)state;
    options.batch_rows = 15; /* three commands of one row each */
    gate_start(&gate, true);
    sem_init(&done, 0, 0);
    struct teller *teller = start_teller(&options, &database.options, &gate);
    assert_true(db_begin(db, &error));
    run_sql("UPDATE wallets SET held = held WHERE member_id = 74");
    submit(teller, &first, &done);
    gate_pass(&gate);
    wait_for_lock_wait();
    for (uint64_t i = 0; i < 3; i++) {
        keeper[i] = credit_to(75 + i, 1);
        keeper[i].command.low_priority = true;
        submit(teller, &keeper[i], &done);
        if (i == 0)
            wait_for(&gate.entered, 1); /* it is looked at alone */
    }
    for (uint64_t i = 0; i < 4; i++) {
        people[i] = credit_to(80 + i, 1);
        submit(teller, &people[i], &done);
    }
    sem_post(&gate.open);
    gate_pass(&gate); /* as many people as there is room for */
    gate_open(&gate);
    db_rollback(db);
    wait_for(&done, 8);
    int64_t times[] = {keeper[0].command.outcome.at_us, people[0].command.outcome.at_us,
                       people[1].command.outcome.at_us, keeper[1].command.outcome.at_us,
                       people[2].command.outcome.at_us, people[3].command.outcome.at_us};
    static const size_t sizes[] = {1, 1, 2, 3, 1};
    assert_int_equal(gate.looks, 5);
    assert_memory_equal(gate.sizes, sizes, sizeof sizes);
    assert_true(times[0] == times[1] && times[1] == times[2]);
    assert_true(times[3] == times[4] && times[4] == times[5]);
    assert_true(keeper[2].command.outcome.at_us > times[5]);
    teller_stop(teller);
}

/* --- The judge ------------------------------------------------------------------------------- */

static void deny_all(struct batch *batch, size_t first)
{
    for (size_t i = first; i < batch_size(batch); i++)
        batch_deny(batch, i, REFUSED_DENIED);
}

static void test_what_the_judge_denies_is_kept(void **state)
{
    struct gate gate;
    struct credit first = credit_to(85, 1), again = credit_to(85, 1);

    (void)state;
    gate_start(&gate, false);
    gate.decide = deny_all;
    set_key(&first, 850, 1);
    set_key(&again, 850, 1);
    struct teller *teller = start_teller(&teller_defaults, &database.options, &gate);
    run_credit(teller, &first, REFUSED_DENIED);
    teller_stop(teller);
    teller = start_teller(&teller_defaults, &database.options, NULL);
    run_credit(teller, &again, REFUSED_DENIED);
    assert_true(again.command.replayed);
    assert_int_equal(wallet_points(85), 0);
    teller_stop(teller);
}

static int looks; /* of the judges below; they run on the usher's thread while the test waits */

/* Takes a version that was true before somebody else moved the wallet; the second time it is. */
static void expect_old_version_once(struct batch *batch, size_t first)
{
    batch_expect_version(batch, first, 86, looks++ == 0 ? 41 : 42);
}

static void expect_a_version_that_never_is(struct batch *batch, size_t first)
{
    looks++;
    batch_expect_version(batch, first, 86, 7);
}

static void test_a_wallet_that_moved_is_judged_again(void **state)
{
    struct gate gate;
    struct credit credit = credit_to(86, 3), never = credit_to(86, 3);

    (void)state;
    run_sql("UPDATE wallets SET version = 42 WHERE member_id = 86");
    looks = 0;
    gate_start(&gate, false);
    gate.decide = expect_old_version_once;
    struct teller *teller = start_teller(&teller_defaults, &database.options, &gate);
    run_credit(teller, &credit, ACCEPTED);
    assert_int_equal(looks, 2);
    assert_int_equal(credit.command.sent_back, 1);
    teller_stop(teller);

    looks = 0;
    gate.decide = expect_a_version_that_never_is;
    teller = start_teller(&teller_defaults, &database.options, &gate);
    assert_false(teller_run(teller, &never.command, &error));
    assert_string_equal(never.command.failure, "busy");
    assert_int_equal(looks, 9);
    assert_int_equal(wallet_points(86), 3);
    teller_stop(teller);
}

/* --- Lanes ----------------------------------------------------------------------------------- */

static void test_a_lane_given_back_is_free_at_once(void **state)
{
    struct teller *one = start_teller(&teller_defaults, &database.options, NULL);
    struct teller *two = start_teller(&teller_defaults, &database.options, NULL);
    struct credit first = credit_to(90, 1), second = credit_to(90, 1), third = credit_to(90, 1);

    (void)state;
    assert_int_equal(teller_lane(one), 1);
    assert_int_equal(teller_lane(two), 2);
    run_credit(one, &first, ACCEPTED);
    run_credit(two, &second, ACCEPTED);
    teller_stop(one);
    one = start_teller(&teller_defaults, &database.options, NULL);
    assert_int_equal(teller_lane(one), 1);
    run_credit(one, &third, ACCEPTED);
    assert_int_equal(wallet_points(90), 3);
    teller_stop(one);
    teller_stop(two);
    check_books();
}

/* The trial balance finds a day's blocks by searching in their times. */
static void test_a_lane_goes_on_from_its_last_block_whoever_takes_it(void **state)
{
    _Atomic int64_t ahead_us = clock_now_us() + HOUR_US;
    struct teller_options options = teller_defaults;
    struct credit first = credit_to(91, 1), second = credit_to(91, 1);

    (void)state;
    options.time_us = &ahead_us;
    struct teller *teller = start_teller(&options, &database.options, NULL);
    run_credit(teller, &first, ACCEPTED);
    teller_stop(teller);
    teller = start_teller(&teller_defaults, &database.options, NULL);
    assert_int_equal(teller_lane(teller), 1);
    run_credit(teller, &second, ACCEPTED);
    teller_stop(teller);
    assert_true(first.command.outcome.at_us == ahead_us);
    assert_true(second.command.outcome.at_us == ahead_us);
}

static void test_a_database_that_forgets_is_refused(void **state)
{
    uint32_t instance;

    (void)state;
    assert_true(instance_claim(db, "test", &instance, &error));
    run_sql("SET GLOBAL innodb_flush_log_at_trx_commit = 2");
    assert_null(
        teller_start(&teller_defaults, &database.options, instance, signer, 1, NULL, &error));
    assert_string_equal(error.code, "ledger.not_durable");
    run_sql("SET GLOBAL innodb_flush_log_at_trx_commit = 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_command_is_durable_when_it_is_answered),
        cmocka_unit_test(test_a_refusal_changes_nothing),
        cmocka_unit_test(test_many_threads_many_commands_on_few_wallets),
        cmocka_unit_test(test_a_full_queue_refuses_at_once),
        cmocka_unit_test(test_a_key_in_hand_is_refused_until_it_is_answered),
        cmocka_unit_test(test_stopping_serves_what_is_queued),
        cmocka_unit_test(test_the_same_key_gives_the_same_answer),
        cmocka_unit_test(test_a_final_refusal_is_kept),
        cmocka_unit_test(test_signed_out_is_not_kept),
        cmocka_unit_test(test_one_command_a_wallet_and_batch_in_order),
        cmocka_unit_test(test_the_next_batch_is_judged_while_one_is_served),
        cmocka_unit_test(test_whose_client_has_left_is_dropped),
        cmocka_unit_test(test_the_keeper_yields_and_does_not_starve),
        cmocka_unit_test(test_what_the_judge_denies_is_kept),
        cmocka_unit_test(test_a_wallet_that_moved_is_judged_again),
        cmocka_unit_test(test_a_lane_given_back_is_free_at_once),
        cmocka_unit_test(test_a_database_that_forgets_is_refused),
        cmocka_unit_test(test_a_lane_goes_on_from_its_last_block_whoever_takes_it),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
