/* A plugin's file in a throw-away host. */
#include "plugin_world.h"

static void describes_and_asks(void **state)
{
    struct arena *arena = arena_new();
    struct plugin_options options = test_options();
    struct manifest manifest;
    struct error error = {0};
    struct plugin_call calls[] = {event_of(1, 50), event_of(2, 500), event_of(3, 5000)};

    (void)state;
    int64_t start = clock_monotonic_us();
    bool fine = plugin_try(&options, PROGRAM, read_plugin(arena, "plain"), NULL, arena, &manifest,
                           calls, 3, &error);
    if (!fine)
        fail_msg("%s: %s", error.code, error.detail);
    print_message("took %lld us\n", (long long)(clock_monotonic_us() - start));
    assert_string_equal(manifest.name, "plain");
    assert_int_equal(manifest.events, LINLI_EARN | LINLI_REDEEM);
    for (int i = 0; i < 3; i++)
        assert_int_equal(calls[i].fault, FAULT_NONE);
    assert_int_equal(calls[0].answer.opinion.verdict, LINLI_ALLOW);
    assert_int_equal(calls[1].answer.opinion.verdict, LINLI_FLAG);
    assert_string_equal(calls[1].answer.opinion.reason.code, "many");
    assert_memory_equal(calls[1].answer.opinion.reason.zh.bytes, "积分 500", 10);
    assert_int_equal(calls[2].answer.opinion.verdict, LINLI_DENY);
    assert_int_equal(children(), 0);
    arena_free(arena);
}

/* More than a message takes, and again: one host answers them all. */
static void a_trial_is_kept(void **state)
{
    enum { MANY = 1200 };
    struct arena *whole = arena_new(), *part = arena_new();
    struct plugin_options options = test_options();
    struct manifest manifest;
    struct error error = {0};
    struct plugin_trial *trial =
        plugin_trial_start(&options, read_plugin(whole, "plain"), NULL, whole, &manifest, &error);

    (void)state;
    assert_non_null(trial);
    for (int time = 0; time < 2; time++) {
        struct plugin_call *calls = arena_take(part, MANY * sizeof *calls);

        for (uint64_t i = 0; i < MANY; i++)
            calls[i] = event_of(i + 1, i % 2 ? 50 : 500);
        plugin_trial_ask(trial, calls, MANY, part);
        for (size_t i = 0; i < MANY; i++) {
            assert_int_equal(calls[i].fault, FAULT_NONE);
            assert_int_equal(calls[i].answer.opinion.verdict, i % 2 ? LINLI_ALLOW : LINLI_FLAG);
        }
        assert_int_equal(children(), 1);
        arena_reset(part);
    }
    plugin_trial_end(trial);
    assert_int_equal(children(), 0);
    plugin_trial_end(NULL);
    arena_free(part);
    arena_free(whole);
}

/* Shorter structs of earlier minor versions; what they lack is zero, what lies behind them unread.
 */
static void older_plugins_go_on_working(void **state)
{
    struct arena *arena = arena_new();
    struct plugin_options options = test_options();
    struct manifest manifest;
    struct error error = {0};
    struct linli_value own = {.number = 5, .known = 1};
    struct plugin_call rule[] = {event_of(1, 50), event_of(2, 5000)};
    struct plugin_call step[] = {{.operation = PLUGIN_STEP,
                                  .question.step = {.operation = LINLI_RESERVE,
                                                    .item = LINLI_TEXT("A-7"),
                                                    .settings = &own,
                                                    .setting_count = 1,
                                                    .redemption = 9}}};

    (void)state;
    if (!plugin_try(&options, PROGRAM, read_plugin(arena, "older_rule"), NULL, arena, &manifest,
                    rule, 2, &error))
        fail_msg("%s", error.detail);
    assert_int_equal(manifest.abi_minor, 0);
    assert_int_equal(manifest.discloses, 0);
    assert_int_equal(rule[0].answer.opinion.verdict, LINLI_ALLOW);
    assert_string_equal(rule[1].answer.opinion.reason.code, "old");

    if (!plugin_try(&options, PROGRAM, read_plugin(arena, "older_merchant"), NULL, arena, &manifest,
                    step, 1, &error))
        fail_msg("%s", error.detail);
    assert_int_equal(manifest.abi_minor, 1);
    assert_int_equal(manifest.merchant.ways, 0);
    assert_int_equal(manifest.discloses, LINLI_TELLS_NAME);
    assert_int_equal(step[0].fault, FAULT_NONE);
    assert_memory_equal(step[0].answer.step->voucher.bytes, "OLD-", 4);
    assert_memory_equal(step[0].answer.step->state.bytes, "A-7", 3);
    arena_free(arena);
}

static void the_oldest_is_not_told_of_forecasts(void **state)
{
    struct arena *arena = arena_new();
    struct plugin_options options = test_options();
    struct manifest manifest;
    struct error error = {0};
    struct plugin_call calls[] = {
        {.operation = PLUGIN_AWARD, .question.award = {.grade = 2, .minutes = 90}},
        {.operation = PLUGIN_RATE,
         .question.rate = {.scope = LINLI_OF_MEMBER, .to_us = 7 * DAY_US, .forecast = 1}}};

    (void)state;
    if (!plugin_try(&options, PROGRAM, read_plugin(arena, "oldest_policy"), NULL, arena, &manifest,
                    calls, 2, &error))
        fail_msg("%s", error.detail);
    assert_int_equal(manifest.abi_minor, 0);
    assert_int_equal(calls[0].answer.award.points, 90);
    assert_int_equal(calls[1].fault, FAULT_NONE);
    assert_string_equal(calls[1].answer.rating->code, "fine");
    assert_memory_equal(calls[1].answer.rating->reasons[0].en.bytes, "7 days", 6);
    arena_free(arena);
}

/* Good ones beside one that kills its host: each is told what it is. */
static void many_are_described_at_once(void **state)
{
    static const char *const names[] = {"plain", "load_crashes", "no_symbol", "keeper"};
    struct arena *arena = arena_new();
    struct plugin_options options = test_options();
    struct text images[ARRAY_LENGTH(names)];
    struct manifest manifests[ARRAY_LENGTH(names)];
    const char *why[ARRAY_LENGTH(names)];

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        images[i] = read_plugin(arena, names[i]);
    plugin_describe(&options, images, 1, arena, manifests, why);
    assert_null(why[0]);
    assert_string_equal(manifests[0].name, "plain");
    plugin_describe(&options, images, ARRAY_LENGTH(names), arena, manifests, why);
    assert_null(why[0]);
    assert_string_equal(manifests[0].name, "plain");
    assert_non_null(strstr(why[1], "crashed"));
    assert_non_null(strstr(why[2], "linli_plugin"));
    assert_null(why[3]);
    assert_string_equal(manifests[3].name, "keeper");
    arena_free(arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(describes_and_asks),
        cmocka_unit_test(a_trial_is_kept),
        cmocka_unit_test(older_plugins_go_on_working),
        cmocka_unit_test(the_oldest_is_not_told_of_forecasts),
        cmocka_unit_test(many_are_described_at_once),
    };

    be_a_host_if_asked(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
