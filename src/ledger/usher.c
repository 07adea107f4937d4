#include "ledger/usher.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "ledger/link.h"
#include "ledger/teller_metrics.h"

/* Each look costs every plugin's host a message. Half a batch after the last one began, most of
 * those whom that one's predecessor answered are back; who comes later is looked at when they are
 * a quarter of the judged, else with the batch after. */
#define LOOKS          2
#define WORTH          4
#define FEWEST_WAIT_US 200
#define MOST_WAIT_US   (20 * 1000)

enum place {
    WITH_USHER,   /* empty, or being filled */
    READY,        /* judged: the teller may take it, or the usher, to add more */
    WITH_TELLER,  /* being served */
    BROUGHT_BACK, /* served */
};

struct tray {
    struct batch *batch;
    enum place place; /* under the lock */
};

struct usher {
    struct queue *queue;
    struct in_flight *in_flight;
    const struct judge *judge;
    const _Atomic int64_t *time_us; /* of the options: NULL is the wall clock */
    pthread_t thread;
    _Atomic int64_t turned_us;

    pthread_mutex_t lock;
    pthread_cond_t changed; /* on CLOCK_MONOTONIC */
    /* Under the lock: */
    struct tray trays[2];  /* at most one of them is ready, one with the teller */
    const char *dismissed; /* what everybody who waits fails with; NULL: nobody does */
    bool teller_waits, ended;

    /* The thread's own: */
    struct gather gather;
    struct link link;
    int64_t now_us; /* of the last look: the chain's time never goes back */
    int64_t wait_us;
};

/* --- Between the two threads ------------------------------------------------------------------ */

static struct tray *tray_at(struct usher *usher, enum place place)
{
    for (size_t i = 0; i < ARRAY_LENGTH(usher->trays); i++)
        if (usher->trays[i].place == place)
            return &usher->trays[i];
    return NULL;
}

/* With the lock held; false once the time is over. */
static bool wait_until(struct usher *usher, int64_t until_us)
{
    struct timespec until = {until_us / SECOND_US, until_us % SECOND_US * 1000};

    return pthread_cond_timedwait(&usher->changed, &usher->lock, &until) != ETIMEDOUT;
}

enum arrival usher_exchange(struct usher *usher, struct batch **batch, int64_t timeout_us)
{
    int64_t until_us = clock_monotonic_us() + timeout_us;
    struct tray *tray;

    pthread_mutex_lock(&usher->lock);
    if (*batch) {
        tray_at(usher, WITH_TELLER)->place = BROUGHT_BACK;
        queue_nudge(usher->queue);
    }
    usher->teller_waits = true;
    pthread_cond_broadcast(&usher->changed);
    while (!(tray = tray_at(usher, READY)) && !usher->ended && wait_until(usher, until_us))
        continue;
    usher->teller_waits = false;
    if (tray)
        tray->place = WITH_TELLER;
    *batch = tray ? tray->batch : NULL;
    enum arrival arrival = tray ? ARRIVAL_SOME : usher->ended ? ARRIVAL_END : ARRIVAL_NONE;
    pthread_mutex_unlock(&usher->lock);
    return arrival;
}

void usher_dismiss(struct usher *usher, const char *failure)
{
    pthread_mutex_lock(&usher->lock);
    usher->dismissed = failure;
    queue_nudge(usher->queue);
    pthread_cond_broadcast(&usher->changed);
    pthread_mutex_unlock(&usher->lock);
}

int64_t usher_turned_us(const struct usher *usher)
{
    return atomic_load(&usher->turned_us);
}

static void hand_over(struct usher *usher, const struct batch *batch)
{
    if (batch->count == 0)
        return;
    pthread_mutex_lock(&usher->lock);
    usher->trays[batch == usher->trays[1].batch].place = READY;
    pthread_cond_broadcast(&usher->changed);
    pthread_mutex_unlock(&usher->lock);
}

/* Lets people come, unless the teller has nothing to do. */
static void wait_a_little(struct usher *usher)
{
    int64_t until_us = clock_monotonic_us() + usher->wait_us;

    pthread_mutex_lock(&usher->lock);
    while (!tray_at(usher, BROUGHT_BACK) && !usher->dismissed &&
           !(usher->teller_waits && !tray_at(usher, READY)) && wait_until(usher, until_us))
        continue;
    pthread_mutex_unlock(&usher->lock);
}

/* --- What comes back -------------------------------------------------------------------------- */

static void put_back(struct usher *usher, struct queue_item *again)
{
    struct queue_item *next;

    for (; again; again = next) {
        next = again->next;
        gather_put_back(&usher->gather, CONTAINER_OF(again, struct command, item));
    }
}

static void learn(struct usher *usher, const struct batch *batch)
{
    int64_t wait_us = batch->took_us / LOOKS;

    gather_learn(&usher->gather, batch->count, batch->took_us);
    wait_us = wait_us > FEWEST_WAIT_US ? wait_us : FEWEST_WAIT_US;
    usher->wait_us = wait_us < MOST_WAIT_US ? wait_us : MOST_WAIT_US;
}

/* With the lock held. */
static void empty_trays(struct usher *usher)
{
    struct tray *tray;

    while ((tray = tray_at(usher, BROUGHT_BACK))) {
        put_back(usher, tray->batch->again);
        learn(usher, tray->batch);
        batch_start(tray->batch, 0);
        tray->place = WITH_USHER;
    }
}

static void take_back(struct usher *usher)
{
    pthread_mutex_lock(&usher->lock);
    empty_trays(usher);
    pthread_mutex_unlock(&usher->lock);
}

/* A batch to add to: the one that is ready, unless the teller was quicker. `*other` is the one that
 * is being served, or an empty one. */
