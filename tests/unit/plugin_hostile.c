/*
 * Hostile plugins, one by one, beside a good one: each costs the question that it spoils, is called
 * what it is, and leaves nothing behind.
 */
#include <signal.h>

#include "plugin_set.h"

#define EACH   10 /* questions to each of the two */
#define SPOILT 4
#define BAD    666 /* hostile.h's */

struct hostile {
    const char *file;
    enum plugin_fault fault;
    int detail; /* 0: whatever it is */
};

static const struct hostile hostiles[] = {
    {"crash", FAULT_CRASHED, SIGSEGV},
    {"aborts", FAULT_CRASHED, SIGABRT},
    {"overflows", FAULT_CRASHED, SIGSEGV},
    {"writes_input", FAULT_CRASHED, SIGSEGV},
    {"heap", FAULT_CRASHED, 0},
    {"exits", FAULT_EXITED, 3},
    {"loops", FAULT_OVERRAN, 0},
    {"eats_memory", FAULT_MEMORY, 0},
    {"sleeps", FAULT_FORBIDDEN, 0},
    {"closes", FAULT_FORBIDDEN, 0},
    {"forks", FAULT_FORBIDDEN, 0},
    {"threads", FAULT_FORBIDDEN, 0},
    {"opens", FAULT_FORBIDDEN, 0},
    {"connects", FAULT_FORBIDDEN, 0},
    {"kills", FAULT_FORBIDDEN, 0},
    {"executes", FAULT_FORBIDDEN, 0},
    {"forges", FAULT_NONSENSE, 0},
    {"babbles", FAULT_NONSENSE, 0},
    {"without_end", FAULT_NONSENSE, 0},
    {"moves_rooms", FAULT_NONSENSE, 0},
    {"no_utf8", FAULT_NONSENSE, 0},
    {"odd_verdict", FAULT_NONSENSE, 0},
    {"gives_no_reason", FAULT_NONSENSE, 0},
};

/* Every second question is the hostile one's, one of which spoils it. */
static void set_calls(struct plugin_call calls[2 * EACH], struct plugin_desk *desk, int64_t spoilt)
{
    const struct plugin *plugins = plugin_desk_set(desk)->plugins;

    for (int i = 0; i < 2 * EACH; i++) {
        bool is_bad = i % 2 == 0;

        calls[i] = event_of((uint64_t)i + 1, is_bad && i / 2 == SPOILT ? spoilt : 5000);
        calls[i].plugin = &plugins[is_bad ? 0 : 1];
    }
}

static void check_answers(const struct plugin_call calls[2 * EACH], const struct hostile *hostile)
{
    for (int i = 0; i < 2 * EACH; i++) {
        const struct plugin_call *call = &calls[i];

        if (hostile && i == 2 * SPOILT) {
            if (call->fault != hostile->fault)
                fail_msg("%s: %s, not %s", hostile->file, plugin_fault_name(call->fault),
                         plugin_fault_name(hostile->fault));
            if (hostile->detail && call->fault_detail != hostile->detail)
                fail_msg("%s: detail %d", hostile->file, call->fault_detail);
            continue;
        }
        if (call->fault != FAULT_NONE)
            fail_msg("call %d: %s", i, plugin_fault_name(call->fault));
        assert_int_equal(call->answer.opinion.verdict, i % 2 == 0 ? LINLI_FLAG : LINLI_DENY);
    }
}

static int64_t ask(struct plugin_desk *desk, struct plugin_call calls[2 * EACH])
{
    struct arena *arena = arena_new();
    int64_t start_us = clock_monotonic_us();

    plugin_desk_ask(desk, calls, 2 * EACH, arena, 0);
    arena_free(arena);
    return clock_monotonic_us() - start_us;
}

static void meet(const struct hostile *hostile)
{
    struct plugin_options options = test_options();
    struct plugin_call calls[2 * EACH];

    start_over(NULL);
    put(0, hostile->file);
    put(1, "plain");
    struct plugins *plugins = open_plugins(&options);
    struct plugin_desk *desk = plugins_borrow(plugins, DESK_TELLER);

    set_calls(calls, desk, BAD);
    int64_t took_us = ask(desk, calls);
    check_answers(calls, hostile);
    set_calls(calls, desk, 5000);
    int64_t then_us = ask(desk, calls);
    check_answers(calls, NULL);
    plugins_return(desk);
    struct plugin_figures figures = plugins_figures(plugins, 1);
    assert_int_equal(figures.questions, 2 * EACH);
    assert_int_equal(figures.faults, 1);
    plugins_stop(plugins);
    print_message("%-16s %-10s %6lld us, then %6lld us\n", hostile->file,
                  plugin_fault_name(hostile->fault), (long long)took_us, (long long)then_us);
    assert_int_equal(world.faults, 1);
    assert_int_equal(world.last_fault, hostile->fault);
    assert_int_equal(children(), 0);
    assert_true(then_us < DEADLINE_US); /* a replacement is ready */
}

