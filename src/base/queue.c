#include "base/queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t not_empty; /* on CLOCK_MONOTONIC; also signalled by close */
    struct queue_item *first;
    struct queue_item **last; /* where the next item is linked */
    size_t length, most;
    bool closed, nudged;
};

struct queue *queue_new(size_t most)
{
    struct queue *queue = memory_new(sizeof(*queue));
    pthread_condattr_t monotonic;

    ASSERT(pthread_mutex_init(&queue->lock, NULL) == 0);
    ASSERT(pthread_condattr_init(&monotonic) == 0);
    ASSERT(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    ASSERT(pthread_cond_init(&queue->not_empty, &monotonic) == 0);
    pthread_condattr_destroy(&monotonic);
    queue->last = &queue->first;
    queue->most = most;
    return queue;
}

void queue_free(struct queue *queue)
{
    if (!queue)
        return;
    ASSERT(queue->length == 0);
    pthread_cond_destroy(&queue->not_empty);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

bool queue_push(struct queue *queue, struct queue_item *item)
{
    pthread_mutex_lock(&queue->lock);
    bool taken = !queue->closed && queue->length < queue->most;
    if (taken) {
        item->next = NULL;
        *queue->last = item;
        queue->last = &item->next;
        queue->length++;
        pthread_cond_signal(&queue->not_empty);
    }
    pthread_mutex_unlock(&queue->lock);
    return taken;
}

/* With the lock held: waits until there is an item (true), or there will not be one in time. */
static bool wait_for_item(struct queue *queue, int64_t timeout_us)
{
    int64_t until_us = 0;
    bool for_ever =
        timeout_us < 0 || __builtin_add_overflow(clock_monotonic_us(), timeout_us, &until_us);

    while (!queue->first && !queue->closed && !queue->nudged) {
        if (for_ever) {
            pthread_cond_wait(&queue->not_empty, &queue->lock);
            continue;
        }
        struct timespec until = {.tv_sec = until_us / SECOND_US,
                                 .tv_nsec = until_us % SECOND_US * 1000};
        if (pthread_cond_timedwait(&queue->not_empty, &queue->lock, &until) == ETIMEDOUT)
            break;
    }
    queue->nudged = false;
    return queue->first != NULL;
}

struct queue_item *queue_take(struct queue *queue, int64_t timeout_us)
{
    struct queue_item *item = NULL;

    pthread_mutex_lock(&queue->lock);
    if (wait_for_item(queue, timeout_us)) {
        item = queue->first;
        queue->first = item->next;
        if (!queue->first)
            queue->last = &queue->first;
        queue->length--;
        item->next = NULL;
    }
    pthread_mutex_unlock(&queue->lock);
    return item;
}

struct queue_item *queue_take_all(struct queue *queue, int64_t timeout_us)
{
    struct queue_item *items = NULL;

    pthread_mutex_lock(&queue->lock);
    if (wait_for_item(queue, timeout_us)) {
        items = queue->first;
        queue->first = NULL;
        queue->last = &queue->first;
        queue->length = 0;
    }
    pthread_mutex_unlock(&queue->lock);
    return items;
}

void queue_nudge(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->nudged = true;
    pthread_cond_signal(&queue->not_empty);
    pthread_mutex_unlock(&queue->lock);
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->not_empty);
    pthread_mutex_unlock(&queue->lock);
}

bool queue_is_closed(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    bool closed = queue->closed;
    pthread_mutex_unlock(&queue->lock);
    return closed;
}

size_t queue_length(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    size_t length = queue->length;
    pthread_mutex_unlock(&queue->lock);
    return length;
}
