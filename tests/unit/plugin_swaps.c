/* Which hosts a change of the set starts and ends, and which it leaves alone. */
#include <signal.h>
#include <time.h>

#include "plugin_set.h"

#define HOSTS_MOST 64
#define OF_A_CREW  4 /* hosts: one a desk, and the spare */

/* The processes that run, once those that are not needed any more have ended. */
struct hosts {
    pid_t pids[HOSTS_MOST];
    size_t count;
};

static void pause_a_little(void)
{
    nanosleep(&(struct timespec){0, 10 * 1000 * 1000}, NULL);
}

static struct hosts hosts_of_crews(size_t crews)
{
    struct hosts hosts = {0};

    for (int i = 0; i < 1000; i++) {
        hosts.count = (size_t)hosts_of_all(hosts.pids, HOSTS_MOST);
        if (hosts.count == crews * OF_A_CREW)
            return hosts;
        pause_a_little();
    }
    fail_msg("%zu hosts of %zu crews", hosts.count, crews);
    return hosts;
}

static bool is_there(const struct hosts *hosts, pid_t pid)
{
    for (size_t i = 0; i < hosts->count; i++) {
        if (hosts->pids[i] == pid)
            return true;
    }
    return false;
}

static size_t count_kept(const struct hosts *before, const struct hosts *after)
{
    size_t kept = 0;

    for (size_t i = 0; i < before->count; i++)
        kept += is_there(after, before->pids[i]);
    return kept;
}

/* A change of the world, taken over by the server; false: refused. */
static bool change(struct plugins *plugins, void (*how)(void))
{
    struct error error = {0};

    pthread_mutex_lock(&world.lock);
    how();
    world.revision++;
    pthread_mutex_unlock(&world.lock);
    return plugins_reload(plugins, &error);
}

/* Rule i flags above 10, 20, 30 … points: that an answer is its own can be seen. */
static const char *const limits[] = {"{\"most\": 10}", "{\"most\": 20}", "{\"most\": 30}",
                                     "{\"most\": 40}"};

static void put_rule(size_t index, bool built_in)
{
    put(index, "plain");
    world.settings[index] = limits[index];
    world.built_in[index] = built_in;
}

/* Two of the installation's, which share a host, and two that were uploaded. */
static struct plugins *open_four(void)
{
    static struct plugin_options options;

    options = test_options();
    options.deadline_us = 5 * SECOND_US; /* a busy machine is not what is tested */
    options.start_us = 20 * SECOND_US;
    for (size_t i = 0; i < 4; i++)
        put_rule(i, i < 2);
    return open_plugins(&options);
}
#define CREWS 3

/* Each rule at the limit, and above it. */
static void ask_all(struct plugin_desk *desk)
{
    const struct plugin_set *set = plugin_desk_set(desk);
    struct arena *arena = arena_new();
    struct plugin_call calls[2 * MOST];

    for (size_t i = 0; i < 2 * set->count; i++) {
        int64_t limit = 10 * (int64_t)set->plugins[i / 2].plugin_id;
        calls[i] = event_of(i + 1, limit + (int64_t)i % 2);
        calls[i].plugin = &set->plugins[i / 2];
    }
    plugin_desk_ask(desk, calls, 2 * set->count, arena, 0);
    for (size_t i = 0; i < 2 * set->count; i++) {
        if (calls[i].plugin->mode == PLUGIN_OFF)
            continue;
        assert_int_equal(calls[i].fault, FAULT_NONE);
        assert_int_equal(calls[i].answer.opinion.verdict, i % 2 ? LINLI_FLAG : LINLI_ALLOW);
    }
    arena_free(arena);
}

static void ask_everywhere(struct plugins *plugins)
{
    const enum plugin_desk_use uses[] = {DESK_TELLER, DESK_ROOM, DESK_ROOM};
    struct plugin_desk *desks[ARRAY_LENGTH(uses)];

    for (size_t i = 0; i < ARRAY_LENGTH(uses); i++)
        ask_all(desks[i] = plugins_borrow(plugins, uses[i]));
    for (size_t i = 0; i < ARRAY_LENGTH(uses); i++)
        plugins_return(desks[i]);
}

static void close_plugins(struct plugins *plugins)
{
    plugins_stop(plugins);
    assert_int_equal(world.faults, 0);
    assert_int_equal(children(), 0);
}

/* --- What needs no new host --- */

static void shadow_and_turn_round(void)
{
    world.modes[0] = world.modes[3] = PLUGIN_SHADOW;
    world.last_first = true;
}

static void a_mode_and_an_order_start_no_host(void **state)
{
    struct plugins *plugins = open_four();
    struct hosts before = hosts_of_crews(CREWS);

    (void)state;
    assert_true(change(plugins, shadow_and_turn_round));
    struct hosts after = hosts_of_crews(CREWS);
    assert_int_equal(count_kept(&before, &after), before.count);
    struct plugin_desk *desk = plugins_borrow(plugins, DESK_TELLER);
    assert_int_equal(plugin_desk_set(desk)->plugins[0].plugin_id, 4);
    assert_int_equal(plugin_desk_set(desk)->plugins[0].mode, PLUGIN_SHADOW);
    plugins_return(desk);
    ask_everywhere(plugins);
    close_plugins(plugins);
}