static void each_costs_its_own_question(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(hostiles); i++)
        meet(&hostiles[i]);
}

/* Alone in its message, as under low load, it is blamed as well. */
static void each_is_blamed_when_it_is_alone(void **state)
{
    static const char *const files[] = {"crash", "forges", "babbles"};
    struct plugin_options options = test_options();

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        struct plugin_call call = event_of(1, BAD);
        struct arena *arena = arena_new();

        start_over(NULL);
        put(0, files[i]);
        struct plugins *plugins = open_plugins(&options);
        struct plugin_desk *desk = plugins_borrow(plugins, DESK_TELLER);
        call.plugin = plugin_desk_set(desk)->plugins;
        plugin_desk_ask(desk, &call, 1, arena, 0);
        assert_int_equal(call.fault, i == 0 ? FAULT_CRASHED : FAULT_NONSENSE);
        plugins_return(desk);
        plugins_stop(plugins);
        assert_int_equal(world.faults, 1);
        arena_free(arena);
    }
}

/* One that spoils everything is asked three times in a batch, and the batch goes on. */
static void after_three_faults_it_is_not_asked(void **state)
{
    struct plugin_options options = test_options();
    struct plugin_call calls[2 * EACH];

    (void)state;
    put(0, "crash");
    put(1, "plain");
    struct plugins *plugins = open_plugins(&options);
    struct plugin_desk *desk = plugins_borrow(plugins, DESK_TELLER);

    set_calls(calls, desk, BAD);
    for (int i = 0; i < 2 * EACH; i += 2)
        calls[i].question.event.points = BAD;
    int64_t took_us = ask(desk, calls);
    print_message("three crashes in %lld us\n", (long long)took_us);
    for (int i = 0; i < 2 * EACH; i++)
        assert_int_equal(calls[i].fault, i % 2 == 0 ? FAULT_CRASHED : FAULT_NONE);
    plugins_return(desk);
    plugins_stop(plugins);
    assert_int_equal(world.faults, 3);
    assert_int_equal(children(), 0);
}

/* One that is slow each time, within its deadline or beyond, cannot hold a batch up for long. */
static void a_batch_ends_in_a_few_deadlines(void **state)
{
    struct plugin_options options = test_options();
    struct plugin_call calls[2 * EACH];

    (void)state;
    put(0, "dawdles");
    put(1, "plain");
    struct plugins *plugins = open_plugins(&options);
    struct plugin_desk *desk = plugins_borrow(plugins, DESK_TELLER);

    set_calls(calls, desk, BAD);
    for (int i = 0; i < 2 * EACH; i += 2)
        calls[i].question.event.points = BAD;
    int64_t took_us = ask(desk, calls);
    print_message("dawdling: %lld us\n", (long long)took_us);
    assert_true(took_us < 8 * DEADLINE_US);
    for (int i = 1; i < 2 * EACH; i += 2)
        assert_int_equal(calls[i].fault, FAULT_NONE);
    plugins_return(desk);
    plugins_stop(plugins);
    assert_int_equal(children(), 0);
}

/* --- Files that do not come up --- */

static const struct {
    const char *file, *code, *says;
} refused[] = {
    {"no_symbol", "plugin.refused", "linli_plugin"},
    {"wrong_magic", "plugin.refused", "LINLI_HEAD"},
    {"wrong_major", "plugin.refused", "version 2.0"},
    {"wrong_size", "plugin.refused", "24 bytes"},
    {"wrong_counts", "plugin.refused", "settings"},
    {"points_nowhere", "plugin.crashed", "while it was loaded"},
    {"unknown_fact", "plugin.fact", "member.redemptions_24h"},
    {"start_refuses", "plugin.refused", "not a good day"},
    {"start_hangs", "plugin.overran", "in its start"},
    {"load_crashes", "plugin.crashed", "while it was loaded"},
    {"load_exits", "plugin.exited", "while it was loaded"},
    {"load_loops", "plugin.overran", "while it was loaded"},
    {"load_forks", "plugin.forbidden", "while it was loaded"},
    {"load_connects", "plugin.forbidden", "while it was loaded"},
    {"load_writes", "plugin.forbidden", "while it was loaded"},
    {"load_limits", "plugin.forbidden", "while it was loaded"},
    {"load_closes", "plugin.exited", "while it was loaded"},
    {"load_babbles", "plugin.host", ""},
    {"load_floods", "plugin.host", "too much"},
    {"start_says_bytes", "plugin.refused", "no text"},
};