static struct batch *take_to_fill(struct usher *usher, const struct batch **other)
{
    pthread_mutex_lock(&usher->lock);
    empty_trays(usher);
    struct tray *tray = tray_at(usher, READY);
    if (!tray)
        tray = tray_at(usher, WITH_USHER);
    ASSERT(tray);
    tray->place = WITH_USHER;
    *other = usher->trays[tray == &usher->trays[0]].batch;
    pthread_mutex_unlock(&usher->lock);
    return tray->batch;
}

/* Those in the batch and everybody behind them. */
static void fail_all(struct usher *usher, struct batch *batch, const char *failure)
{
    teller_count(TELLER_FAILED, batch->count);
    for (size_t i = 0; i < batch->count; i++)
        in_flight_fail(usher->in_flight, batch->entries[i].command, failure);
    batch_start(batch, 0);
    gather_fail(&usher->gather, failure);
}

static void obey_dismissal(struct usher *usher)
{
    const struct batch *other;

    pthread_mutex_lock(&usher->lock);
    const char *failure = usher->dismissed;
    usher->dismissed = NULL;
    pthread_mutex_unlock(&usher->lock);
    if (failure)
        fail_all(usher, take_to_fill(usher, &other), failure);
}

/* --- The next batch --------------------------------------------------------------------------- */

static void set_time(struct usher *usher, struct batch *batch)
{
    int64_t now_us = usher->time_us ? atomic_load(usher->time_us) : clock_now_us();

    if (now_us > usher->now_us)
        usher->now_us = now_us;
    batch->now_us = usher->now_us;
}

/* False when nobody could be judged: the database is away. */
static bool judge_from(struct usher *usher, struct batch *batch, size_t first)
{
    int64_t began_us = clock_monotonic_us();

    if (!usher->judge || first == batch->count)
        return true;
    bool judged = usher->judge->judge(usher->judge->context, batch, first, &usher->link);
    metric_observe_us(&teller_metrics[TELLER_JUDGE_TIME], clock_monotonic_us() - began_us);
    return judged;
}

static bool is_worth_a_look(struct usher *usher)
{
    pthread_mutex_lock(&usher->lock);
    const struct tray *ready = tray_at(usher, READY);
    size_t judged = ready ? ready->batch->count : 0;
    pthread_mutex_unlock(&usher->lock);
    return gather_waiting(&usher->gather) * WORTH >= judged;
}

static void look(struct usher *usher)
{
    const struct batch *other;
    struct batch *batch = take_to_fill(usher, &other);
    size_t before = batch->count;

    set_time(usher, batch);
    gather_fill(&usher->gather, batch, other);
    metric_set(&teller_metrics[TELLER_BACKLOG], (int64_t)in_flight_count(usher->in_flight));
    if (!judge_from(usher, batch, before)) {
        fail_all(usher, batch, "busy");
        return;
    }
    if (batch->count == before && usher->wait_us < MOST_WAIT_US)
        usher->wait_us *= 2; /* those who came have to wait, for the teller or for room */
    hand_over(usher, batch);
}

/* The queue is closed and empty: the end, once nothing can come back from the teller. */
static bool is_over(struct usher *usher)
{
    pthread_mutex_lock(&usher->lock);
    usher->ended = usher->trays[0].place == WITH_USHER && usher->trays[1].place == WITH_USHER;
    pthread_cond_broadcast(&usher->changed);
    bool ended = usher->ended;
    pthread_mutex_unlock(&usher->lock);
    return ended;
}

static void *run(void *context)
{
    struct usher *usher = context;

    for (;;) {
        atomic_store(&usher->turned_us, clock_monotonic_us());
        take_back(usher);
        obey_dismissal(usher);
        switch (gather_wait(&usher->gather, LANE_RENEW_US)) {
        case ARRIVAL_SOME:
            if (is_worth_a_look(usher))
                look(usher);
            wait_a_little(usher);
            break;
        case ARRIVAL_NONE: break;
        case ARRIVAL_END:
            if (is_over(usher))
                return NULL;
            wait_a_little(usher);
            break;
        }
    }
}

/* --- The thread ------------------------------------------------------------------------------- */

struct usher *usher_start(const struct teller_options *options, const struct db_options *db,
                          const struct judge *judge, struct queue *queue,
                          struct in_flight *in_flight)
{
    struct usher *usher = memory_new(sizeof(*usher));
    pthread_condattr_t monotonic;

    usher->queue = queue;
    usher->in_flight = in_flight;
    usher->judge = judge;
    usher->time_us = options->time_us;
    usher->link = (struct link){.db = db_new(db), .outage_us = options->outage_us};
    usher->wait_us = FEWEST_WAIT_US;
    usher->turned_us = clock_monotonic_us();
    gather_start(&usher->gather, options, queue, in_flight);
    for (size_t i = 0; i < ARRAY_LENGTH(usher->trays); i++) {
        usher->trays[i].batch = batch_new();
        usher->trays[i].batch->judge = judge;
    }
    ASSERT(pthread_mutex_init(&usher->lock, NULL) == 0);
    ASSERT(pthread_condattr_init(&monotonic) == 0);
    ASSERT(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    ASSERT(pthread_cond_init(&usher->changed, &monotonic) == 0);
    pthread_condattr_destroy(&monotonic);
    ASSERT(pthread_create(&usher->thread, NULL, run, usher) == 0);
    return usher;
}

void usher_stop(struct usher *usher)
{
    pthread_join(usher->thread, NULL);
    gather_end(&usher->gather);
    for (size_t i = 0; i < ARRAY_LENGTH(usher->trays); i++)
        batch_free(usher->trays[i].batch);
    db_free(usher->link.db);
    pthread_cond_destroy(&usher->changed);
    pthread_mutex_destroy(&usher->lock);
    free(usher);
}
