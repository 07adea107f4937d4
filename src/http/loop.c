#include "http/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct loop {
    struct event_base *base;
    struct event *wake;
    int wake_fd;
    _Atomic(struct loop_item *) posted; /* newest first; taken whole */
    pthread_t thread;
    bool started;
    struct loop_item stop;
};

struct loop_timer {
    struct event *event;
    void (*run)(void *context);
    void *context;
};

static _Thread_local struct loop *current;

static void run_posted(struct loop *loop)
{
    struct loop_item *newest = atomic_exchange_explicit(&loop->posted, NULL, memory_order_acquire);
    struct loop_item *oldest = NULL;

    while (newest) {
        struct loop_item *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest) {
        struct loop_item *next = oldest->next; /* run may free or post the item again */
        oldest->run(oldest);
        oldest = next;
    }
}

static void on_wake(evutil_socket_t fd, short events, void *context)
{
    uint64_t count;

    (void)events;
    /* Cleared before the list is taken: a post in between wakes once too often, never too seldom.
     */
    if (read((int)fd, &count, sizeof(count)) < 0)
        ASSERT(errno == EAGAIN || errno == EINTR);
    run_posted(context);
}

static struct event_base *base_new(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base;

    ASSERT(config);
    /* Only its own thread touches a base; posts come through the eventfd. So: no locks. */
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    base = event_base_new_with_config(config);
    ASSERT(base);
    event_config_free(config);
    return base;
}

struct loop *loop_new(void)
{
    struct loop *loop = memory_new(sizeof(*loop));

    loop->base = base_new();
    loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    ASSERT(loop->wake_fd >= 0);
    loop->wake = event_new(loop->base, loop->wake_fd, EV_READ | EV_PERSIST, on_wake, loop);
    ASSERT(loop->wake && event_add(loop->wake, NULL) == 0);
    return loop;
}

static void *run_thread(void *context)
{
    struct loop *loop = context;

    current = loop;
    pthread_setname_np(pthread_self(), "loop");
    event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
    return NULL;
}

void loop_start(struct loop *loop)
{
    sigset_t all, before;

    ASSERT(!loop->started);
    sigfillset(&all); /* signals are for the main thread */
    pthread_sigmask(SIG_BLOCK, &all, &before);
    ASSERT(pthread_create(&loop->thread, NULL, run_thread, loop) == 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    loop->started = true;
}

static void break_loop(struct loop_item *item)
{
    event_base_loopbreak(CONTAINER_OF(item, struct loop, stop)->base);
}

void loop_stop(struct loop *loop)
{
    if (!loop->started)
        return;
    loop->stop.run = break_loop;
    loop_post(loop, &loop->stop);
    pthread_join(loop->thread, NULL);
    loop->started = false;
}

void loop_free(struct loop *loop)
{
    struct loop *before = current;

    if (!loop)
        return;
    ASSERT(!loop->started);
    current = loop; /* late answers may still free their requests */
    while (atomic_load_explicit(&loop->posted, memory_order_relaxed))
        run_posted(loop);
    current = before;
    event_free(loop->wake);
    close(loop->wake_fd);
    event_base_free(loop->base);
    free(loop);
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}

void loop_post(struct loop *loop, struct loop_item *item)
{
    struct loop_item *newest = atomic_load_explicit(&loop->posted, memory_order_relaxed);
    uint64_t one = 1;

    do {
        item->next = newest;
    } while (!atomic_compare_exchange_weak_explicit(&loop->posted, &newest, item,
                                                    memory_order_release, memory_order_relaxed));
    /* Who found the list empty wakes the loop for all who come before it is taken. */
    if (!newest && write(loop->wake_fd, &one, sizeof(one)) < 0)
        ASSERT(errno == EAGAIN); /* the counter is full: it wakes anyway */
}

bool loop_is_current(const struct loop *loop)
{
    return current == loop;
}

static void run_timer(evutil_socket_t fd, short events, void *context)
{
    struct loop_timer *timer = context;
    void (*run)(void *context) = timer->run;
    void *run_context = timer->context;

    (void)fd;
    (void)events;
    loop_timer_cancel(timer);
    run(run_context);
}

struct loop_timer *loop_after(struct loop *loop, int64_t delay_us, void (*run)(void *context),
                              void *context)
{
    struct loop_timer *timer = memory_new(sizeof(*timer));
    struct timeval delay = {.tv_sec = delay_us / SECOND_US, .tv_usec = delay_us % SECOND_US};

    ASSERT(delay_us >= 0 && (loop_is_current(loop) || !loop->started));
    *timer = (struct loop_timer){.run = run, .context = context};
    timer->event = evtimer_new(loop->base, run_timer, timer);
    ASSERT(timer->event && evtimer_add(timer->event, &delay) == 0);
    return timer;
}

void loop_timer_cancel(struct loop_timer *timer)
{
    if (!timer)
        return;
    event_free(timer->event);
    free(timer);
}
