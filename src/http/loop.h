/*
 * A loop: one thread with one libevent base. It never blocks. Other threads reach it only through
 * loop_post; everything that belongs to a connection happens on its loop.
 */
#ifndef LINLI_LOOP_H
#define LINLI_LOOP_H

#include "base/base.h"

struct event_base;
struct loop;
struct loop_timer;

struct loop_item {
    struct loop_item *next;
    void (*run)(struct loop_item *item); /* on the loop's thread */
};

struct loop *loop_new(void);
void loop_start(struct loop *loop); /* starts the thread */
void loop_stop(struct loop *loop);  /* asks it to end and joins; posted items have run */
void loop_free(struct loop *loop);
struct event_base *loop_base(struct loop *loop);

/* Any thread. Wakes the loop at most once for many posts; never fails (the item is the caller's
 * memory, and what can be posted is bounded by the requests in hand). */
void loop_post(struct loop *loop, struct loop_item *item);
bool loop_is_current(const struct loop *loop);

/* Loop thread only. */
struct loop_timer *loop_after(struct loop *loop, int64_t delay_us, void (*run)(void *context),
                              void *context);
void loop_timer_cancel(struct loop_timer *timer); /* NULL is allowed; not after it ran */

#endif
