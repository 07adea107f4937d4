/*
 * A set of plugins that stands in a variable instead of a database, and what was noted of it.
 */
#ifndef LINLI_PLUGIN_SET_H
#define LINLI_PLUGIN_SET_H

#include <pthread.h>

#include "plugin_world.h"

#define MOST 8

static struct {
    pthread_mutex_t lock;
    uint64_t revision;
    const char *files[MOST]; /* of tests/plugins */
    const char *settings[MOST];
    uint64_t versions[MOST];
    enum plugin_mode modes[MOST];
    bool built_in[MOST];
    bool last_first; /* their order */
    size_t count;
    int faults;
    enum plugin_fault last_fault;
    enum plugin_mode last_mode; /* of whom it was */
} world = {.lock = PTHREAD_MUTEX_INITIALIZER};

static inline bool read_revision(struct db *db, uint64_t *revision, struct error *error)
{
    (void)db, (void)error;
    pthread_mutex_lock(&world.lock);
    *revision = world.revision;
    pthread_mutex_unlock(&world.lock);
    return true;
}

/* What an upload would have stored; a file that cannot be described was sound when it was uploaded:
 * it has the plain rule's. */
static inline const struct manifest *manifest_of(const char *file)
{
    static struct {
        const char *file;
        struct manifest manifest;
        bool sound;
    } known[64];
    static struct arena *arena;
    struct plugin_options options = test_options();
    struct error error = {0};
    size_t i = 0;

    if (!arena)
        arena = arena_new(); /* as long as the program */
    while (known[i].file && strcmp(known[i].file, file) != 0)
        i++;
    assert_true(i + 1 < ARRAY_LENGTH(known));
    if (!known[i].file) {
        known[i].file = file;
        known[i].sound = plugin_try(&options, PROGRAM, read_plugin(arena, file), NULL, arena,
                                    &known[i].manifest, NULL, 0, &error);
    }
    return known[i].sound ? &known[i].manifest : manifest_of("plain");
}

static inline bool read_set(struct db *db, struct arena *arena, struct plugin_set *set,
                            struct error *error)
{
    struct plugin *plugins = arena_take(arena, (MOST + 1) * sizeof *plugins);

    (void)db, (void)error;
    pthread_mutex_lock(&world.lock);
    for (size_t i = 0; i < world.count; i++) {
        struct text image = read_plugin(arena, world.files[i]);
        const struct manifest *manifest = manifest_of(world.files[i]);
        size_t at = world.last_first ? world.count - 1 - i : i;

        plugins[at] = (struct plugin){.plugin_id = i + 1,
                                      .version_id = world.versions[i] * MOST + i,
                                      .policy_id = 1,
                                      .manifest = manifest,
                                      .mode = world.modes[i],
                                      .built_in = world.built_in[i],
                                      .settings = world.settings[i],
                                      .image = image};
    }
    *set = (struct plugin_set){world.revision, plugins, world.count};
    pthread_mutex_unlock(&world.lock);
    return true;
}

static inline bool note_fault(struct db *db, const struct plugin *plugin, enum plugin_fault fault,
                              int detail, const char *question, struct error *error)
{
    (void)db, (void)detail, (void)question, (void)error;
    pthread_mutex_lock(&world.lock);
    world.faults++;
    world.last_fault = fault;
    world.last_mode = plugin->mode;
    pthread_mutex_unlock(&world.lock);
    return true;
}

static const struct plugin_source source = {read_revision, read_set, note_fault, NULL};

static inline void put(size_t index, const char *file)
{
    world.files[index] = file;
    world.settings[index] = "{}";
    world.modes[index] = PLUGIN_ENFORCED;
    world.versions[index]++;
    if (world.count <= index)
        world.count = index + 1;
    world.revision++;
}

static struct db_options no_database = {.url = (char *)(uintptr_t) "mysql://nobody@127.0.0.1/none"};

static inline struct plugins *open_plugins(const struct plugin_options *options)
{
    struct error error = {0};
    struct plugins *plugins = plugins_start(options, &no_database, &source, PROGRAM, &error);

    if (!plugins)
        fail_msg("%s: %s", error.code, error.detail);
    return plugins;
}

static inline int start_over(void **state)
{
    (void)state;
    world.count = 0;
    world.faults = 0;
    world.last_first = false;
    memset(world.versions, 0, sizeof world.versions);
    memset(world.built_in, 0, sizeof world.built_in);
    return 0;
}

#endif
