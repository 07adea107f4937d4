/*
 * What judging a batch costs: 256 questions to each of one and of ten rules, every rule in a host
 * of its own, and to ten that share one; and how soon a replacement answers after a crash.
 *
 *   bench_plugins RULE.so CRASHING.so
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "plugin/facts.h"
#include "plugin/host_main.h"
#include "plugin/plugins.h"

#define PROGRAM     "/proc/self/exe"
#define BATCH       256
#define RULES       10
#define ROUNDS      400
#define WARM_UP     20
#define CRASHES     20
#define CRASH_POINT 666 /* what tests/plugins/hostile crashes at */

/* The set of this round. */
static struct {
    struct text image;
    struct manifest manifest;
    size_t count;
    bool built_in;
} world;

static bool read_revision(struct db *db, uint64_t *revision, struct error *error)
{
    (void)db, (void)error;
    *revision = 1;
    return true;
}

static bool read_set(struct db *db, struct arena *arena, struct plugin_set *set,
                     struct error *error)
{
    struct plugin *plugins = arena_take(arena, world.count * sizeof *plugins);

    (void)db, (void)error;
    for (size_t i = 0; i < world.count; i++)
        plugins[i] = (struct plugin){.plugin_id = i + 1,
                                     .version_id = i + 1,
                                     .manifest = &world.manifest,
                                     .mode = PLUGIN_ENFORCED,
                                     .built_in = world.built_in,
                                     .settings = "{}",
                                     .image = world.image};
    *set = (struct plugin_set){1, plugins, world.count};
    return true;
}

static bool note_fault(struct db *db, const struct plugin *plugin, enum plugin_fault fault,
                       int detail, const char *question, struct error *error)
{
    (void)db, (void)plugin, (void)fault, (void)detail, (void)question, (void)error;
    return true;
}

static const struct plugin_source source = {read_revision, read_set, note_fault, NULL};
static const struct plugin_options options = {.allow_unsigned = true,
                                              .trusted_keys = "",
                                              .deadline_us = SECOND_US,
                                              .start_us = 10 * SECOND_US,
                                              .memory = 64 << 20,
                                              .recycle = INT64_MAX};
static struct db_options no_database = {.url = (char *)(uintptr_t) "mysql://nobody@127.0.0.1/none"};

static void fail(const struct error *error)
{
    fprintf(stderr, "bench_plugins: %s\n", error->detail);
    exit(1);
}

static void read_rule(const char *path, struct arena *arena)
{
    char piece[65536];
    struct buffer content = {0};
    struct error error = {0};
    FILE *file = fopen(path, "rb");
    size_t length;

    if (!file) {
        perror(path);
        exit(1);
    }
    while ((length = fread(piece, 1, sizeof piece, file)) > 0)
        buffer_add(&content, piece, length);
    fclose(file);
    world.image = (struct text){arena_copy(arena, content.data, content.length), content.length};
    buffer_free(&content);
    if (!plugin_try(&options, PROGRAM, world.image, NULL, arena, &world.manifest, NULL, 0, &error))
        fail(&error);
}

static struct plugins *open_set(size_t count, bool built_in)
{
    struct error error = {0};
    struct plugins *plugins;

    world.count = count;
    world.built_in = built_in;
    plugins = plugins_start(&options, &no_database, &source, PROGRAM, &error);
    if (!plugins)
        fail(&error);
    return plugins;
}

static int64_t ask(struct plugin_desk *desk, int64_t points, enum plugin_fault expected)
{
    static struct plugin_call calls[BATCH * RULES];
    const struct plugin_set *set = plugin_desk_set(desk);
    struct arena *arena = arena_new();
    size_t count = BATCH * set->count;

    for (size_t i = 0; i < count; i++)
        calls[i] = (struct plugin_call){
            .plugin = &set->plugins[i / BATCH],
            .operation = PLUGIN_CHECK,
            .question.event = {.kind = LINLI_REDEEM,
                               .event = i + 1,
                               .member = i + 7,
                               .merchant = 3,
                               .subject = 5,
                               .points = i == 0 ? points : 50},
        };
    int64_t start_us = clock_monotonic_us();
    plugin_desk_ask(desk, calls, count, arena, 0);
    int64_t took_us = clock_monotonic_us() - start_us;
    for (size_t i = 0; i < count; i++)
        ASSERT(calls[i].fault == (i == 0 ? expected : FAULT_NONE));
    arena_free(arena);
    return took_us;
}

static int by_size(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void print(const char *what, int64_t *times, size_t count)
{
    qsort(times, count, sizeof *times, by_size);
    int64_t middle_us = times[count / 2], late_us = times[count * 99 / 100];
    printf("%-46s p50 %7.3f ms   p99 %7.3f ms\n", what, (double)middle_us / 1000.0,
           (double)late_us / 1000.0);
}

static void measure(const char *what, size_t rules, bool one_host)
{
    static int64_t times[ROUNDS];
    struct plugins *plugins = open_set(rules, one_host);
    struct plugin_desk *desk = plugins_borrow(plugins, DESK_TELLER);

    for (int i = 0; i < WARM_UP; i++)
        ask(desk, 50, FAULT_NONE);
    for (int i = 0; i < ROUNDS; i++)
        times[i] = ask(desk, 50, FAULT_NONE);
    plugins_return(desk);
    plugins_stop(plugins);
    print(what, times, ROUNDS);
}

/* A batch whose first question crashes, and the next: by then a spare has come up. */
static void measure_crashes(void)
{
    static int64_t times[CRASHES], after[CRASHES];
    struct plugins *plugins = open_set(1, false);
    struct plugin_desk *desk = plugins_borrow(plugins, DESK_TELLER);

    for (int i = 0; i < CRASHES; i++) {
        times[i] = ask(desk, CRASH_POINT, FAULT_CRASHED);
        after[i] = ask(desk, 50, FAULT_NONE);
    }
    plugins_return(desk);
    plugins_stop(plugins);
    print("256 questions, one crashes, one after another", times, CRASHES);
    print("the batch after it", after, CRASHES);
}

int main(int argc, char **argv)
{
    static const struct fact_loader *const no_facts[] = {NULL};
    struct arena *arena;

    crypto_start();
    if (argc > 1 && strcmp(argv[1], "plugin-host") == 0)
        return plugin_host_main();
    if (argc != 3) {
        fputs("usage: bench_plugins RULE.so CRASHING.so\n", stderr);
        return 2;
    }
    log_configure(LOG_ERROR, LOG_AUTO);
    facts_register(no_facts);
    arena = arena_new();
    read_rule(argv[1], arena);
    measure("256 questions to one rule", 1, false);
    measure("256 questions to ten rules, a host each", RULES, false);
    measure("256 questions to ten rules in one host", RULES, true);
    read_rule(argv[2], arena);
    measure_crashes();
    arena_free(arena);
    return 0;
}
