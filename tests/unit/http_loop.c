/* Loops: posts from many threads, timers, and the end. */
#include "http/loop.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit.h"

#define POSTERS 4
#define POSTS   20000

struct numbered {
    struct loop_item item;
    int poster, number;
};

static struct loop *loop;
static int last[POSTERS]; /* loop thread only */
static _Atomic int ran, disorder;

static void run_numbered(struct loop_item *item)
{
    struct numbered *numbered = CONTAINER_OF(item, struct numbered, item);

    if (!loop_is_current(loop) || numbered->number != last[numbered->poster] + 1)
        atomic_fetch_add(&disorder, 1);
    last[numbered->poster] = numbered->number;
    atomic_fetch_add(&ran, 1);
    free(numbered);
}

static void *post_many(void *context)
{
    for (int i = 1; i <= POSTS; i++) {
        struct numbered *numbered = memory_new(sizeof(*numbered));
        numbered->item.run = run_numbered;
        numbered->poster = (int)(intptr_t)context;
        numbered->number = i;
        loop_post(loop, &numbered->item);
    }
    return NULL;
}

static void test_posts_of_each_thread_run_in_order(void **state)
{
    pthread_t threads[POSTERS];

    (void)state;
    loop = loop_new();
    loop_start(loop);
    assert_false(loop_is_current(loop));
    for (intptr_t i = 0; i < POSTERS; i++)
        pthread_create(&threads[i], NULL, post_many, (void *)i);
    for (size_t i = 0; i < POSTERS; i++)
        pthread_join(threads[i], NULL);
    loop_stop(loop);
    assert_int_equal(atomic_load(&ran), POSTERS * POSTS);
    assert_int_equal(atomic_load(&disorder), 0);
    loop_free(loop);
}

struct timers {
    struct loop_item item;
    struct loop *loop;
    struct loop_timer *cancelled;
    int64_t start_us;
    _Atomic int64_t ran_us;
    _Atomic int wrong;
};

static void run_right(void *context)
{
    struct timers *timers = context;

    atomic_store(&timers->ran_us, clock_monotonic_us());
}

static void run_wrong(void *context)
{
    struct timers *timers = context;

    atomic_fetch_add(&timers->wrong, 1);
}

static void cancel_other(void *context)
{
    struct timers *timers = context;

    loop_timer_cancel(timers->cancelled);
}

static void set_timers(struct loop_item *item)
{
    struct timers *timers = CONTAINER_OF(item, struct timers, item);

    timers->start_us = clock_monotonic_us();
    timers->cancelled = loop_after(timers->loop, SECOND_US / 50, run_wrong, timers);
    loop_after(timers->loop, 0, cancel_other, timers);
    loop_after(timers->loop, SECOND_US / 20, run_right, timers);
    loop_timer_cancel(NULL);
}

static void test_timers(void **state)
{
    struct timers timers = {.loop = loop_new()};

    (void)state;
    loop_start(timers.loop);
    timers.item.run = set_timers;
    loop_post(timers.loop, &timers.item);
    for (int i = 0; i < 5000 && atomic_load(&timers.ran_us) == 0; i++)
        usleep(1000);
    loop_stop(timers.loop);
    assert_true(atomic_load(&timers.ran_us) - timers.start_us >= SECOND_US / 25);
    assert_int_equal(atomic_load(&timers.wrong), 0);
    loop_free(timers.loop);
}

static void note_run(struct loop_item *item)
{
    (void)item;
    atomic_fetch_add(&ran, 1);
}

/* Late answers free their requests when the loop's thread has ended. */
static void test_posts_after_the_end_run_when_freed(void **state)
{
    struct loop *ended = loop_new();
    struct loop_item item = {.run = note_run}, early = {.run = note_run};

    (void)state;
    atomic_store(&ran, 0);
    loop_post(ended, &early); /* before the start is early, not wrong */
    loop_start(ended);
    loop_stop(ended);
    assert_int_equal(atomic_load(&ran), 1);
    loop_post(ended, &item);
    assert_int_equal(atomic_load(&ran), 1);
    loop_free(ended);
    assert_int_equal(atomic_load(&ran), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_posts_of_each_thread_run_in_order),
        cmocka_unit_test(test_timers),
        cmocka_unit_test(test_posts_after_the_end_run_when_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
