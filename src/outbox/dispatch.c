#include "outbox/dispatch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/log.h"

#define IN_HAND_MOST 1024 /* bound of the setting */
#define DUE_MOST     200  /* integrations looked at in one round */
#define CALLS_MOST   4    /* that a plugin may ask for in one attempt */
#define LEASE_MARGIN_US                                                                            \
    (5 * SECOND_US) /* more than two slow calls: somebody else may begin anew                      \
                     */
#define WAIT_AFTER_ERRORS (SECOND_US)

struct dispatch {
    struct dispatch_tools tools;
    struct caller *caller;
    struct queue *back; /* errands whose call, or report, is done */
    struct errand *in_hand[IN_HAND_MOST];
    size_t in_hand_count;
    struct db *db;
    uint64_t next_integration; /* whose turn it is */
    pthread_t thread;
    _Atomic bool stopping;
};

struct metric dispatch_metrics[] = {
    {.name = "linli_outbox_in_hand",
     .help = "Operations that are being said to merchants",
     .type = METRIC_GAUGE},
    {.name = "linli_outbox_attempts_total", .help = "Attempts at operations"},
    {.name = "linli_outbox_reports_total",
     .help = "Answers given to the book",
     .label = "answer=\"done\""},
    {.name = "linli_outbox_reports_total",
     .help = "Answers given to the book",
     .label = "answer=\"declined\""},
    {.name = "linli_outbox_reports_total",
     .help = "Answers given to the book",
     .label = "answer=\"absent\""},
    {.name = "linli_outbox_reports_total",
     .help = "Answers given to the book",
     .label = "answer=\"given_up\""},
};
const size_t dispatch_metrics_count = ARRAY_LENGTH(dispatch_metrics);
enum { IN_HAND, ATTEMPTS, REPORTS }; /* reports: in the order of enum plan_report, from DONE */

/* --- Errands ---------------------------------------------------------------------------------- */

static struct errand *errand_new(struct dispatch *dispatch, const struct lease *lease,
                                 int64_t now_us)
{
    struct arena *arena = arena_new();
    struct errand *errand = arena_take(arena, sizeof *errand);

    errand->arena = arena;
    errand->lease = *lease;
    errand->lease.plugin = arena_copy(arena, lease->plugin, strlen(lease->plugin));
    errand->lease.plugin_state.data =
        arena_copy(arena, lease->plugin_state.data, lease->plugin_state.length);
    errand->now_us = now_us;
    errand->dispatch = dispatch;
    dispatch->in_hand[dispatch->in_hand_count++] = errand;
    metric_set(&dispatch_metrics[IN_HAND], (int64_t)dispatch->in_hand_count);
    return errand;
}

static void errand_end(struct dispatch *dispatch, struct errand *errand)
{
    for (size_t i = 0; i < dispatch->in_hand_count; i++)
        if (dispatch->in_hand[i] == errand) {
            dispatch->in_hand[i] = dispatch->in_hand[--dispatch->in_hand_count];
            break;
        }
    metric_set(&dispatch_metrics[IN_HAND], (int64_t)dispatch->in_hand_count);
    buffer_free(&errand->call.answer);
    arena_free(errand->arena);
}

static size_t in_hand_of(const struct dispatch *dispatch, uint64_t integration_id)
{
    size_t count = 0;

    for (size_t i = 0; i < dispatch->in_hand_count; i++)
        count += dispatch->in_hand[i]->lease.integration_id == integration_id;
    return count;
}

static struct plan_state state_of(const struct errand *errand, int64_t now_us)
{
    struct plan_state state = {.kind = errand->lease.kind,
                               .attempt = errand->lease.attempt,
                               .querying = errand->query,
                               .sent = errand->lease.sent || (errand->was_sent && !errand->query),
                               .now_us = now_us,
                               .deadline_us = errand->lease.deadline_us};

    crypto_random(&state.luck, sizeof state.luck);
    return state;
}

static void log_failure(const char *event, const struct error *error)
{
    LOG(WARN, event, LOG_STR("code", error->code), LOG_STR("detail", error->detail));
}