static void what_does_not_come_up_says_why(void **state)
{
    struct plugin_options options = test_options();

    (void)state;
    options.start_us = 500000;
    for (size_t i = 0; i < ARRAY_LENGTH(refused); i++) {
        struct arena *arena = arena_new();
        struct manifest manifest;
        struct error error = {0};

        assert_false(plugin_try(&options, PROGRAM, read_plugin(arena, refused[i].file), NULL, arena,
                                &manifest, NULL, 0, &error));
        print_message("%-16s %s: %s\n", refused[i].file, error.code, error.detail);
        assert_string_equal(error.code, refused[i].code);
        assert_non_null(strstr(error.detail, refused[i].says));
        assert_int_equal(children(), 0);
        arena_free(arena);
    }
}

/* Neither files nor the environment can be read while a plugin is loaded: it would die if so. */
static void nothing_can_be_read_at_load(void **state)
{
    struct plugin_options options = test_options();
    struct arena *arena = arena_new();
    struct manifest manifest;
    struct error error = {0};

    (void)state;
    if (!plugin_walls_are_whole())
        skip();
    assert_true(plugin_try(&options, PROGRAM, read_plugin(arena, "load_reads"), NULL, arena,
                           &manifest, NULL, 0, &error));
    arena_free(arena);
}

static void absurd_points_are_nonsense(void **state)
{
    struct plugin_options options = test_options();
    struct arena *arena = arena_new();
    struct manifest manifest;
    struct error error = {0};
    struct plugin_call calls[2] = {
        {.operation = PLUGIN_AWARD, .question.award = {.minutes = 60, .record = 1}},
        {.operation = PLUGIN_AWARD, .question.award = {.minutes = -1, .record = 2}}};

    (void)state;
    assert_true(plugin_try(&options, PROGRAM, read_plugin(arena, "absurd"), NULL, arena, &manifest,
                           calls, 2, &error));
    assert_int_equal(calls[0].fault, FAULT_NONSENSE);
    assert_int_equal(calls[1].fault, FAULT_NONSENSE);
    arena_free(arena);
}

/* What runs much of libc and libstdc++ is no offence. */
static void honest_work_is_allowed(void **state)
{
    static const char *const files[] = {"cplusplus", "heavy"};
    struct plugin_options options = test_options();

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        struct arena *arena;
        struct manifest manifest;
        struct error error = {0};
        struct plugin_call calls[3] = {event_of(1, 5000), event_of(2, 5000), event_of(3, 10)};

        if (access(LINLI_TEST_PLUGINS "/cplusplus.so", R_OK) != 0 && i == 0)
            continue; /* built where there is no C++ compiler */
        arena = arena_new();
        calls[2].question.event.merchant = 5;
        calls[0].question.event.at_us = INT64_C(1700000000000000);
        if (!plugin_try(&options, PROGRAM, read_plugin(arena, files[i]), NULL, arena, &manifest,
                        calls, 3, &error))
            fail_msg("%s: %s", files[i], error.detail);
        for (int k = 0; k < 3; k++)
            assert_int_equal(calls[k].fault, FAULT_NONE);
        assert_int_equal(calls[0].answer.opinion.verdict, LINLI_FLAG);
        print_message("%s: %.*s\n", files[i], (int)calls[0].answer.opinion.reason.en.length,
                      calls[0].answer.opinion.reason.en.bytes);
        arena_free(arena);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_costs_its_own_question, start_over),
        cmocka_unit_test_setup(each_is_blamed_when_it_is_alone, start_over),
        cmocka_unit_test_setup(after_three_faults_it_is_not_asked, start_over),
        cmocka_unit_test_setup(a_batch_ends_in_a_few_deadlines, start_over),
        cmocka_unit_test(what_does_not_come_up_says_why),
        cmocka_unit_test(nothing_can_be_read_at_load),
        cmocka_unit_test(absurd_points_are_nonsense),
        cmocka_unit_test(honest_work_is_allowed),
    };

    be_a_host_if_asked(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
