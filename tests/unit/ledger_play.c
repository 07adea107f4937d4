/* A play: the same commands make the same blocks, at the times that were named. */

#include "teller.h"

#include "ledger/play.h"

#define COMMANDS 1200

static struct player *start_player(void)
{
    uint32_t instance;

    if (!instance_claim(db, "test", &instance, &error))
        fail_msg("%s: %s", error.code, error.detail);
    struct player *player = player_start(&database.options, instance, signer, 1, &error);
    if (!player)
        fail_msg("%s: %s", error.code, error.detail);
    return player;
}

static void play(struct player *player, struct credit *credits, size_t count, int64_t now_us)
{
    struct command **commands = memory_new(count * sizeof(*commands));

    for (size_t i = 0; i < count; i++)
        commands[i] = &credits[i].command;
    if (!player_run(player, commands, count, now_us, &error))
        fail_msg("%s: %s", error.code, error.detail);
    free(commands);
}

/* Each wallet's commands in their order, whatever batches they fall into. */
static void test_commands_of_a_wallet_keep_their_order(void **state)
{
    struct player *player = start_player();
    struct credit *credits = memory_new(COMMANDS * sizeof(*credits));
    int64_t sums[MEMBERS + 1] = {0};

    (void)state;
    for (int i = 0; i < COMMANDS; i++)
        credits[i] = credit_to((uint64_t)(i * i % 37 + 1), i + 1);
    play(player, credits, COMMANDS, 1000 * DAY_US);
    for (int i = 0; i < COMMANDS; i++) {
        sums[credits[i].member_id] += credits[i].points;
        assert_int_equal(credits[i].command.outcome.refusal, ACCEPTED);
        assert_int_equal(credits[i].command.outcome.available, sums[credits[i].member_id]);
        assert_true(credits[i].command.outcome.at_us == 1000 * DAY_US);
    }
    assert_int_equal(player_count(player), COMMANDS);
    player_stop(player);
    free(credits);
    check_books();
}

static void test_a_refusal_is_an_outcome(void **state)
{
    struct player *player = start_player();
    struct credit credits[] = {credit_to(999999, 1), credit_to(50, 1000001), credit_to(50, 5)};

    (void)state;
    play(player, credits, ARRAY_LENGTH(credits), 1001 * DAY_US);
    assert_int_equal(credits[0].command.outcome.refusal, REFUSED_NOT_FOUND);
    assert_int_equal(credits[1].command.outcome.refusal, REFUSED_TOO_MUCH);
    assert_int_equal(credits[2].command.outcome.refusal, ACCEPTED);
    assert_int_equal(wallet_points(50), 5);
    player_stop(player);
    check_books();
}

static void test_the_same_play_makes_the_same_blocks(void **state)
{
    struct player *player = start_player();
    int64_t made[2];

    (void)state;
    for (int run = 0; run < 2; run++) {
        struct credit credits[300];
        int64_t before = number("SELECT COUNT(*) FROM blocks");

        for (int i = 0; i < 300; i++)
            credits[i] = credit_to((uint64_t)i % 60 + 40, 1); /* five rounds of sixty */
        play(player, credits, ARRAY_LENGTH(credits), (1002 + run) * DAY_US);
        made[run] = number("SELECT COUNT(*) FROM blocks") - before;
    }
    assert_int_equal(made[0], 5);
    assert_int_equal(made[1], 5);
    assert_int_equal(number("SELECT COUNT(DISTINCT time_us) FROM blocks WHERE time_us >= 1002"
                            " * 86400000000"),
                     2);
    player_stop(player);
    check_books();
}

/* The next teller goes on in the player's lane, as after any other. */
static void test_its_lane_is_free_afterwards(void **state)
{
    struct player *player = start_player();
    struct credit credit = credit_to(90, 7);

    (void)state;
    player_stop(player);
    struct teller *teller = start_teller(&teller_defaults, &database.options, NULL);
    assert_int_equal(teller_lane(teller), 1);
    run_credit(teller, &credit, ACCEPTED);
    teller_stop(teller);
    check_books();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands_of_a_wallet_keep_their_order),
        cmocka_unit_test(test_a_refusal_is_an_outcome),
        cmocka_unit_test(test_the_same_play_makes_the_same_blocks),
        cmocka_unit_test(test_its_lane_is_free_afterwards),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
