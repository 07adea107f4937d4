#include "api/heads.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "api/api_metrics.h"
#include "api/app.h"
#include "api/trip.h"
#include "base/clock.h"
#include "base/hash_map.h"
#include "ledger/chain.h"
#include "outbox/inbox.h"

#define TICK_US       (200 * INT64_C(1000))
#define LANES_MOST    256
#define BLOCKS_MOST   1000 /* beyond so many new blocks of a lane it is cheaper to wake everybody */

#define ENTRY(member) offsetof(struct heads_options, member)
const struct config_entry heads_config[] = {
    {.name = "long_polls.most",
     .type = CONFIG_INT,
     .offset = ENTRY(most),
     .initial = "2000",
     .max = 1000000,
     .help = "requests that may wait for news at the same time; beyond it: 503"},
    {0},
};
#undef ENTRY

struct heads {
    struct query_pool *pool;
    struct db *db; /* the thread's */
    pthread_t thread;
    _Atomic uint64_t generation;

    /* What the thread knows of the lanes. */
    uint64_t heights[LANES_MOST];
    bool read_before;
    struct inbox_watch inbox;
    struct hash_map moved; /* members whose points moved, or who were told something, since the
                              last look */
    bool all_moved;

    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t changed;
    struct trip *waiting;
    size_t count, most;
    bool released, stopping;
};

uint64_t heads_generation(const struct heads *heads)
{
    return atomic_load_explicit(&heads->generation, memory_order_acquire);
}

/* --- what moved --- */

static void read_members(struct heads *heads, uint8_t lane, uint64_t from, uint64_t to)
{
    struct rows *rows;

    if (to - from > BLOCKS_MOST || !heads->read_before) {
        heads->all_moved = true;
        return;
    }
    rows = db_query(heads->db,
                    "SELECT DISTINCT member_id FROM transfers"
                    " WHERE transfer_id >= ? AND transfer_id < ?",
                    DB_ID(TRANSFER_ID(lane, from + 1, 0)), DB_ID(TRANSFER_ID(lane, to + 1, 0)));
    while (rows_next(rows))
        hash_map_insert(&heads->moved, rows_id(rows, 0), NULL);
    if (!rows_end(rows, NULL))
        heads->all_moved = true;
}

/* Fills `moved`. A database that does not answer has no news: who waits waits on. */
static void look(struct heads *heads)
{
    struct rows *rows = db_query(heads->db, "SELECT lane, height FROM lanes");

    hash_map_clear(&heads->moved);
    heads->all_moved = false;
    while (rows_next(rows)) {
        uint8_t lane = (uint8_t)rows_id(rows, 0);
        uint64_t height = rows_id(rows, 1);

        if (height == heads->heights[lane])
            continue;
        read_members(heads, lane, heads->heights[lane], height);
        heads->heights[lane] = height;
    }
    if (!rows_end(rows, NULL))
        return;
    heads->read_before = true;
    if (!inbox_watch_look(&heads->inbox, heads->db, &heads->moved))
        heads->all_moved = true;
}

/* --- who waits --- */

static bool has_news(const struct heads *heads, const struct trip *trip, uint64_t generation)
{
    if (trip->seen != generation) /* something moved while its handler ran: it must look itself */
        return true;
    if (heads->all_moved)
        return true;
    return trip->waits_for ? hash_map_find(&heads->moved, trip->waits_for) != NULL
                           : heads->moved.count > 0;
}

/* Takes those out of the list who have something to do: news, no time left, no client. */
static struct trip *take_ready(struct heads *heads, uint64_t generation)
{
    int64_t now_us = clock_monotonic_us();
    struct trip *ready = NULL;

    for (struct trip **link = &heads->waiting; *link;) {
        struct trip *trip = *link;
        bool out_of_time = heads->released || now_us >= trip->wait_until_us;

        if (!out_of_time && !has_news(heads, trip, generation) &&
            !http_request_is_gone(trip->call.request)) {
            link = &trip->next_waiting;
            continue;
        }
        *link = trip->next_waiting;
        heads->count--;
        api_count(API_WAITING, -1);
        trip->call.waited_out = out_of_time;
        trip->next_waiting = ready;
        ready = trip;
    }
    return ready;
}

