/* Which of the commands that wait make the next batch, without a database. */
#include "unit.h"

#include "ledger/gather.h"

/* --- Commands that name up to two rows of an exclusive kind ----------------------------------- */

static const struct row_kind exclusive_rows = {
    .name = "exclusive", .size = sizeof(struct row), .lock_order = 50, .exclusive = true};
static const struct row_kind shared_rows = {
    .name = "shared", .size = sizeof(struct row), .lock_order = 40};

struct naming {
    struct command command;
    uint64_t rows[2]; /* 0: none */
    bool is_done;
};

static void naming_keys(const struct command *command, struct key_set *keys)
{
    const struct naming *naming = (const struct naming *)command;

    key_set_add(keys, &shared_rows, 1);
    for (int i = 0; i < 2; i++)
        if (naming->rows[i] != 0)
            key_set_add(keys, &exclusive_rows, naming->rows[i]);
}

static const struct command_kind command_naming = {.name = "naming", .keys = naming_keys};

static void naming_done(struct command *command)
{
    ((struct naming *)command)->is_done = true;
}

/* --- A gather of its own for each test -------------------------------------------------------- */

static struct queue *queue;
static struct in_flight *in_flight;
static struct gather gather;
static struct batch *batch, *served; /* the second is being served */
static const struct teller_options options = {.queue = 1000, .batch_rows = 4000, .batch_us = 20000};

static int start(void **state)
{
    (void)state;
    crypto_start();
    queue = queue_new(1000);
    in_flight = in_flight_new(1000);
    batch = batch_new();
    served = batch_new();
    gather_start(&gather, &options, queue, in_flight);
    return 0;
}

static int end(void **state)
{
    (void)state;
    gather_fail(&gather, "busy");
    gather_end(&gather);
    queue_free(queue);
    in_flight_free(in_flight);
    batch_free(batch);
    batch_free(served);
    return 0;
}

static void push(struct naming *naming, uint64_t one, uint64_t another)
{
    *naming = (struct naming){.command = {.kind = &command_naming, .done = naming_done},
                              .rows = {one, another}};
    assert_int_equal(in_flight_enter(in_flight, &naming->command), SUBMIT_QUEUED);
    assert_true(queue_push(queue, &naming->command.item));
}

/* The next batch consists of exactly these, in this order; they are then answered. */
static void expect_batch(struct naming *const *expected, size_t count)
{
    assert_int_equal(gather_wait(&gather, 0), ARRIVAL_SOME);
    batch_start(batch, 1);
    gather_fill(&gather, batch, served);
    assert_int_equal(batch_size(batch), count);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(batch_command(batch, i), &expected[i]->command);
        in_flight_finish(in_flight, &expected[i]->command);
        assert_true(expected[i]->is_done);
    }
}

/* --- Tests ------------------------------------------------------------------------------------ */

static void test_shared_rows_share_a_batch(void **state)
{
    struct naming all[3];

    (void)state;
    for (uint64_t i = 0; i < 3; i++)
        push(&all[i], i + 1, 0);
    expect_batch((struct naming *[]){&all[0], &all[1], &all[2]}, 3);
}

/* The second waits for row 1; the third must not overtake it on row 2. */
static void test_order_is_kept_through_one_that_names_two(void **state)
{
    struct naming all[4];

    (void)state;
    push(&all[0], 1, 0);
    push(&all[1], 1, 2);
    push(&all[2], 2, 0);
    push(&all[3], 3, 3); /* one row twice is no conflict with itself */
    expect_batch((struct naming *[]){&all[0], &all[3]}, 2);
    expect_batch((struct naming *[]){&all[1]}, 1);
    expect_batch((struct naming *[]){&all[2]}, 1);
    assert_int_equal(gather_wait(&gather, 0), ARRIVAL_NONE);
}

static void test_what_is_put_back_comes_first(void **state)
{
    struct naming all[3];

    (void)state;
    for (int i = 0; i < 3; i++)
        push(&all[i], 1, 0);
    assert_int_equal(gather_wait(&gather, 0), ARRIVAL_SOME);
    batch_start(batch, 1);
    gather_fill(&gather, batch, served);
    gather_put_back(&gather, batch_command(batch, 0));
    for (int i = 0; i < 3; i++)
        expect_batch((struct naming *[]){&all[i]}, 1);
}