static void nothing(void)
{
}

static void the_same_set_again_starts_no_host(void **state)
{
    struct plugins *plugins = open_four();
    struct hosts before = hosts_of_crews(CREWS);

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_true(change(plugins, nothing));
    struct hosts after = hosts_of_crews(CREWS);
    assert_int_equal(count_kept(&before, &after), before.count);
    ask_everywhere(plugins);
    close_plugins(plugins);
}

/* --- What restarts one crew --- */

static void configure_the_last(void)
{
    world.settings[3] = "{\"most\": 40, \"deny\": 900}";
}

static void upgrade_the_last(void)
{
    world.versions[3]++;
}

static void configure_one_of_those_that_share(void)
{
    world.settings[1] = "{\"most\": 20, \"deny\": 900}";
}

static void only_what_changed_comes_up_anew(void **state)
{
    static void (*const changes[])(void) = {configure_the_last, upgrade_the_last,
                                            configure_one_of_those_that_share};
    struct plugins *plugins = open_four();

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(changes); i++) {
        struct hosts before = hosts_of_crews(CREWS);
        assert_true(change(plugins, changes[i]));
        struct hosts after = hosts_of_crews(CREWS);
        assert_int_equal(count_kept(&before, &after), before.count - OF_A_CREW);
        ask_everywhere(plugins);
    }
    close_plugins(plugins);
}

static void add_one(void)
{
    put(4, "plain");
    world.settings[4] = "{\"most\": 50}";
}

static void switch_off_the_third(void)
{
    world.modes[2] = PLUGIN_OFF;
}

static void one_more_and_one_less_leave_the_others_alone(void **state)
{
    struct plugins *plugins = open_four();
    struct hosts before = hosts_of_crews(CREWS);

    (void)state;
    assert_true(change(plugins, add_one));
    struct hosts more = hosts_of_crews(CREWS + 1);
    assert_int_equal(count_kept(&before, &more), before.count);
    assert_true(change(plugins, switch_off_the_third));
    struct hosts less = hosts_of_crews(CREWS);
    assert_int_equal(count_kept(&more, &less), more.count - OF_A_CREW);
    ask_everywhere(plugins);
    close_plugins(plugins);
}

/* --- Refused changes --- */

static void break_the_last(void)
{
    world.settings[3] = "{\"most\": 5000}"; /* above deny: its start says no */
}

static void a_refused_set_leaves_all_hosts_alone(void **state)
{
    struct plugins *plugins = open_four();
    struct hosts before = hosts_of_crews(CREWS);

    (void)state;
    assert_false(change(plugins, break_the_last));
    struct hosts after = hosts_of_crews(CREWS);
    assert_int_equal(count_kept(&before, &after), before.count);
    ask_everywhere(plugins);
    close_plugins(plugins);
}

static void mend_the_last(void)
{
    world.settings[3] = limits[3];
}

/* Hosts of the installation's plugins came up without one of them: each change tries it again. */
static void who_was_left_out_is_tried_again(void **state)
{
    struct plugin_options options = test_options();

    (void)state;
    put_rule(0, true);
    put(1, "start_refuses");
    world.built_in[1] = true;
    struct plugins *plugins = open_plugins(&options);
    struct hosts before = hosts_of_crews(1);
    assert_true(change(plugins, nothing));
    struct hosts after = hosts_of_crews(1);
    assert_int_equal(count_kept(&before, &after), 0);
    close_plugins(plugins);
}

/* --- Meanwhile --- */

/* A desk that is out while the set changes twice asks on with its own, and hands its hosts on. */
static void a_desk_in_use_hands_its_hosts_on(void **state)
{
    struct plugins *plugins = open_four();
    struct hosts before = hosts_of_crews(CREWS);
    struct plugin_desk *desk = plugins_borrow(plugins, DESK_TELLER);

    (void)state;
    assert_true(change(plugins, configure_the_last));
    ask_all(desk);
    assert_true(change(plugins, add_one));
    ask_all(desk);
    assert_int_equal(plugin_desk_set(desk)->count, 4);
    assert_string_equal(plugin_desk_set(desk)->plugins[3].settings, limits[3]);
    plugins_return(desk);
    struct hosts after = hosts_of_crews(CREWS + 1);
    assert_int_equal(count_kept(&before, &after), before.count - OF_A_CREW);
    ask_everywhere(plugins);
    close_plugins(plugins);
}

/* Hosts that are killed between the change and the return are replaced like any. */
static void hosts_that_die_on_the_way_cost_no_answer(void **state)
{
    struct plugins *plugins = open_four();
    struct plugin_desk *desk = plugins_borrow(plugins, DESK_TELLER);
    struct hosts before = hosts_of_crews(CREWS);

    (void)state;
    assert_true(change(plugins, configure_the_last));
    for (size_t i = 0; i < before.count; i++)
        kill(before.pids[i], SIGKILL);
    ask_all(desk);
    plugins_return(desk);
    ask_everywhere(plugins);
    struct hosts after = hosts_of_crews(CREWS);
    assert_int_equal(count_kept(&before, &after), 0);
    close_plugins(plugins);
}