static void run_all(struct heads *heads, struct trip *ready)
{
    while (ready) {
        struct trip *next = ready->next_waiting;

        query_pool_run(heads->pool, ready); /* which drops those whose client has left */
        ready = next;
    }
}

/* Sleeps until there is somebody to look for, then at most a tick. False: the end, and nobody
 * waits any more. */
static bool rest(struct heads *heads)
{
    bool goes_on;

    pthread_mutex_lock(&heads->lock);
    while (!heads->waiting && !heads->stopping)
        pthread_cond_wait(&heads->changed, &heads->lock);
    if (!heads->stopping && !heads->released) {
        int64_t until_us = clock_monotonic_us() + TICK_US;
        struct timespec until = {.tv_sec = until_us / SECOND_US,
                                 .tv_nsec = until_us % SECOND_US * 1000};

        while (!heads->stopping && !heads->released &&
               pthread_cond_timedwait(&heads->changed, &heads->lock, &until) == 0)
            continue;
    }
    goes_on = !heads->stopping || heads->waiting;
    pthread_mutex_unlock(&heads->lock);
    return goes_on;
}

static void *watch(void *context)
{
    struct heads *heads = context;

    while (rest(heads)) {
        uint64_t before = heads_generation(heads);
        struct trip *ready;

        look(heads);
        if (heads->all_moved || heads->moved.count > 0)
            atomic_fetch_add_explicit(&heads->generation, 1, memory_order_release);
        pthread_mutex_lock(&heads->lock);
        ready = take_ready(heads, before);
        pthread_mutex_unlock(&heads->lock);
        run_all(heads, ready);
    }
    return NULL;
}

bool call_wait(struct call *call, uint64_t member_id, int64_t wait_us)
{
    struct trip *trip = trip_of(call);
    struct heads *heads = call->app->heads;
    bool parked = false, released;

    trip->wait_until_us = trip->started_us + wait_us;
    if (call->waited_out || clock_monotonic_us() >= trip->wait_until_us)
        return false;
    trip->waits_for = member_id;
    trip->place = TRIP_WAITING;
    pthread_mutex_lock(&heads->lock);
    released = heads->released;
    if (!released && heads->count < heads->most) {
        trip->next_waiting = heads->waiting;
        heads->waiting = trip;
        heads->count++;
        parked = true;
        pthread_cond_signal(&heads->changed);
    }
    pthread_mutex_unlock(&heads->lock);
    if (released || parked) {
        api_count(API_WAITING, parked);
        return parked;
    }
    api_count(API_SHED, 1);
    reply_problem(call, PROBLEM_BUSY);
    return true;
}

/* --- life --- */

struct heads *heads_start(const struct heads_options *options, const struct db_options *db,
                          struct query_pool *pool)
{
    struct heads *heads = memory_new(sizeof *heads);
    pthread_condattr_t monotonic;

    heads->pool = pool;
    heads->db = db_new(db);
    heads->most = (size_t)options->most;
    pthread_mutex_init(&heads->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&heads->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    ASSERT(pthread_create(&heads->thread, NULL, watch, heads) == 0);
    return heads;
}

void heads_release(struct heads *heads)
{
    pthread_mutex_lock(&heads->lock);
    heads->released = true;
    pthread_cond_signal(&heads->changed);
    pthread_mutex_unlock(&heads->lock);
}

void heads_stop(struct heads *heads)
{
    if (!heads)
        return;
    pthread_mutex_lock(&heads->lock);
    heads->stopping = heads->released = true;
    pthread_cond_signal(&heads->changed);
    pthread_mutex_unlock(&heads->lock);
    pthread_join(heads->thread, NULL);
    ASSERT(!heads->waiting);
    db_free(heads->db);
    hash_map_free(&heads->moved);
    inbox_watch_free(&heads->inbox);
    pthread_cond_destroy(&heads->changed);
    pthread_mutex_destroy(&heads->lock);
    free(heads);
}