/* Row 1 is being served: who names it waits, and who comes after them too. */
static void test_a_batch_grows_beside_the_one_that_is_served(void **state)
{
    struct naming first, all[4];

    (void)state;
    push(&first, 1, 0);
    assert_int_equal(gather_wait(&gather, 0), ARRIVAL_SOME);
    gather_fill(&gather, served, batch);
    push(&all[0], 1, 2);
    push(&all[1], 2, 0);
    push(&all[2], 3, 0);
    assert_int_equal(gather_wait(&gather, 0), ARRIVAL_SOME);
    batch_start(batch, 1);
    gather_fill(&gather, batch, served);
    assert_int_equal(batch_size(batch), 1);
    push(&all[3], 4, 0);
    assert_int_equal(gather_wait(&gather, 0), ARRIVAL_SOME);
    gather_fill(&gather, batch, served);
    assert_int_equal(batch_size(batch), 2);
    assert_ptr_equal(batch_command(batch, 0), &all[2].command);
    assert_ptr_equal(batch_command(batch, 1), &all[3].command);
    in_flight_finish(in_flight, &all[2].command);
    in_flight_finish(in_flight, &all[3].command);
    in_flight_finish(in_flight, &first.command);
    batch_start(served, 0);
    expect_batch((struct naming *[]){&all[0]}, 1);
    expect_batch((struct naming *[]){&all[1]}, 1);
}

static void test_rows_close_a_batch(void **state)
{
    struct naming all[10];

    (void)state;
    gather.rows_most = 20; /* seven a command: its share and twice two keys */
    for (uint64_t i = 0; i < 10; i++)
        push(&all[i], i + 1, 0);
    expect_batch((struct naming *[]){&all[0], &all[1], &all[2]}, 3);
    gather.rows_most = 4000;
    gather.limit = 4;
    expect_batch((struct naming *[]){&all[3], &all[4], &all[5], &all[6]}, 4);
    gather_fail(&gather, "busy");
    for (int i = 7; i < 10; i++)
        assert_string_equal(all[i].command.failure, "busy");
}

static void test_the_limit_follows_the_duration(void **state)
{
    (void)state;
    size_t first = gather.limit;
    gather_learn(&gather, first, 5000);
    assert_true(gather.limit > first);
    for (int i = 0; i < 100; i++)
        gather_learn(&gather, gather.limit, 5000);
    assert_int_equal(gather.limit, 1024);
    gather_learn(&gather, 3, SECOND_US); /* a slow disk is not the batch's size */
    assert_int_equal(gather.limit, 1024);
    gather_learn(&gather, 1024, 25000);
    assert_int_equal(gather.limit, 819);
    gather_learn(&gather, 819, SECOND_US); /* by half at most */
    assert_int_equal(gather.limit, 409);
    for (int i = 0; i < 100; i++)
        gather_learn(&gather, gather.limit, SECOND_US);
    assert_int_equal(gather.limit, 128); /* fewer would be slower still */
}

static void test_the_end_comes_after_the_last(void **state)
{
    struct naming last;

    (void)state;
    push(&last, 1, 0);
    queue_close(queue);
    expect_batch((struct naming *[]){&last}, 1);
    assert_int_equal(gather_wait(&gather, -1), ARRIVAL_END);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_shared_rows_share_a_batch, start, end),
        cmocka_unit_test_setup_teardown(test_order_is_kept_through_one_that_names_two, start, end),
        cmocka_unit_test_setup_teardown(test_what_is_put_back_comes_first, start, end),
        cmocka_unit_test_setup_teardown(test_a_batch_grows_beside_the_one_that_is_served, start,
                                        end),
        cmocka_unit_test_setup_teardown(test_rows_close_a_batch, start, end),
        cmocka_unit_test_setup_teardown(test_the_limit_follows_the_duration, start, end),
        cmocka_unit_test_setup_teardown(test_the_end_comes_after_the_last, start, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