static void put_one_in_shadow(void)
{
    world.modes[0] = PLUGIN_SHADOW;
}

/* Its host is of both sets, and dies for the one that asked. */
static void a_fault_is_of_the_set_that_asked(void **state)
{
    struct plugin_options options = test_options();
    struct plugin_call call = event_of(1, 666); /* tests/plugins/hostile.h */
    struct arena *arena = arena_new();

    (void)state;
    put(0, "crash");
    struct plugins *plugins = open_plugins(&options);
    struct plugin_desk *desk = plugins_borrow(plugins, DESK_TELLER);
    struct hosts before = hosts_of_crews(1);
    assert_true(change(plugins, put_one_in_shadow));
    call.plugin = plugin_desk_set(desk)->plugins;
    plugin_desk_ask(desk, &call, 1, arena, 0);
    assert_int_equal(call.fault, FAULT_CRASHED);
    plugins_return(desk);
    desk = plugins_borrow(plugins, DESK_TELLER);
    call = event_of(2, 10);
    call.plugin = plugin_desk_set(desk)->plugins;
    assert_int_equal(call.plugin->mode, PLUGIN_SHADOW);
    plugin_desk_ask(desk, &call, 1, arena, 0);
    assert_int_equal(call.fault, FAULT_NONE);
    plugins_return(desk);
    struct hosts after = hosts_of_crews(1);
    assert_int_equal(count_kept(&before, &after), before.count - 1);
    plugins_stop(plugins); /* all faults are noted by then */
    assert_int_equal(world.faults, 1);
    assert_int_equal(world.last_mode, PLUGIN_ENFORCED);
    assert_int_equal(children(), 0);
    arena_free(arena);
}

/* The server stops while a change of the set is coming up, with a desk in use until then. */
static void a_stop_in_the_middle_leaves_no_host(void **state)
{
    struct plugins *plugins = open_four();
    struct plugin_desk *desk = plugins_borrow(plugins, DESK_TELLER);

    (void)state;
    for (int i = 0; i < 4; i++) {
        pthread_mutex_lock(&world.lock);
        configure_the_last();
        world.versions[3]++;
        world.revision++;
        pthread_mutex_unlock(&world.lock);
        for (int k = 0; i == 3 && k < 500 && children() <= CREWS * OF_A_CREW; k++)
            pause_a_little(); /* until the office has noticed it */
    }
    plugins_return(desk);
    close_plugins(plugins);
}

/* --- Under load --- */

struct asker {
    pthread_t thread;
    struct plugins *plugins;
    enum plugin_desk_use use;
    _Atomic bool stop;
    _Atomic int batches;
};

static void *ask_on(void *context)
{
    struct asker *asker = context;

    while (!asker->stop) {
        struct plugin_desk *desk = plugins_borrow(asker->plugins, asker->use);
        ask_all(desk);
        plugins_return(desk);
        asker->batches++;
    }
    return NULL;
}

static void twenty_changes_under_load_keep_the_others(void **state)
{
    struct plugins *plugins = open_four();
    struct hosts before = hosts_of_crews(CREWS);
    struct asker askers[] = {{.use = DESK_TELLER}, {.use = DESK_ROOM}, {.use = DESK_ROOM}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(askers); i++) {
        askers[i].plugins = plugins;
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_on, &askers[i]), 0);
    }
    for (int i = 0; i < 20; i++) {
        bool broken = i % 5 == 4;
        assert_int_equal(change(plugins, broken ? break_the_last : mend_the_last), !broken);
        assert_true(broken || change(plugins, upgrade_the_last));
    }
    for (size_t i = 0; i < ARRAY_LENGTH(askers); i++) {
        askers[i].stop = true;
        pthread_join(askers[i].thread, NULL);
        assert_true(askers[i].batches > 0);
    }
    struct hosts after = hosts_of_crews(CREWS);
    assert_int_equal(count_kept(&before, &after), before.count - OF_A_CREW);
    close_plugins(plugins);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_mode_and_an_order_start_no_host, start_over),
        cmocka_unit_test_setup(the_same_set_again_starts_no_host, start_over),
        cmocka_unit_test_setup(only_what_changed_comes_up_anew, start_over),
        cmocka_unit_test_setup(one_more_and_one_less_leave_the_others_alone, start_over),
        cmocka_unit_test_setup(a_refused_set_leaves_all_hosts_alone, start_over),
        cmocka_unit_test_setup(who_was_left_out_is_tried_again, start_over),
        cmocka_unit_test_setup(a_desk_in_use_hands_its_hosts_on, start_over),
        cmocka_unit_test_setup(hosts_that_die_on_the_way_cost_no_answer, start_over),
        cmocka_unit_test_setup(a_fault_is_of_the_set_that_asked, start_over),
        cmocka_unit_test_setup(a_stop_in_the_middle_leaves_no_host, start_over),
        cmocka_unit_test_setup(twenty_changes_under_load_keep_the_others, start_over),
    };

    be_a_host_if_asked(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
