/* Desks and the set behind them. */
#include "plugin_set.h"

static void no_plugins_is_a_set_too(void **state)
{
    struct plugin_options options = test_options();
    struct plugins *plugins = open_plugins(&options);
    struct plugin_desk *desk = plugins_borrow(plugins, DESK_TELLER);

    (void)state;
    assert_int_equal(plugin_desk_set(desk)->count, 0);
    plugins_return(desk);
    plugins_stop(plugins);
    assert_int_equal(children(), 0);
}

static void a_batch_gets_its_answers(void **state)
{
    struct plugin_options options = test_options();
    struct plugin_call calls[100];
    struct arena *arena = arena_new();

    (void)state;
    put(0, "plain");
    struct plugins *plugins = open_plugins(&options);
    struct plugin_desk *desk = plugins_borrow(plugins, DESK_TELLER);
    for (int i = 0; i < 100; i++) {
        calls[i] = event_of((uint64_t)i + 1, i % 3 == 0 ? 5000 : 50);
        calls[i].plugin = plugin_desk_set(desk)->plugins;
    }
    plugin_desk_ask(desk, calls, 100, arena, 0);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(calls[i].fault, FAULT_NONE);
        assert_int_equal(calls[i].answer.opinion.verdict, i % 3 == 0 ? LINLI_DENY : LINLI_ALLOW);
    }
    plugins_return(desk);
    plugins_stop(plugins);
    assert_int_equal(children(), 0);
    arena_free(arena);
}

static void a_new_set_comes_and_a_broken_one_does_not(void **state)
{
    struct plugin_options options = test_options();
    struct error error = {0};

    (void)state;
    put(0, "plain");
    struct plugins *plugins = open_plugins(&options);
    struct plugin_desk *busy = plugins_borrow(plugins, DESK_ROOM);
    put(1, "plain");
    assert_true(plugins_reload(plugins, &error));
    assert_int_equal(plugin_desk_set(busy)->count, 1);
    plugins_return(busy);
    struct plugin_desk *desk = plugins_borrow(plugins, DESK_TELLER);
    assert_int_equal(plugin_desk_set(desk)->count, 2);
    plugins_return(desk);

    world.settings[1] = "{\"most\": 5000}"; /* above deny: its start says no */
    world.versions[1]++;
    world.revision++;
    assert_false(plugins_reload(plugins, &error));
    assert_non_null(strstr(error.detail, "deny is below most"));
    desk = plugins_borrow(plugins, DESK_TELLER);
    assert_int_equal(plugin_desk_set(desk)->count, 2);
    plugins_return(desk);
    plugins_stop(plugins);
    assert_int_equal(children(), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(no_plugins_is_a_set_too, start_over),
        cmocka_unit_test_setup(a_batch_gets_its_answers, start_over),
        cmocka_unit_test_setup(a_new_set_comes_and_a_broken_one_does_not, start_over),
    };

    be_a_host_if_asked(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
