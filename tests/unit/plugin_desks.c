/* Desks and the set behind them. */
#include <signal.h>
#include <time.h>

#include "plugin/host.h"
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
    pthread_mutex_lock(&world.lock);
    put(1, "plain");
    pthread_mutex_unlock(&world.lock);
    assert_true(plugins_reload(plugins, &error));
    assert_int_equal(plugin_desk_set(busy)->count, 1);
    plugins_return(busy);
    struct plugin_desk *desk = plugins_borrow(plugins, DESK_TELLER);
    assert_int_equal(plugin_desk_set(desk)->count, 2);
    plugins_return(desk);

    pthread_mutex_lock(&world.lock);
    world.settings[1] = "{\"most\": 5000}"; /* above deny: its start says no */
    world.versions[1]++;
    world.revision++;
    pthread_mutex_unlock(&world.lock);
    assert_false(plugins_reload(plugins, &error));
    assert_non_null(strstr(error.detail, "deny is below most"));
    desk = plugins_borrow(plugins, DESK_TELLER);
    assert_int_equal(plugin_desk_set(desk)->count, 2);
    plugins_return(desk);
    plugins_stop(plugins);
    assert_int_equal(children(), 0);
}

/* More than a message takes: several of them, one after another. */
static void thousands_are_asked_in_several_messages(void **state)
{
    enum { MANY = 5000 };
    struct plugin_options options = test_options();
    struct plugin_call *calls = memory_new(MANY * sizeof *calls);
    struct arena *arena = arena_new();

    (void)state;
    put(0, "plain");
    struct plugins *plugins = open_plugins(&options);
    struct plugin_desk *desk = plugins_borrow(plugins, DESK_ROOM);
    for (size_t i = 0; i < MANY; i++) {
        calls[i] = event_of(i + 1, i % 7 == 0 ? 5000 : 50);
        calls[i].plugin = plugin_desk_set(desk)->plugins;
    }
    plugin_desk_ask(desk, calls, MANY, arena, 0);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(calls[i].fault, FAULT_NONE);
        assert_int_equal(calls[i].answer.opinion.verdict, i % 7 == 0 ? LINLI_DENY : LINLI_ALLOW);
    }
    plugins_return(desk);
    plugins_stop(plugins);
    arena_free(arena);
    free(calls);
}

/* --- Under load --- */

/* A busy machine is not what is tested. */
static struct plugin_options patient_options(void)
{
    struct plugin_options options = test_options();

    options.deadline_us = 5 * SECOND_US;
    options.start_us = 20 * SECOND_US;
    return options;
}

/* A thread that asks the plain rule, batch after batch, and counts what goes wrong. */
struct asker {
    pthread_t thread;
    struct plugins *plugins;
    enum plugin_desk_use use;
    _Atomic bool stop;
    _Atomic int batches, wrong, blamed;
};

static void ask_once(struct asker *asker)
{
    struct plugin_desk *desk = plugins_borrow(asker->plugins, asker->use);
    const struct plugin_set *set = plugin_desk_set(desk);
    struct plugin_call calls[64];
    struct arena *arena = arena_new();

    for (size_t i = 0; i < 64; i++) {
        calls[i] = event_of(i + 1, i % 2 ? 5000 : 50);
        calls[i].plugin = &set->plugins[i % set->count];
    }
    plugin_desk_ask(desk, calls, 64, arena, 0);
    for (size_t i = 0; i < 64; i++) {
        asker->blamed += calls[i].fault != FAULT_NONE;
        asker->wrong += calls[i].fault == FAULT_NONE &&
                        calls[i].answer.opinion.verdict != (i % 2 ? LINLI_DENY : LINLI_ALLOW);
    }
    asker->batches++;
    arena_free(arena);
    plugins_return(desk);
}

static void *ask_on(void *context)
{
    struct asker *asker = context;

    while (!asker->stop)
        ask_once(asker);
    return NULL;
}

static void start_asking(struct asker *asker, struct plugins *plugins, enum plugin_desk_use use)
{
    *asker = (struct asker){.plugins = plugins, .use = use};
    assert_int_equal(pthread_create(&asker->thread, NULL, ask_on, asker), 0);
}

static void stop_asking(struct asker *asker)
{
    asker->stop = true;
    pthread_join(asker->thread, NULL);
}

static void twenty_reloads_cost_no_answer(void **state)
{
    struct plugin_options options = patient_options();
    struct asker teller, rooms[3];
    struct error error = {0};

    (void)state;
    put(0, "plain");
    struct plugins *plugins = open_plugins(&options);
    start_asking(&teller, plugins, DESK_TELLER);
    for (int i = 0; i < 3; i++) /* more than there are desks */
        start_asking(&rooms[i], plugins, DESK_ROOM);
    for (int i = 0; i < 20; i++) {
        bool broken = i % 5 == 4;

        pthread_mutex_lock(&world.lock);
        put(1, broken ? "start_refuses" : "plain");
        pthread_mutex_unlock(&world.lock);
        assert_int_equal(plugins_reload(plugins, &error), !broken);
    }
    stop_asking(&teller);
    for (int i = 0; i < 3; i++) {
        stop_asking(&rooms[i]);
        assert_int_equal(rooms[i].wrong + rooms[i].blamed, 0);
        assert_true(rooms[i].batches > 0);
    }
    print_message("%d batches of the teller meanwhile\n", (int)teller.batches);
    assert_int_equal(teller.wrong + teller.blamed, 0);
    assert_true(teller.batches > 0);
    plugins_stop(plugins);
    assert_int_equal(world.faults, 0);
    assert_int_equal(children(), 0);
}