/* --- How an attempt ends ---------------------------------------------------------------------- */

static struct text text_of(const struct linli_room *room)
{
    return (struct text){room->bytes ? room->bytes : "", room->bytes ? room->length : 0};
}

static struct attempt_note note_of(const struct errand *errand, const struct plan_next *next)
{
    bool has_step = errand->fault == NULL;
    const char *fault = errand->fault ? errand->fault : errand->call.fault;

    return (struct attempt_note){
        .querying = next->report == REPORT_NONE ? next->querying : errand->query,
        .sent = errand->lease.sent || (errand->was_sent && !errand->query),
        .due_us = next->due_us,
        .status = errand->call.status,
        .fault = fault ? fault : "",
        .reason = has_step ? text_of(&errand->step.reason.zh) : TEXT(""),
        .plugin_state = has_step ? text_of(&errand->step.state) : errand->lease.plugin_state,
    };
}

/* A merchant is down when nobody answers, or only with errors; a plugin's fault is not its. */
static void tell_breaker(struct dispatch *dispatch, const struct errand *errand)
{
    struct error error;
    bool answered = errand->call.status > 0 && errand->call.status < 500;
    bool told;

    if (errand->calls == 0)
        return;
    told = answered ? integration_answered(dispatch->db, errand->lease.integration_id, &error)
                    : integration_failed(dispatch->db, errand->lease.integration_id, errand->now_us,
                                         &error);
    if (!told)
        log_failure("outbox.breaker", &error);
}

static void log_attempt(const struct errand *errand, const struct plan_next *next)
{
    const char *fault = errand->fault ? errand->fault : errand->call.fault;

    LOG(INFO, "outbox.attempt", LOG_INT("operation", (int64_t)errand->lease.operation_id),
        LOG_STR("kind", operation_kind_name(errand->lease.kind)),
        LOG_INT("attempt", errand->lease.attempt), LOG_INT("query", errand->query),
        LOG_INT("merchant", (int64_t)errand->lease.merchant_id),
        LOG_INT("status", errand->call.status), LOG_STR("fault", fault ? fault : ""),
        LOG_INT("report", next->report));
}

/* The note goes first: whoever reads the book's answer finds the reason beside it. */
static void end_attempt(struct dispatch *dispatch, struct errand *errand,
                        const struct plan_next *next)
{
    const struct dispatch_hooks *hooks = &dispatch->tools.hooks;
    struct attempt_note note = note_of(errand, next);
    struct error error;

    log_attempt(errand, next);
    tell_breaker(dispatch, errand);
    errand->report = next->report;
    errand->lease.sent = note.sent;
    if (!operation_note(dispatch->db, &errand->lease, &note, &error)) {
        log_failure("outbox.note", &error); /* the lease ends, and it is asked again */
        errand_end(dispatch, errand);
        return;
    }
    if (next->report == REPORT_NONE || !hooks->report(hooks->context, dispatch->db, errand)) {
        errand_end(dispatch, errand);
        return;
    }
    metric_add(&dispatch_metrics[REPORTS + next->report - REPORT_DONE], 1);
}

static void judge(struct dispatch *dispatch, struct errand *errand)
{
    struct plan_state state = state_of(errand, errand->now_us);
    uint32_t outcome = errand->fault ? (uint32_t)LINLI_UNKNOWN : errand->step.outcome;
    struct plan_next next = plan_next(&state, outcome, errand->step.retry_s);

    end_attempt(dispatch, errand, &next);
}

/* --- Calls and steps -------------------------------------------------------------------------- */

static void call_done(struct outgoing *call, void *context)
{
    struct dispatch *dispatch = context;
    struct errand *errand = CONTAINER_OF(call, struct errand, call);

    ASSERT(queue_push(dispatch->back, &errand->item));
}

void dispatch_reported(struct errand *errand)
{
    struct dispatch *dispatch = errand->dispatch;

    errand->is_reported = true;
    ASSERT(queue_push(dispatch->back, &errand->item));
}

