/*
 * What judging a batch costs: 256 events asked of one and of ten rules, every rule in a host of its
 * own, and of ten that share one, with a member, a merchant and a reward each; and how soon a
 * replacement answers after a crash. "here" is what the asking thread worked, which a busy machine
 * tells better than how long it took.
 *
 *   bench_plugins RULE.so CRASHING.so
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

struct times {
    int64_t took_us[ROUNDS], worked_us[ROUNDS];
    size_t count;
};

static int64_t worked_us(void)
{
    struct timespec worked;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &worked);
    return worked.tv_sec * SECOND_US + worked.tv_nsec / 1000;
}

/* As the teller asks: each event, of each rule. */
static void ask(struct plugin_desk *desk, int64_t points, enum plugin_fault expected,
                struct times *times)
{
    static struct plugin_call calls[BATCH * RULES];
    static uint64_t batch;
    const struct plugin_set *set = plugin_desk_set(desk);
    struct arena *arena = arena_new();
    size_t count = BATCH * set->count;

    batch++;
    for (size_t i = 0; i < count; i++) {
        uint64_t event = batch * BATCH + i / set->count, member = event * 7 % 20011 + 1;
        calls[i] = (struct plugin_call){
            .plugin = &set->plugins[i % set->count],
            .operation = PLUGIN_CHECK,
            .question.event = {.kind = LINLI_REDEEM,
                               .event = event,
                               .member = member,
                               .actor = member,
                               .merchant = event % 40 + 1,
                               .subject = event % 200 + 1,
                               .points = i == 0 ? points : 50},
        };
    }
    int64_t start_us = clock_monotonic_us(), began_us = worked_us();
    plugin_desk_ask(desk, calls, count, arena, 0);
    times->worked_us[times->count] = worked_us() - began_us;
    times->took_us[times->count++] = clock_monotonic_us() - start_us;
    for (size_t i = 0; i < count; i++)
        ASSERT(calls[i].fault == (i == 0 ? expected : FAULT_NONE));
    arena_free(arena);
}

static int by_size(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void print(const char *what, struct times *times)
{
    size_t middle = times->count / 2, late = times->count * 99 / 100;

    qsort(times->took_us, times->count, sizeof times->took_us[0], by_size);
    qsort(times->worked_us, times->count, sizeof times->worked_us[0], by_size);
    printf("%-46s p50 %7.3f ms   p99 %7.3f ms   here p50 %7.3f ms\n", what,
           (double)times->took_us[middle] / 1000.0, (double)times->took_us[late] / 1000.0,
           (double)times->worked_us[middle] / 1000.0);
}

static void measure(const char *what, size_t rules, bool one_host)
{
    static struct times times, warm_up;
    struct plugins *plugins = open_set(rules, one_host);
    struct plugin_desk *desk = plugins_borrow(plugins, DESK_TELLER);

    times.count = warm_up.count = 0;
    for (int i = 0; i < WARM_UP; i++)
        ask(desk, 50, FAULT_NONE, &warm_up);
    for (int i = 0; i < ROUNDS; i++)
        ask(desk, 50, FAULT_NONE, &times);
    plugins_return(desk);
    plugins_stop(plugins);
    print(what, &times);
}

/* A batch whose first question crashes, and the next: by then a spare has come up. */
static void measure_crashes(void)
{
    static struct times times, after;
    struct plugins *plugins = open_set(1, false);
    struct plugin_desk *desk = plugins_borrow(plugins, DESK_TELLER);

    for (int i = 0; i < CRASHES; i++) {
        ask(desk, CRASH_POINT, FAULT_CRASHED, &times);
        ask(desk, 50, FAULT_NONE, &after);
    }
    plugins_return(desk);
    plugins_stop(plugins);
    print("256 events, one rule, one question crashes", &times);
    print("the batch after it", &after);
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
    measure("256 events, one rule", 1, false);
    measure("256 events, ten rules, a host each", RULES, false);
    measure("256 events, ten rules in one host", RULES, true);
    read_rule(argv[2], arena);
    measure_crashes();
    arena_free(arena);
    return 0;
}
