/* Desks and the set behind them, with a set that stands in a variable instead of a database. */
#include "plugin_world.h"

#include <pthread.h>

#define MOST 8

/* --- The set --- */

static struct {
    pthread_mutex_t lock;
    uint64_t revision;
    const char *files[MOST]; /* of tests/plugins */
    const char *settings[MOST];
    uint64_t versions[MOST];
    size_t count;
    int faults;
    enum plugin_fault last_fault;
} world = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool read_revision(struct db *db, uint64_t *revision, struct error *error)
{
    (void)db, (void)error;
    pthread_mutex_lock(&world.lock);
    *revision = world.revision;
    pthread_mutex_unlock(&world.lock);
    return true;
}

/* What an upload would have stored. */
static const struct manifest *manifest_of(struct arena *arena, struct text image)
{
    struct plugin_options options = test_options();
    struct manifest *manifest = arena_take(arena, sizeof *manifest);
    json_t *none = NULL;
    struct error error = {0};

    /* A broken one has the plain rule's: it was sound when it was uploaded. */
    if (!plugin_try(&options, PROGRAM, image, none, arena, manifest, NULL, 0, &error))
        return NULL;
    return manifest;
}

static bool read_set(struct db *db, struct arena *arena, struct plugin_set *set,
                     struct error *error)
{
    struct plugin *plugins = arena_take(arena, (MOST + 1) * sizeof *plugins);

    (void)db, (void)error;
    pthread_mutex_lock(&world.lock);
    for (size_t i = 0; i < world.count; i++) {
        struct text image = read_plugin(arena, world.files[i]);
        const struct manifest *manifest = manifest_of(arena, image);

        if (!manifest)
            manifest = manifest_of(arena, read_plugin(arena, "plain"));
        plugins[i] = (struct plugin){.plugin_id = i + 1,
                                     .version_id = world.versions[i],
                                     .policy_id = 1,
                                     .manifest = manifest,
                                     .mode = PLUGIN_ENFORCED,
                                     .settings = world.settings[i],
                                     .image = image};
    }
    *set = (struct plugin_set){world.revision, plugins, world.count};
    pthread_mutex_unlock(&world.lock);
    return true;
}

static bool note_fault(struct db *db, const struct plugin *plugin, enum plugin_fault fault,
                       int detail, const char *question, struct error *error)
{
    (void)db, (void)plugin, (void)detail, (void)question, (void)error;
    pthread_mutex_lock(&world.lock);
    world.faults++;
    world.last_fault = fault;
    pthread_mutex_unlock(&world.lock);
    return true;
}

static const struct plugin_source source = {read_revision, read_set, note_fault, NULL};

static void put(size_t index, const char *file)
{
    world.files[index] = file;
    world.settings[index] = "{}";
    world.versions[index]++;
    if (world.count <= index)
        world.count = index + 1;
    world.revision++;
}

static struct db_options no_database = {.url = (char *)(uintptr_t) "mysql://nobody@127.0.0.1/none"};

static struct plugins *open_plugins(const struct plugin_options *options)
{
    struct error error = {0};
    struct plugins *plugins = plugins_start(options, &no_database, &source, PROGRAM, &error);

    if (!plugins)
        fail_msg("%s: %s", error.code, error.detail);
    return plugins;
}

static int start_over(void **state)
{
    (void)state;
    world.count = 0;
    world.faults = 0;
    memset(world.versions, 0, sizeof world.versions);
    return 0;
}

/* --- Tests --- */

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
