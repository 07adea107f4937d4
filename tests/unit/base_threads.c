/* The parts of base that several threads use at once: queue, ids, metrics' counters. */
#include "unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/metrics.h"
#include "base/queue.h"

enum { PUSHERS = 4, TAKERS = 3, EACH = 20000 };

struct item {
    struct queue_item link;
    int pusher, number;
    _Atomic int taken;
};

static struct item items[PUSHERS][EACH];
static struct queue *queue;

static struct item *item_of(struct queue_item *link)
{
    return CONTAINER_OF(link, struct item, link);
}

static void *push_all(void *which)
{
    int pusher = *(int *)which;

    for (int i = 0; i < EACH; i++) {
        items[pusher][i].pusher = pusher;
        items[pusher][i].number = i;
        while (!queue_push(queue, &items[pusher][i].link))
            sched_yield();
    }
    return NULL;
}

/* Every taker sees each pusher's items in that pusher's order. */
static void take_one(struct item *item, int latest[PUSHERS])
{
    ASSERT(item->number > latest[item->pusher]);
    latest[item->pusher] = item->number;
    atomic_fetch_add(&item->taken, 1);
}

static void *take_until_closed(void *unused)
{
    int latest[PUSHERS] = {-1, -1, -1, -1};
    struct queue_item *link;

    (void)unused;
    for (int turn = 0;; turn++) {
        link = turn % 2 ? queue_take_all(queue, -1) : queue_take(queue, -1);
        if (!link)
            return NULL;
        while (link) {
            struct queue_item *next = link->next;
            take_one(item_of(link), latest);
            link = next;
        }
    }
}

static void every_item_is_taken_once_and_in_order(void **state)
{
    pthread_t pushers[PUSHERS], takers[TAKERS];
    int numbers[PUSHERS];

    (void)state;
    queue = queue_new(64);
    for (int i = 0; i < TAKERS; i++)
        pthread_create(&takers[i], NULL, take_until_closed, NULL);
    for (int i = 0; i < PUSHERS; i++) {
        numbers[i] = i;
        pthread_create(&pushers[i], NULL, push_all, &numbers[i]);
    }
    for (int i = 0; i < PUSHERS; i++)
        pthread_join(pushers[i], NULL);
    queue_close(queue);
    for (int i = 0; i < TAKERS; i++)
        pthread_join(takers[i], NULL);
    for (int i = 0; i < PUSHERS; i++)
        for (int k = 0; k < EACH; k++)
            if (atomic_load(&items[i][k].taken) != 1)
                fail_msg("item %d of %d was taken %d times", k, i, items[i][k].taken);
    assert_int_equal(queue_length(queue), 0);
    queue_free(queue);
}

static void a_full_or_closed_queue_refuses(void **state)
{
    struct queue *small = queue_new(2);
    struct queue_item one, two, three;

    (void)state;
    assert_true(queue_push(small, &one));
    assert_true(queue_push(small, &two));
    assert_false(queue_push(small, &three));
    assert_int_equal(queue_length(small), 2);
    assert_ptr_equal(queue_take(small, 0), &one);
    assert_true(queue_push(small, &three));
    assert_false(queue_is_closed(small));
    queue_close(small);
    assert_true(queue_is_closed(small));
    assert_false(queue_push(small, &one));
    struct queue_item *all = queue_take_all(small, -1); /* what is inside still comes out */
    assert_ptr_equal(all, &two);
    assert_ptr_equal(all->next, &three);
    assert_null(all->next->next);
    assert_null(queue_take(small, -1));
    assert_null(queue_take_all(small, -1));
    queue_free(small);
    queue_free(NULL);
}

static void waiting_ends_in_time(void **state)
{
    struct queue *empty = queue_new(1);
    int64_t before_us = clock_monotonic_us();

    (void)state;
    assert_null(queue_take(empty, 0));
    assert_null(queue_take_all(empty, 30000));
    assert_true(clock_monotonic_us() - before_us >= 30000);
    queue_free(empty);
}

