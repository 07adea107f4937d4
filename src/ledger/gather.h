/*
 * Gather: which of the commands that wait make the next batch. No timer: what is there is taken.
 *
 * A command waits for a later batch when an earlier one names the same exclusive row (a wallet),
 * also one of the batch that is being served, so that the facts about it are exact; commands on one
 * wallet keep their order. The keeper's work yields: its oldest command has a place in every batch,
 * so that it never starves; the others only fill what room people's commands leave. The usher's
 * thread only.
 */
#ifndef LINLI_GATHER_H
#define LINLI_GATHER_H

#include "base/hash_map.h"
#include "ledger/batch.h"
#include "ledger/in_flight.h"

/* Commands off the queue, in order. */
struct waiting {
    struct queue_item *first;
    struct queue_item **last; /* where the next is linked */
    size_t count;
};

struct gather {
    struct queue *queue;
    struct in_flight *in_flight;
    struct waiting people, keeper;
    struct hash_map passed_over; /* exclusive rows that those named who have to wait */
    struct key_set keys;         /* of the command that is looked at */
    int64_t rows_most, batch_us;
    size_t limit; /* commands a batch: learnt */
};

void gather_start(struct gather *gather, const struct teller_options *options, struct queue *queue,
                  struct in_flight *in_flight);
void gather_end(struct gather *gather);

enum arrival {
    ARRIVAL_SOME,
    ARRIVAL_NONE, /* in that time */
    ARRIVAL_END,  /* the queue is closed and everything was taken */
};
enum arrival gather_wait(struct gather *gather, int64_t timeout_us);
/* How many wait, as far as they are off the queue. */
size_t gather_waiting(const struct gather *gather);
/* Adds to a batch what may join it beside `other`, which is being served; those whose client has
 * left fail as "abandoned" on the way. */
void gather_fill(struct gather *gather, struct batch *batch, const struct batch *other);
/* To the front again: it was in a batch and must be judged anew. */
void gather_put_back(struct gather *gather, struct command *command);
/* Everything that waits fails, what is still in the queue too. */
void gather_fail(struct gather *gather, const char *failure);
/* What a batch of so many commands took: the limit follows, so that one takes about batch_us. */
void gather_learn(struct gather *gather, size_t commands, int64_t took_us);

#endif
