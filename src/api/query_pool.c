#include "api/query_pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/api_metrics.h"
#include "api/app.h"
#include "api/heads.h"
#include "api/trip.h"
#include "base/clock.h"

#define THREADS_PER_CORE 2
#define THREADS_MOST     256

#define ENTRY(member)    offsetof(struct query_options, member)
const struct config_entry query_config[] = {
    {.name = "query.threads",
     .type = CONFIG_INT,
     .offset = ENTRY(threads),
     .initial = "0",
     .max = THREADS_MOST,
     .help = "threads that read the database, each with a connection; 0: two per core"},
    {.name = "query.queue",
     .type = CONFIG_INT,
     .offset = ENTRY(queue),
     .initial = "2000",
     .min = 1,
     .max = 1000000,
     .help = "requests that may wait for a query thread; beyond it: 503"},
    {0},
};
#undef ENTRY

struct query_pool {
    const struct db_options *db;
    struct queue *queue;
    size_t thread_count;
    pthread_t threads[THREADS_MOST];
};

/* One try: while the database is away, calls are not kept waiting for it one after the other. */
static bool has_database(struct db *db)
{
    struct error error;

    return db_is_connected(db) || db_connect(db, &error);
}

static void run(struct trip *trip, struct db *db)
{
    struct call *call = &trip->call;

    api_count(API_QUERY_BACKLOG, -1);
    if (http_request_is_gone(call->request)) {
        trip_drop(trip);
        return;
    }
    if (!has_database(db)) {
        reply_problem_detail(call, PROBLEM_BUSY, "数据库没有应答", "The database does not answer");
        return;
    }
    call->db = db;
    if (trip->wait_until_us != 0) /* a long-poll that waited */
        call->now_us = clock_now_us();
    /* Before the handler reads: what moves from now on will wake it, if it waits. */
    trip->seen = heads_generation(call->app->heads);
    call->route->handler(call); /* the trip is gone afterwards */
}

static void *serve(void *context)
{
    struct query_pool *pool = context;
    struct db *db = db_new(pool->db);
    struct queue_item *item;

    while ((item = queue_take(pool->queue, -1)))
        run(CONTAINER_OF(item, struct trip, queued), db);
    db_free(db);
    return NULL;
}

static size_t threads_wanted(int64_t configured)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = configured > 0 ? (size_t)configured : THREADS_PER_CORE * (size_t)cores;

    return wanted > THREADS_MOST ? THREADS_MOST : wanted;
}

struct query_pool *query_pool_start(const struct query_options *options,
                                    const struct db_options *db)
{
    struct query_pool *pool = memory_new(sizeof *pool);

    pool->db = db;
    pool->queue = queue_new((size_t)options->queue);
    pool->thread_count = threads_wanted(options->threads);
    for (size_t i = 0; i < pool->thread_count; i++)
        ASSERT(pthread_create(&pool->threads[i], NULL, serve, pool) == 0);
    return pool;
}

void query_pool_stop(struct query_pool *pool)
{
    if (!pool)
        return;
    queue_close(pool->queue);
    for (size_t i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i], NULL);
    queue_free(pool->queue);
    free(pool);
}

void query_pool_run(struct query_pool *pool, struct trip *trip)
{
    trip->place = TRIP_ON_QUERY;
    api_count(API_QUERY_BACKLOG, 1);
    if (queue_push(pool->queue, &trip->queued))
        return;
    api_count(API_QUERY_BACKLOG, -1);
    api_count(API_SHED, 1);
    reply_problem(&trip->call, PROBLEM_BUSY);
}

enum answered call_run_on_query(struct call *call)
{
    ASSERT(call->db == NULL);
    query_pool_run(call->app->queries, trip_of(call));
    return ANSWERED;
}