static void *push_later(void *item)
{
    static const struct timespec a_while = {.tv_nsec = 20000000};

    nanosleep(&a_while, NULL);
    ASSERT(queue_push(queue, item));
    return NULL;
}

static void who_waits_is_woken(void **state)
{
    struct queue_item item;
    pthread_t pusher;

    (void)state;
    queue = queue_new(1);
    pthread_create(&pusher, NULL, push_later, &item);
    assert_ptr_equal(queue_take(queue, INT64_MAX), &item);
    pthread_join(pusher, NULL);
    queue_free(queue);
}

static void who_waits_is_nudged_once(void **state)
{
    struct queue *empty = queue_new(1);
    int64_t before_us = clock_monotonic_us();

    (void)state;
    queue_nudge(empty); /* nobody waits yet: it is for who comes next */
    assert_null(queue_take_all(empty, -1));
    assert_null(queue_take_all(empty, 30000));
    assert_true(clock_monotonic_us() - before_us >= 30000);
    queue_free(empty);
}

/* --- ids --- */

enum { MAKERS = 4, IDS = 50000 };

static struct id_maker maker;
static uint64_t made[MAKERS][IDS];

static void *make_ids(void *ids)
{
    for (int i = 0; i < IDS; i++)
        ((uint64_t *)ids)[i] = id_next(&maker);
    return NULL;
}

static int compare_ids(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

static void ids_are_unique_over_threads(void **state)
{
    pthread_t threads[MAKERS];
    uint64_t *all = &made[0][0];

    (void)state;
    id_maker_start(&maker, 5);
    for (int i = 0; i < MAKERS; i++)
        pthread_create(&threads[i], NULL, make_ids, made[i]);
    for (int i = 0; i < MAKERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < MAKERS; i++)
        for (int k = 1; k < IDS; k++)
            if (made[i][k] <= made[i][k - 1])
                fail();
    qsort(all, (size_t)MAKERS * IDS, sizeof(*all), compare_ids);
    for (uint64_t i = 0; i < (uint64_t)MAKERS * IDS; i++)
        if (all[i] != (UINT64_C(5) << 33 | i))
            fail();
}

static void the_last_id_is_the_largest_that_javascript_keeps(void **state)
{
    struct id_maker last;

    (void)state;
    id_maker_start(&last, ID_INSTANCE_MOST);
    atomic_store(&last.counter, (UINT64_C(1) << ID_COUNTER_BITS) - 1);
    assert_true(id_next(&last) == (UINT64_C(1) << 53) - 1);
    assert_true(ID_MOST == (UINT64_C(1) << 53) - 1);
}

/* --- metrics --- */

static struct metric counted = {.name = "counted", .help = "x", .type = METRIC_HISTOGRAM};

static void *observe(void *unused)
{
    (void)unused;
    for (int i = 0; i < EACH; i++) {
        metric_add(&counted, 1);
        metric_observe_us(&counted, i);
    }
    return NULL;
}

static void no_observation_is_lost(void **state)
{
    pthread_t threads[MAKERS];
    int64_t observed = 0;

    (void)state;
    for (int i = 0; i < MAKERS; i++)
        pthread_create(&threads[i], NULL, observe, NULL);
    for (int i = 0; i < MAKERS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < METRIC_BUCKETS; i++)
        observed += counted.buckets[i];
    assert_int_equal(counted.value, MAKERS * EACH);
    assert_int_equal(observed, MAKERS * EACH);
    assert_int_equal(counted.sum_us, (int64_t)MAKERS * EACH * (EACH - 1) / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_is_taken_once_and_in_order),
        cmocka_unit_test(a_full_or_closed_queue_refuses),
        cmocka_unit_test(waiting_ends_in_time),
        cmocka_unit_test(who_waits_is_woken),
        cmocka_unit_test(who_waits_is_nudged_once),
        cmocka_unit_test(ids_are_unique_over_threads),
        cmocka_unit_test(the_last_id_is_the_largest_that_javascript_keeps),
        cmocka_unit_test(no_observation_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
