/*
 * The caller: one thread that makes HTTPS calls for dispatch, many at a time (libcurl multi). A
 * call goes to a listed host or nowhere: no proxy, no redirect, no other protocol, verified TLS,
 * bounded in time and size. What comes back is data.
 */
#ifndef LINLI_CALLER_H
#define LINLI_CALLER_H

#include "base/config.h"
#include "base/metrics.h"
#include "base/queue.h"
#include "outbox/sign.h"

#define CALL_BODY_MOST   (64 * 1024) /* of a request, and of an answer */
#define CALL_NO_ANSWER   (-1)
#define CALL_HEADER_MOST (16 * 1024)

struct outbox_options {
    int64_t timeout_us;         /* of a call, in all */
    int64_t connect_timeout_us; /* of its connection and TLS */
    int64_t at_once;            /* operations in hand */
    int64_t at_once_merchant;   /* of them, of one merchant's plugin */
    int64_t decide_us;          /* after which a query decides what somebody waits for */
    int64_t tell_us;            /* after which what is only told goes to a person's queue */
    int64_t poll_us;            /* how often the table is looked at */
    char *private_hosts;        /* names whose addresses may be private, by spaces */
    char *ca_file;              /* further authorities; "": the system's */
};
extern const struct config_entry outbox_config[];
/* What the table cannot say: whether the hosts are any. */
bool outbox_options_check(const struct outbox_options *options, struct error *error) MUST_CHECK;

/* One call. The texts belong to whoever asks and outlive it. */
struct outgoing {
    struct queue_item item; /* the caller's, while it has it */
    struct text method, url, type, body;
    const char *key; /* Idempotency-Key */
    struct credential credential;

    int32_t status;       /* HTTP's, or CALL_NO_ANSWER */
    struct buffer answer; /* whoever asks frees it */
    bool was_sent;        /* the other side may have seen it */
    const char *fault;    /* a literal: "timeout"; NULL: it was answered */
    int64_t took_us;
    void *handle; /* the caller's */
};

/* NULL, or why the rules let no such call out, a literal: "bad_method", "bad_type",
 * "body_too_large", "not_https", "bad_url", "host_not_allowed". `target` is where it goes. */
struct target;
const char *outgoing_fault(const struct outgoing *call, struct target *target);

struct caller;

/* `done` is called on the caller's thread, once for every call that was taken. */
struct caller *caller_start(const struct outbox_options *options,
                            void (*done)(struct outgoing *call, void *context), void *context);
/* Any thread. What is refused by the rules is done without a call, with a fault. */
void caller_submit(struct caller *caller, struct outgoing *call);
/* Ends what is under way, each within its time: done is called for all before this returns. NULL is
 * allowed. */
void caller_stop(struct caller *caller);

extern struct metric caller_metrics[];
extern const size_t caller_metrics_count;

#endif