/* The plugin wants a call. */
static bool begin_call(struct dispatch *dispatch, struct errand *errand)
{
    const struct dispatch_hooks *hooks = &dispatch->tools.hooks;
    struct outgoing *call = &errand->call;

    if (errand->calls == CALLS_MOST) {
        errand->fault = "too_many_calls";
        return false;
    }
    buffer_free(&call->answer);
    *call = (struct outgoing){
        .method = text_of(&errand->step.http.method),
        .url = text_of(&errand->step.http.url),
        .type = text_of(&errand->step.http.type),
        .body = text_of(&errand->step.http.body),
        .key = arena_printf(errand->arena, "linli-%llu",
                            (unsigned long long)errand->lease.operation_id),
    };
    if (!hooks->sign(hooks->context, dispatch->db, errand)) {
        errand->fault = "no_credential";
        return false;
    }
    errand->calls++;
    caller_submit(dispatch->caller, call);
    return true;
}

/* Asks all of them at once; each goes on with a call, or ends. */
static void take_steps(struct dispatch *dispatch, struct errand *const *errands, size_t count)
{
    const struct dispatch_hooks *hooks = &dispatch->tools.hooks;

    if (count > 0)
        hooks->ask(hooks->context, errands, count);
    for (size_t i = 0; i < count; i++) {
        struct errand *errand = errands[i];

        if (errand->fault == NULL && errand->step.outcome == LINLI_CALL &&
            begin_call(dispatch, errand))
            continue;
        judge(dispatch, errand);
    }
}

static void take_back(struct dispatch *dispatch, int64_t wait_us)
{
    const struct dispatch_hooks *hooks = &dispatch->tools.hooks;
    struct errand *ready[IN_HAND_MOST];
    struct queue_item *next;
    size_t count = 0;

    for (struct queue_item *item = queue_take_all(dispatch->back, wait_us); item; item = next) {
        struct errand *errand = CONTAINER_OF(item, struct errand, item);

        next = item->next;
        if (errand->is_reported) {
            hooks->reported(hooks->context, dispatch->db, errand);
            errand_end(dispatch, errand);
        } else {
            errand->was_sent = errand->was_sent || errand->call.was_sent;
            ready[count++] = errand;
        }
    }
    take_steps(dispatch, ready, count);
}

/* --- Leasing ---------------------------------------------------------------------------------- */

static int64_t lease_us(const struct outbox_options *options)
{
    return 2 * options->timeout_us + LEASE_MARGIN_US;
}

/* What one attempt begins with: a question for the plugin, or nothing but a report. */
static bool begin_errand(struct dispatch *dispatch, struct lease *lease, int64_t now_us,
                         struct errand **ready, struct error *error)
{
    const struct dispatch_hooks *hooks = &dispatch->tools.hooks;
    const struct outbox_options *options = dispatch->tools.options;
    const struct plan_rules rules = {options->decide_us, options->tell_us};
    struct plan_state state = {
        .kind = lease->kind, .querying = lease->querying, .sent = lease->sent, .now_us = now_us};
    struct plan_start start;
    struct errand *errand;
    bool taken;

    *ready = NULL;
    if (lease->deadline_us == 0)
        lease->deadline_us =
            plan_deadline_us(&rules, lease->kind, lease->attempt == 0 ? lease->created_us : now_us);
    state.deadline_us = lease->deadline_us;
    start = plan_start(&state);
    if (!operation_lease(dispatch->db, lease, dispatch->tools.server, now_us, lease_us(options),
                         start.report == REPORT_NONE && !start.query, &taken, error))
        return false;
    if (!taken)
        return true;
    metric_add(&dispatch_metrics[ATTEMPTS], 1);
    errand = errand_new(dispatch, lease, now_us);
    errand->query = start.query;
    if (start.report != REPORT_NONE) {
        end_attempt(dispatch, errand, &(struct plan_next){.report = start.report});
        return true;
    }
    if (!hooks->load(hooks->context, dispatch->db, errand, error)) {
        errand_end(dispatch, errand);
        return false;
    }
    *ready = errand;
    return true;
}

