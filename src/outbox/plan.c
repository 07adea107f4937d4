#include "outbox/plan.h"

#define BACKOFF_LEAST_US SECOND_US
#define REST_LEAST_US    (5 * SECOND_US)
#define REST_MOST_US     MINUTE_US
#define DOUBLINGS_MOST   16

static int64_t doubled(int64_t least_us, int32_t times, int64_t most_us)
{
    int64_t us = least_us << (times < 0 ? 0 : times > DOUBLINGS_MOST ? DOUBLINGS_MOST : times);

    return us < most_us ? us : most_us;
}

int64_t plan_deadline_us(const struct plan_rules *rules, enum operation_kind kind, int64_t now_us)
{
    return now_us + (operation_is_waited_for(kind) ? rules->decide_us : rules->tell_us);
}

int64_t plan_backoff_us(const struct plan_state *state)
{
    int64_t most_us = operation_is_waited_for(state->kind) ? MINUTE_US : HOUR_US;
    int64_t us = doubled(BACKOFF_LEAST_US, state->attempt - 1, most_us);

    return us / 2 + (us / 2 / 1000) * (state->luck % 1000);
}

int64_t breaker_rest_us(int32_t failures)
{
    if (failures < BREAKER_FAILURES)
        return 0;
    return doubled(REST_LEAST_US, failures - BREAKER_FAILURES, REST_MOST_US);
}

/* It is not at the merchant, and will not be sent any more. */
static enum plan_report not_done(const struct plan_state *state)
{
    return state->kind == OPERATION_RESERVE ? REPORT_ABSENT : REPORT_GIVE_UP;
}

struct plan_start plan_start(const struct plan_state *state)
{
    bool is_late = state->now_us >= state->deadline_us;

    if (state->querying || (is_late && state->sent))
        return (struct plan_start){.query = true};
    return (struct plan_start){.report = is_late ? not_done(state) : REPORT_NONE};
}

static struct plan_next again(const struct plan_state *state, bool querying, int64_t after_us)
{
    return (struct plan_next){.querying = querying, .due_us = state->now_us + after_us};
}

/* A query that nobody answered after the deadline is the last; what was sent is queried. */
static struct plan_next after_silence(const struct plan_state *state)
{
    bool is_late = state->now_us >= state->deadline_us;

    if (!state->sent)
        return is_late ? (struct plan_next){.report = not_done(state)}
                       : again(state, false, plan_backoff_us(state));
    if (is_late && state->querying)
        return (struct plan_next){.report = REPORT_GIVE_UP};
    return again(state, true, plan_backoff_us(state));
}

/* The merchant is there and has not done it. */
static struct plan_next after_no(const struct plan_state *state, int64_t after_us)
{
    if (state->now_us >= state->deadline_us)
        return (struct plan_next){.report = not_done(state)};
    return again(state, false, after_us);
}

struct plan_next plan_next(const struct plan_state *state, uint32_t outcome, int64_t retry_s)
{
    int64_t retry_us = retry_s < 1 ? SECOND_US : retry_s > 86400 ? DAY_US : retry_s * SECOND_US;

    switch (outcome) {
    case LINLI_DONE: return (struct plan_next){.report = REPORT_DONE};
    case LINLI_DECLINED: return (struct plan_next){.report = REPORT_DECLINED};
    case LINLI_ABSENT:
        return state->querying ? after_no(state, plan_backoff_us(state)) : after_silence(state);
    case LINLI_RETRY:
        /* Asked for an answer that it will have later, it has said nothing of the operation. */
        if (!state->querying)
            return after_no(state, retry_us);
        if (state->now_us >= state->deadline_us)
            return (struct plan_next){.report = REPORT_GIVE_UP};
        return again(state, true, retry_us);
    default: return after_silence(state);
    }
}
