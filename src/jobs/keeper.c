#include "jobs/keeper.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

#define FIRST_RUN_US (2 * SECOND_US) /* after the start: people come first */
#define LOOK_US      (SECOND_US / 4) /* how often the keeper looks at the clock */

enum { RUNS, FAILED_RUNS, RUN_TIME };

struct metric keeper_metrics[] = {
    [RUNS] = {.name = "linli_keeper_runs_total", .help = "Jobs run", .type = METRIC_COUNTER},
    [FAILED_RUNS] = {.name = "linli_keeper_failed_runs_total",
                     .help = "Runs of jobs that broke",
                     .type = METRIC_COUNTER},
    [RUN_TIME] = {.name = "linli_keeper_run_seconds",
                  .help = "Duration of a job's run",
                  .type = METRIC_HISTOGRAM},
};
const size_t keeper_metrics_count = ARRAY_LENGTH(keeper_metrics);

/* What the keeper remembers of a job. It is due by time that passed or by the clock, whichever is
 * first: what runs out at a time of day has run out after a machine's sleep, too. */
struct duty {
    const struct job *job;
    int64_t due_us;   /* monotonic */
    int64_t clock_us; /* the clock's */
    uint64_t cursor;
};

struct keeper {
    struct keeper_tools tools;
    struct duty *duties;
    size_t count;
    struct db *db;
    struct arena *arena;
    pthread_t thread;
    pthread_mutex_t lock; /* with `changed`: of the sleep until the next job is due */
    pthread_cond_t changed;
    _Atomic bool stopping;
};

/* `clock_us` is what the clock said `over_us` ago: what it has leapt since is part of the wait. */
static void set_due(struct duty *duty, int64_t clock_us, int64_t over_us, int64_t in_us)
{
    duty->due_us = clock_monotonic_us() + in_us;
    duty->clock_us = clock_us + over_us + in_us;
}

static bool is_due(const struct duty *duty)
{
    return clock_monotonic_us() >= duty->due_us || clock_now_us() >= duty->clock_us;
}

static void run(struct keeper *keeper, struct duty *duty)
{
    int64_t started_us = clock_monotonic_us();
    struct error error = {0};
    struct job_context context = {
        .db = keeper->db,
        .teller = keeper->tools.teller,
        .programme = keeper->tools.programme,
        .keyring = keeper->tools.keyring,
        .ids = keeper->tools.ids,
        .plugins = keeper->tools.plugins,
        .registry = keeper->tools.registry,
        .now_us = clock_now_us(),
        .arena = keeper->arena,
        .cursor = duty->cursor,
        .stopping = &keeper->stopping,
    };

    arena_reset(keeper->arena);
    metric_add(&keeper_metrics[RUNS], 1);
    if (!duty->job->run(&context, &error)) {
        metric_add(&keeper_metrics[FAILED_RUNS], 1);
        LOG(WARN, "keeper.failed", LOG_STR("job", duty->job->name), LOG_STR("code", error.code),
            LOG_STR("detail", error.detail));
    }
    duty->cursor = context.cursor;
    int64_t took_us = clock_monotonic_us() - started_us;
    set_due(duty, context.now_us, took_us, duty->job->every_us);
    metric_observe_us(&keeper_metrics[RUN_TIME], took_us);
}

/* The one that is due for longest, NULL when none is. */
static struct duty *next_duty(struct keeper *keeper)
{
    struct duty *next = NULL;

    for (size_t i = 0; i < keeper->count; i++) {
        struct duty *duty = &keeper->duties[i];

        if (is_due(duty) && (!next || duty->due_us < next->due_us))
            next = duty;
    }
    return next;
}

/* When to look again: as soon as the first is due by time, and soon enough for the clock. */
static int64_t next_look_us(const struct keeper *keeper)
{
    int64_t next_us = clock_monotonic_us() + LOOK_US;

    for (size_t i = 0; i < keeper->count; i++) {
        if (keeper->duties[i].due_us < next_us)
            next_us = keeper->duties[i].due_us;
    }
    return next_us;
}

/* False when it is time to stop. */
static bool sleep_until(struct keeper *keeper, int64_t until_us)
{
    struct timespec until = {.tv_sec = until_us / SECOND_US,
                             .tv_nsec = until_us % SECOND_US * 1000};

    pthread_mutex_lock(&keeper->lock);
    while (!keeper->stopping &&
           pthread_cond_timedwait(&keeper->changed, &keeper->lock, &until) == 0)
        continue;
    pthread_mutex_unlock(&keeper->lock);
    return !keeper->stopping;
}

static void *keep(void *context)
{
    struct keeper *keeper = context;
    struct duty *duty;

    while (sleep_until(keeper, next_look_us(keeper))) {
        while (!keeper->stopping && (duty = next_duty(keeper)))
            run(keeper, duty);
    }
    return NULL;
}

static void take_duties(struct keeper *keeper, const struct job *jobs)
{
    while (jobs[keeper->count].name)
        keeper->count++;
    ASSERT(keeper->count > 0);
    keeper->duties = memory_new(keeper->count * sizeof *keeper->duties);
    for (size_t i = 0; i < keeper->count; i++) {
        keeper->duties[i] = (struct duty){.job = &jobs[i]};
        set_due(&keeper->duties[i], clock_now_us(), 0, FIRST_RUN_US);
    }
}

struct keeper *keeper_start(const struct job *jobs, const struct keeper_tools *tools)
{
    struct keeper *keeper = memory_new(sizeof *keeper);
    pthread_condattr_t monotonic;

    keeper->tools = *tools;
    keeper->db = db_new(tools->db);
    keeper->arena = arena_new();
    take_duties(keeper, jobs);
    pthread_mutex_init(&keeper->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&keeper->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    ASSERT(pthread_create(&keeper->thread, NULL, keep, keeper) == 0);
    return keeper;
}

void keeper_stop(struct keeper *keeper)
{
    if (!keeper)
        return;
    pthread_mutex_lock(&keeper->lock);
    keeper->stopping = true;
    pthread_cond_signal(&keeper->changed);
    pthread_mutex_unlock(&keeper->lock);
    pthread_join(keeper->thread, NULL);
    pthread_cond_destroy(&keeper->changed);
    pthread_mutex_destroy(&keeper->lock);
    db_free(keeper->db);
    arena_free(keeper->arena);
    free(keeper->duties);
    free(keeper);
}
