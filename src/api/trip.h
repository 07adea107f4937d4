/*
 * A trip: a call with what its handler need not see: where it is, its key, its answer. Made on the
 * loop in the request's arena, and freed with it by http_respond. One thread has it at a time and
 * gives it away through a queue: loop → query thread → teller → loop. Who gave it away must not
 * touch it again: it may be answered and gone.
 */
#ifndef LINLI_TRIP_H
#define LINLI_TRIP_H

#include "api/call.h"
#include "base/queue.h"

#define REQUEST_ID_MOST   64
#define TRIP_HEADERS_MOST 12
#define REQUEST_KEY_SIZE  16
#define FINGERPRINT_SIZE  8

enum trip_place {
    TRIP_ON_LOOP,   /* dispatched, or rendered */
    TRIP_ON_QUERY,  /* queued for a query thread, or run by one */
    TRIP_WAITING,   /* a long-poll: in the list of heads */
    TRIP_AT_TELLER, /* its command is queued or judged */
    TRIP_ANSWERED,  /* the response is made; at most on its way to the loop */
};

struct trip {
    struct call call;
    enum trip_place place;
    char request_id[REQUEST_ID_MOST + 1];
    int64_t started_us; /* monotonic */

    bool has_key; /* of an Idempotency-Key */
    uint8_t request_key[REQUEST_KEY_SIZE];
    uint8_t fingerprint[FINGERPRINT_SIZE];

    struct command *command; /* submitted: whose outcome `render` answers from */
    call_render *render;

    struct queue_item queued;  /* in the query pool's queue */
    struct trip *next_waiting; /* in the list of heads */
    uint64_t seen;             /* heads' generation before the handler last ran */
    uint64_t waits_for;        /* member; 0: anybody */
    int64_t wait_until_us;     /* monotonic */

    struct loop_item posted; /* on the way back to the loop */
    struct http_response response;
    struct http_header headers[TRIP_HEADERS_MOST];
};

static inline struct trip *trip_of(struct call *call)
{
    return CONTAINER_OF(call, struct trip, call);
}

/* Any thread: frees a trip whose client has left, by way of its loop. */
void trip_drop(struct trip *trip);
/* Any thread that has the trip: sends `response` from its loop. It is gone afterwards. */
void trip_answer(struct trip *trip);
/* `value` must live as long as the request: a literal, or from its arena. */
void trip_header(struct trip *trip, const char *name, const char *value);

#endif