/* How many more of one merchant's may be in hand. */
static int64_t room_for(const struct dispatch *dispatch, const struct due *due)
{
    const struct outbox_options *options = dispatch->tools.options;
    int64_t room = options->at_once - (int64_t)dispatch->in_hand_count;
    int64_t own = options->at_once_merchant;

    if (due->may_call > 0 && due->may_call < own)
        own = due->may_call;
    own -= (int64_t)in_hand_of(dispatch, due->integration_id);
    return own < room ? own : room;
}

static bool lease_some(struct dispatch *dispatch, const struct due *due, int64_t now_us,
                       struct arena *arena, struct error *error)
{
    const struct outbox_options *options = dispatch->tools.options;
    int64_t most = room_for(dispatch, due);
    const struct due_query query = {.integration_id = due->integration_id,
                                    .now_us = now_us,
                                    .decide_us = options->decide_us,
                                    .tell_us = options->tell_us,
                                    .without_call = due->may_call == 0,
                                    .most = most > 0 ? (size_t)most : 0};
    struct errand *ready[IN_HAND_MOST];
    struct lease *leases;
    size_t count, used = 0;
    bool fine = true;

    if (most <= 0)
        return true;
    if (!operations_of(dispatch->db, &query, arena, &leases, &count, error))
        return false;
    for (size_t i = 0; fine && i < count; i++) {
        fine = begin_errand(dispatch, &leases[i], now_us, &ready[used], error);
        used += fine && ready[used] != NULL;
    }
    take_steps(dispatch, ready, used);
    return fine;
}

/* Begins with the merchant behind the one that was served last, so that all get their turn. */
static bool lease_due(struct dispatch *dispatch, struct arena *arena, struct error *error)
{
    struct due due[DUE_MOST];
    size_t count, first = 0;
    int64_t now_us;

    if (dispatch->in_hand_count >= (size_t)dispatch->tools.options->at_once)
        return true;
    if (!operations_now(dispatch->db, &now_us, error) ||
        !operations_due(dispatch->db, now_us, due, DUE_MOST, &count, error))
        return false;
    while (first < count && due[first].integration_id <= dispatch->next_integration)
        first++;
    for (size_t i = 0; i < count; i++) {
        const struct due *one = &due[(first + i) % count];

        dispatch->next_integration = one->integration_id;
        if (!lease_some(dispatch, one, now_us, arena, error))
            return false;
    }
    return true;
}

/* --- The thread ------------------------------------------------------------------------------- */

static void *run(void *context)
{
    struct dispatch *dispatch = context;
    struct arena *arena = arena_new();
    int64_t wait_us = dispatch->tools.options->poll_us;

    dispatch->db = db_new(dispatch->tools.db);
    while (!atomic_load(&dispatch->stopping) || dispatch->in_hand_count > 0) {
        struct error error = {0};

        take_back(dispatch, wait_us);
        wait_us = dispatch->tools.options->poll_us;
        if (atomic_load(&dispatch->stopping))
            continue;
        if (!lease_due(dispatch, arena, &error)) {
            log_failure("outbox.lease", &error);
            db_rollback(dispatch->db);
            wait_us = WAIT_AFTER_ERRORS;
        }
        arena_reset(arena);
    }
    db_free(dispatch->db);
    arena_free(arena);
    return NULL;
}

struct dispatch *dispatch_start(const struct dispatch_tools *tools)
{
    struct dispatch *dispatch = memory_new(sizeof *dispatch);

    dispatch->tools = *tools;
    dispatch->back = queue_new(2 * IN_HAND_MOST);
    dispatch->caller = caller_start(tools->options, call_done, dispatch);
    ASSERT(pthread_create(&dispatch->thread, NULL, run, dispatch) == 0);
    return dispatch;
}

void dispatch_stop(struct dispatch *dispatch)
{
    if (dispatch == NULL)
        return;
    atomic_store(&dispatch->stopping, true);
    pthread_join(dispatch->thread, NULL);
    caller_stop(dispatch->caller);
    queue_close(dispatch->back);
    queue_free(dispatch->back);
    free(dispatch);
}
