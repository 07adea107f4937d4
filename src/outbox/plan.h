/*
 * What comes next for an operation: pure. Every answer, and every silence, leads to a report to the
 * book or to another attempt.
 *
 * The rule behind it: what may have reached the merchant is never assumed to have failed, nor to
 * have worked. It is asked for (a query) until there is an answer; only what was surely not sent,
 * or what the merchant has never heard of, is sent (again), with the same key. At the deadline one
 * query decides; if there is still no answer, a person does.
 */
#ifndef LINLI_PLAN_H
#define LINLI_PLAN_H

#include <linli/plugin.h>

#include "outbox/operations.h"

struct plan_rules {
    int64_t decide_us; /* how long what somebody waits for is tried */
    int64_t tell_us;   /* how long what the merchant is only told is tried */
};

struct plan_state {
    enum operation_kind kind;
    int32_t attempt; /* 1, 2, … */
    bool querying;   /* an answer is missing: ask for it first */
    bool sent;       /* the merchant may have seen it */
    int64_t now_us, deadline_us;
    uint32_t luck; /* random, for the jitter */
};

enum plan_report {
    REPORT_NONE, /* not yet */
    REPORT_DONE,
    REPORT_DECLINED,
    REPORT_ABSENT,  /* the merchant has not got it, and it is not sent any more */
    REPORT_GIVE_UP, /* a person must find out */
};

/* What an attempt begins with. */
struct plan_start {
    enum plan_report report; /* REPORT_NONE: the plugin is asked */
    bool query;              /* for a query, or else for the operation itself */
};
struct plan_start plan_start(const struct plan_state *state);

/* What follows from the plugin's outcome (enum linli_outcome; LINLI_UNKNOWN for a fault).
 * state->querying says what it was asked, state->sent whether any attempt was sent. */
struct plan_next {
    enum plan_report report;
    bool querying;  /* REPORT_NONE: of the next attempt */
    int64_t due_us; /* and when it is */
};
struct plan_next plan_next(const struct plan_state *state, uint32_t outcome, int64_t retry_s);

int64_t plan_deadline_us(const struct plan_rules *rules, enum operation_kind kind, int64_t now_us);
/* 1 s, 2 s, 4 s … up to a minute (an hour for what nobody waits for), half of it by chance. */
int64_t plan_backoff_us(const struct plan_state *state);

/* The circuit breaker: how long a merchant is left alone after so many failures in a row; 0: not
 * at all. Then one call tries whether it is back. */
#define BREAKER_FAILURES 5
int64_t breaker_rest_us(int32_t failures);

#endif
