/*
 * The door of a room: a bounded queue that any thread may push to and one or more threads take
 * from, first in first out. Items are intrusive: the queue never allocates.
 */
#ifndef LINLI_QUEUE_H
#define LINLI_QUEUE_H

#include "base/base.h"

struct queue;

struct queue_item {
    struct queue_item *next;
};

struct queue *queue_new(size_t most);
void queue_free(struct queue *queue); /* must be empty */

/* False when full or closed: the caller sheds. Ownership of the item passes on true. */
bool queue_push(struct queue *queue, struct queue_item *item) MUST_CHECK;
/* Waits up to `timeout_us` (-1: for ever) and takes one; NULL on timeout, or closed and empty. */
struct queue_item *queue_take(struct queue *queue, int64_t timeout_us);
/* Takes everything that is queued as a list in order; waits as queue_take does. */
struct queue_item *queue_take_all(struct queue *queue, int64_t timeout_us);
/* Lets one who waits go on without an item: at once, or as soon as somebody waits. */
void queue_nudge(struct queue *queue);
/* No more pushes; those who wait wake up once it is empty. */
void queue_close(struct queue *queue);
bool queue_is_closed(struct queue *queue);
size_t queue_length(struct queue *queue);

#endif
