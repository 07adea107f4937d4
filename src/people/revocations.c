#include "people/revocations.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "people/tokens.h"

#define POLL_US (2 * SECOND_US)
/* Older tokens have expired by themselves. Twice as long, for servers whose clocks differ. */
#define WINDOW_US (2 * ACCESS_TOKEN_LIFETIME_US)

struct revocation {
    uint64_t account_id;
    uint32_t epoch; /* tokens of lower epochs are void */
};

/* Immutable once published, by ascending account. */
struct snapshot {
    size_t count;
    struct revocation list[];
};

struct revocations_cache {
    pthread_rwlock_t lock; /* of `snapshot`; held for a lookup or a swap, never over I/O */
    struct snapshot *snapshot;

    struct db *db; /* the thread's own from here on */
    bool failing;
    pthread_t thread;
    pthread_mutex_t stop_lock;
    pthread_cond_t stop_wanted;
    bool stop;
};

static struct snapshot *snapshot_add(struct snapshot *snapshot, struct revocation revocation)
{
    size_t count = snapshot->count + 1;

    snapshot = memory_resize(snapshot, 1, sizeof(*snapshot) + count * sizeof(snapshot->list[0]));
    snapshot->list[snapshot->count] = revocation;
    snapshot->count = count;
    return snapshot;
}

static struct snapshot *read_snapshot(struct db *db, int64_t now_us, struct error *error)
{
    struct snapshot *snapshot = memory_new(sizeof(*snapshot));
    struct rows *rows = db_query(db,
                                 "SELECT account_id, epoch FROM revocations WHERE at_us > ?"
                                 " ORDER BY account_id",
                                 DB_INT(now_us - WINDOW_US));

    while (rows_next(rows))
        snapshot = snapshot_add(snapshot, (struct revocation){
                                              .account_id = rows_id(rows, 0),
                                              .epoch = (uint32_t)rows_int(rows, 1),
                                          });
    if (rows_end(rows, error))
        return snapshot;
    free(snapshot);
    return NULL;
}

static void publish(struct revocations_cache *cache, struct snapshot *snapshot)
{
    pthread_rwlock_wrlock(&cache->lock);
    struct snapshot *old = cache->snapshot;
    cache->snapshot = snapshot;
    pthread_rwlock_unlock(&cache->lock);
    free(old);
}

static bool poll_once(struct revocations_cache *cache, struct error *error)
{
    struct snapshot *snapshot = read_snapshot(cache->db, clock_now_us(), error);

    if (snapshot)
        publish(cache, snapshot);
    return snapshot != NULL;
}

/* Says once that the database is away, and once that it is back. The old snapshot stays: nothing
 * can be revoked, nor anything be done that matters, while the database is away. */
static void poll_and_tell(struct revocations_cache *cache)
{
    struct error error = {0};
    bool polled = poll_once(cache, &error);

    if (!polled && !cache->failing)
        LOG(WARN, "revocations.stale", LOG_STR("code", error.code),
            LOG_STR("detail", error.detail));
    if (polled && cache->failing)
        LOG(INFO, "revocations.fresh");
    cache->failing = !polled;
}

/* Waits for the next turn; false when the cache is to stop. */
static bool wait_turn(struct revocations_cache *cache)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += POLL_US / SECOND_US;
    pthread_mutex_lock(&cache->stop_lock);
    int waited = 0;
    while (!cache->stop && waited == 0)
        waited = pthread_cond_timedwait(&cache->stop_wanted, &cache->stop_lock, &until);
    bool go_on = !cache->stop;
    pthread_mutex_unlock(&cache->stop_lock);
    return go_on;
}

static void *poll_thread(void *context)
{
    struct revocations_cache *cache = context;

    while (wait_turn(cache))
        poll_and_tell(cache);
    return NULL;
}

static void cache_free(struct revocations_cache *cache)
{
    pthread_cond_destroy(&cache->stop_wanted);
    pthread_mutex_destroy(&cache->stop_lock);
    pthread_rwlock_destroy(&cache->lock);
    db_free(cache->db);
    free(cache->snapshot);
    free(cache);
}

struct revocations_cache *revocations_start(const struct db_options *options, struct error *error)
{
    struct revocations_cache *cache = memory_new(sizeof(*cache));
    pthread_condattr_t monotonic;

    cache->db = db_new(options);
    pthread_rwlock_init(&cache->lock, NULL);
    pthread_mutex_init(&cache->stop_lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&cache->stop_wanted, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (!poll_once(cache, error)) {
        cache_free(cache);
        return NULL;
    }
    ASSERT(pthread_create(&cache->thread, NULL, poll_thread, cache) == 0);
    return cache;
}

void revocations_stop(struct revocations_cache *cache)
{
    if (!cache)
        return;
    pthread_mutex_lock(&cache->stop_lock);
    cache->stop = true;
    pthread_cond_signal(&cache->stop_wanted);
    pthread_mutex_unlock(&cache->stop_lock);
    pthread_join(cache->thread, NULL);
    cache_free(cache);
}

static int compare_account(const void *key, const void *element)
{
    uint64_t wanted = *(const uint64_t *)key;
    uint64_t found = ((const struct revocation *)element)->account_id;

    return (wanted > found) - (wanted < found);
}

bool who_is_revoked(struct revocations_cache *cache, const struct who *who)
{
    pthread_rwlock_rdlock(&cache->lock);
    const struct snapshot *snapshot = cache->snapshot;
    const struct revocation *found = bsearch(&who->account_id, snapshot->list, snapshot->count,
                                             sizeof(snapshot->list[0]), compare_account);
    bool revoked = found && who->epoch < found->epoch;
    pthread_rwlock_unlock(&cache->lock);
    return revoked;
}
