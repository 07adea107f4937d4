#include "plugin/crew.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "plugin/plugin_figures.h"

struct spawner {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* something is wanted, or has come */
    struct crew *wanted;    /* in order */
    struct host *retired;
    bool stopping;
};

/* --- The spawner --- */

static struct host *make(const struct crew *crew)
{
    int64_t start_us = clock_monotonic_us();
    struct error error = {0};
    struct host *host = host_spawn(&crew->plan, &error);

    if (host && !host_start(host, &crew->plan, &error)) {
        host_end(host, FAULT_NOT_THERE);
        host = NULL;
    }
    if (!host)
        LOG(ERROR, "plugin.no_host", LOG_STR("detail", error.detail));
    else
        figures_spawned(clock_monotonic_us() - start_us);
    return host;
}

/* With the lock held, which is free while the process is made. */
static void serve_wanted(struct spawner *spawner)
{
    struct crew *crew = spawner->wanted;

    spawner->wanted = crew->next_wanted;
    crew->state = SPARE_COMING;
    pthread_mutex_unlock(&spawner->lock);
    struct host *host = make(crew);
    pthread_mutex_lock(&spawner->lock);
    crew->spare = host;
    crew->state = host ? SPARE_THERE : SPARE_FAILED;
    pthread_cond_broadcast(&spawner->changed);
}

static void serve_retired(struct spawner *spawner)
{
    struct host *host = spawner->retired;

    spawner->retired = NULL;
    pthread_mutex_unlock(&spawner->lock);
    while (host) {
        struct host *next = host->next;
        host_end(host, FAULT_NOT_THERE);
        host = next;
    }
    pthread_mutex_lock(&spawner->lock);
}

static void *spawner_run(void *context)
{
    struct spawner *spawner = context;

    pthread_mutex_lock(&spawner->lock);
    while (!spawner->stopping || spawner->retired) {
        if (spawner->wanted)
            serve_wanted(spawner);
        else if (spawner->retired)
            serve_retired(spawner);
        else
            pthread_cond_wait(&spawner->changed, &spawner->lock);
    }
    pthread_mutex_unlock(&spawner->lock);
    return NULL;
}

struct spawner *spawner_start(void)
{
    struct spawner *spawner = memory_new(sizeof *spawner);
    pthread_condattr_t attributes;

    pthread_mutex_init(&spawner->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&spawner->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    ASSERT(pthread_create(&spawner->thread, NULL, spawner_run, spawner) == 0);
    return spawner;
}

void spawner_stop(struct spawner *spawner)
{
    pthread_mutex_lock(&spawner->lock);
    ASSERT(!spawner->wanted);
    spawner->stopping = true;
    pthread_cond_broadcast(&spawner->changed);
    pthread_mutex_unlock(&spawner->lock);
    pthread_join(spawner->thread, NULL);
    pthread_cond_destroy(&spawner->changed);
    pthread_mutex_destroy(&spawner->lock);
    free(spawner);
}

void spawner_retire(struct spawner *spawner, struct host *host)
{
    if (!spawner) {
        host_end(host, FAULT_NOT_THERE);
        return;
    }
    pthread_mutex_lock(&spawner->lock);
    host->next = spawner->retired;
    spawner->retired = host;
    pthread_cond_broadcast(&spawner->changed);
    pthread_mutex_unlock(&spawner->lock);
}

/* --- Spares --- */

static void order(struct crew *crew)
{
    struct crew **end = &crew->spawner->wanted;

    if (crew->state == SPARE_WANTED || crew->state == SPARE_COMING || crew->state == SPARE_THERE)
        return;
    while (*end)
        end = &(*end)->next_wanted;
    *end = crew;
    crew->next_wanted = NULL;
    crew->state = SPARE_WANTED;
    pthread_cond_broadcast(&crew->spawner->changed);
}

void crew_give_spare(struct crew *crew, struct host *host)
{
    pthread_mutex_lock(&crew->spawner->lock);
    ASSERT(crew->state == SPARE_NONE);
    crew->spare = host;
    crew->state = SPARE_THERE;
    pthread_mutex_unlock(&crew->spawner->lock);
}

static bool wait_until(struct spawner *spawner, int64_t deadline_us)
{
    const struct timespec until = {deadline_us / SECOND_US, deadline_us % SECOND_US * 1000};

    return pthread_cond_timedwait(&spawner->changed, &spawner->lock, &until) == 0;
}

/* The next spare; another one is ordered. */
static struct host *take_spare(struct crew *crew, int64_t deadline_us)
{
    struct spawner *spawner = crew->spawner;
    struct host *host = NULL;
    bool in_time = true;

    pthread_mutex_lock(&spawner->lock);
    order(crew);
    while (in_time && crew->state != SPARE_THERE && crew->state != SPARE_FAILED)
        in_time = wait_until(spawner, deadline_us);
    if (crew->state == SPARE_THERE) {
        host = crew->spare;
        crew->spare = NULL;
        crew->state = SPARE_NONE;
        order(crew);
    }
    pthread_mutex_unlock(&spawner->lock);
    return host;
}

static bool is_alive(const struct host *host)
{
    struct pollfd end = {.fd = host->pidfd, .events = POLLIN};

    return poll(&end, 1, 0) == 0;
}

struct host *crew_take(struct crew *crew, int64_t deadline_us)
{
    struct host *host;

    if (!crew->spawner)
        return make(crew);
    while ((host = take_spare(crew, deadline_us)) && !is_alive(host))
        host_end(host, FAULT_NONE); /* it died while it waited: by somebody's hand */
    return host;
}

static void cancel(struct spawner *spawner, struct crew *crew)
{
    for (struct crew **at = &spawner->wanted; *at; at = &(*at)->next_wanted) {
        if (*at == crew) {
            *at = crew->next_wanted;
            crew->state = SPARE_NONE;
            return;
        }
    }
}

void crew_close(struct crew *crew)
{
    struct spawner *spawner = crew->spawner;
    struct host *host;

    if (!spawner)
        return;
    pthread_mutex_lock(&spawner->lock);
    cancel(spawner, crew);
    while (crew->state == SPARE_COMING)
        pthread_cond_wait(&spawner->changed, &spawner->lock);
    host = crew->spare;
    crew->spare = NULL;
    pthread_mutex_unlock(&spawner->lock);
    if (host)
        host_end(host, FAULT_NOT_THERE);
}
