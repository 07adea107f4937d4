#include "plugin/crew.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

struct host *crew_spawn(const struct crew *crew, struct error *error)
{
    int64_t start_us = clock_monotonic_us();
    struct host *host = host_spawn(&crew->plan, error);

    if (host && !host_start(host, &crew->plan, error)) {
        host_end(host, FAULT_NOT_THERE);
        host = NULL;
    }
    if (host)
        figures_spawned(clock_monotonic_us() - start_us);
    return host;
}

static struct host *make_spare(const struct crew *crew)
{
    struct error error = {0};
    struct host *host = crew_spawn(crew, &error);

    if (!host)
        LOG(ERROR, "plugin.no_host", LOG_STR("detail", error.detail));
    return host;
}

/* With the lock held, which is free while the process is made. */
static void serve_wanted(struct spawner *spawner)
{
    struct crew *crew = spawner->wanted;

    spawner->wanted = crew->next_wanted;
    crew->state = SPARE_COMING;
    pthread_mutex_unlock(&spawner->lock);
    struct host *host = make_spare(crew);
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
        return make_spare(crew);
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

static void end_spare(struct crew *crew)
{
    struct spawner *spawner = crew->spawner;

    pthread_mutex_lock(&spawner->lock);
    cancel(spawner, crew);
    while (crew->state == SPARE_COMING)
        pthread_cond_wait(&spawner->changed, &spawner->lock);
    pthread_mutex_unlock(&spawner->lock);
    if (crew->spare)
        host_end(crew->spare, FAULT_NOT_THERE);
}

/* --- Its life --- */

struct crew *crew_new(struct spawner *spawner)
{
    struct crew *crew = memory_new(sizeof *crew);

    atomic_init(&crew->holders, 1);
    crew->arena = arena_new();
    crew->spawner = spawner;
    return crew;
}

struct crew *crew_hold(struct crew *crew)
{
    atomic_fetch_add(&crew->holders, 1);
    return crew;
}

void crew_release(struct crew *crew)
{
    if (atomic_fetch_sub(&crew->holders, 1) > 1)
        return;
    end_spare(crew);
    for (size_t i = 0; i < crew->plan.count; i++)
        close(crew->plan.guests[i].image);
    arena_free(crew->arena);
    free(crew);
}

/* --- Comparing --- */

static bool is_same_member(const struct crew_member *member, const struct crew_member *other)
{
    return member->version_id == other->version_id &&
           memcmp(member->sha256, other->sha256, sizeof member->sha256) == 0 &&
           strcmp(member->settings, other->settings) == 0 &&
           memcmp(&member->pseudonyms, &other->pseudonyms, sizeof member->pseudonyms) == 0;
}

bool crew_is_same(const struct crew *crew, const struct crew *other)
{
    bool same = crew->built_in == other->built_in && crew->plan.count == other->plan.count &&
                crew->plan.memory == other->plan.memory &&
                crew->plan.landlock_needed == other->plan.landlock_needed;

    for (size_t i = 0; same && i < crew->plan.count; i++)
        same = is_same_member(&crew->members[i], &other->members[i]);
    return same;
}

static size_t count_left_out(const struct crew *crew)
{
    size_t count = 0;

    for (size_t i = 0; i < crew->plan.count; i++)
        count += crew->plan.guests[i].left_out;
    return count;
}

bool crew_has_members(const struct crew *crew)
{
    return count_left_out(crew) < crew->plan.count;
}

bool crew_is_whole(const struct crew *crew)
{
    return count_left_out(crew) == 0;
}