/* Whoever kills a host by hand, in the middle of a batch, costs nobody an answer. */
static void a_host_killed_by_hand_costs_no_answer(void **state)
{
    struct plugin_options options = patient_options();
    struct asker teller;
    const struct timespec pause = {0, 40 * 1000 * 1000};

    (void)state;
    put(0, "plain");
    struct plugins *plugins = open_plugins(&options);
    start_asking(&teller, plugins, DESK_TELLER);
    for (int i = 0; i < 16; i++) {
        pid_t pids[32];
        int count = hosts_of_all(pids, 32);

        if (count > 0)
            kill(pids[i % count], SIGKILL);
        nanosleep(&pause, NULL);
    }
    stop_asking(&teller);
    assert_int_equal(teller.wrong, 0);
    assert_int_equal(teller.blamed, 0);
    assert_int_equal(world.faults, 0);
    plugins_stop(plugins);
    assert_int_equal(children(), 0);
}

/* A host that has answered enough is replaced between batches, and nobody notices. */
static void a_worn_host_is_replaced(void **state)
{
    struct plugin_options options = patient_options();
    struct asker teller = {0};

    (void)state;
    options.recycle = 100;
    put(0, "plain");
    struct plugins *plugins = open_plugins(&options);
    teller.plugins = plugins;
    teller.use = DESK_TELLER;
    for (int i = 0; i < 20; i++)
        ask_once(&teller);
    assert_int_equal(teller.wrong + teller.blamed, 0);
    plugins_stop(plugins);
    assert_int_equal(children(), 0);
}

/* As this process sees it of itself: what it has for itself alone, not what libraries share. */
static void a_hosts_memory_is_what_it_grew_by(void **state)
{
    enum { GROWN = 16 << 20 };
    const struct host self = {.pid = getpid()};
    int64_t before = host_memory(&self);
    char *grown = malloc(GROWN);

    (void)state;
    memset(grown, 1, GROWN);
    /* a sanitizer has shadows of it */
    assert_in_range(host_memory(&self) - before, GROWN * 9 / 10, GROWN * 8);
    assert_int_equal(grown[GROWN / 2], 1);
    free(grown);
    assert_int_equal(host_memory(&(struct host){.pid = INT32_MAX}), 0);
}

/* One that could not be started at the server's start is named, and its questions have no answer;
 * the others go on, and a change to another plugin is possible. */
static void a_broken_plugin_does_not_stop_the_start(void **state)
{
    struct plugin_options options = patient_options();
    struct plugin_call calls[2] = {event_of(1, 50), event_of(2, 5000)};
    struct arena *arena = arena_new();
    struct error error = {0};

    (void)state;
    put(0, "start_refuses");
    put(1, "plain");
    struct plugins *plugins = open_plugins(&options);
    struct plugin_desk *desk = plugins_borrow(plugins, DESK_TELLER);
    for (int i = 0; i < 2; i++)
        calls[i].plugin = &plugin_desk_set(desk)->plugins[i];
    plugin_desk_ask(desk, calls, 2, arena, 0);
    assert_int_equal(calls[0].fault, FAULT_NOT_THERE);
    assert_int_equal(calls[1].fault, FAULT_NONE);
    plugins_return(desk);
    pthread_mutex_lock(&world.lock);
    put(2, "plain");
    pthread_mutex_unlock(&world.lock);
    assert_true(plugins_reload(plugins, &error));
    plugins_stop(plugins);
    assert_int_equal(children(), 0);
    arena_free(arena);
}

/* What another server changed is followed without being told. */
static void a_change_elsewhere_is_followed(void **state)
{
    struct plugin_options options = patient_options();
    const struct timespec pause = {0, 50 * 1000 * 1000};
    size_t count = 1;

    (void)state;
    put(0, "plain");
    struct plugins *plugins = open_plugins(&options);
    pthread_mutex_lock(&world.lock);
    put(1, "plain");
    pthread_mutex_unlock(&world.lock);
    for (int i = 0; i < 100 && count == 1; i++) {
        struct plugin_desk *desk = plugins_borrow(plugins, DESK_ROOM);
        count = plugin_desk_set(desk)->count;
        plugins_return(desk);
        nanosleep(&pause, NULL);
    }
    assert_int_equal(count, 2);
    plugins_stop(plugins);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(no_plugins_is_a_set_too, start_over),
        cmocka_unit_test_setup(a_batch_gets_its_answers, start_over),
        cmocka_unit_test_setup(a_new_set_comes_and_a_broken_one_does_not, start_over),
        cmocka_unit_test_setup(thousands_are_asked_in_several_messages, start_over),
        cmocka_unit_test_setup(twenty_reloads_cost_no_answer, start_over),
        cmocka_unit_test_setup(a_host_killed_by_hand_costs_no_answer, start_over),
        cmocka_unit_test_setup(a_worn_host_is_replaced, start_over),
        cmocka_unit_test(a_hosts_memory_is_what_it_grew_by),
        cmocka_unit_test_setup(a_broken_plugin_does_not_stop_the_start, start_over),
        cmocka_unit_test_setup(a_change_elsewhere_is_followed, start_over),
    };

    be_a_host_if_asked(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
