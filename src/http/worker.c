#include <stdlib.h>

#include "base/clock.h"
#include "http/internal.h"

#define SWEEP_US       (SECOND_US / 20)
#define PAUSED_LOOK_US (SECOND_US / 2)
#define LINGER_US      (2 * SECOND_US)
#define NO_DEADLINE    INT64_MAX

/* How long a state may last. A list is ordered by when its connections entered, and all of them
 * have the same time: only its first few are ever looked at. */
static int64_t longest_us(const struct http_options *options, enum http_state state)
{
    switch (state) {
    case HTTP_HANDSHAKING: return options->tls_handshake_deadline_us;
    case HTTP_IDLE: return options->idle_timeout_us;
    case HTTP_READING_HEAD: return options->header_deadline_us;
    case HTTP_READING_BODY: return options->body_deadline_us;
    case HTTP_PAUSED: return PAUSED_LOOK_US;
    case HTTP_LINGERING: return LINGER_US;
    case HTTP_WAITING:     /* the handler's time is its own affair */
    case HTTP_HALF_CLOSED: /* likewise */
    case HTTP_FLUSHING:    /* the slow list watches it */
    case HTTP_CLOSED:
    case HTTP_STATE_COUNT: break;
    }
    return NO_DEADLINE;
}

static void sweep_state(struct http_worker *worker, enum http_state state, int64_t now_us)
{
    int64_t longest = longest_us(worker->server->options, state);
    struct http_connection *connection;

    if (longest == NO_DEADLINE)
        return;
    while ((connection = TAILQ_FIRST(&worker->states[state])) &&
           now_us - connection->entered_us >= longest)
        http_connection_expire(connection); /* it leaves the list, or goes to its end */
}

static void sweep_slow(struct http_worker *worker, int64_t now_us)
{
    int64_t longest = worker->server->options->write_deadline_us;
    struct http_connection *connection;

    while ((connection = TAILQ_FIRST(&worker->slow)) &&
           now_us - connection->unsent_at_us >= longest)
        http_connection_expire_output(connection);
}

/* Reloadable options take effect here, between requests and never within one read. */
static void refresh_limits(struct http_worker *worker)
{
    const struct http_options *options = worker->server->options;

    worker->limits = (struct http_limits){
        .request_line = (size_t)options->max_request_line,
        .header_bytes = (size_t)options->max_header_bytes,
        .headers = (size_t)options->max_headers,
        .body = options->max_body,
        .budget = &worker->server->budget,
    };
}

static void begin_sweeping(struct http_worker *worker)
{
    evtimer_add(worker->sweep, &(struct timeval){.tv_usec = SWEEP_US});
}

static void on_sweep(evutil_socket_t fd, short events, void *context)
{
    struct http_worker *worker = context;
    int64_t now_us = clock_monotonic_us();

    (void)fd;
    (void)events;
    refresh_limits(worker);
    for (enum http_state state = 0; state < HTTP_STATE_COUNT; state++)
        sweep_state(worker, state, now_us);
    sweep_slow(worker, now_us);
    if (worker->connections > 0)
        begin_sweeping(worker);
}

static void on_reap(evutil_socket_t fd, short events, void *context)
{
    struct http_worker *worker = context;
    struct http_connection *connection;

    (void)fd;
    (void)events;
    while ((connection = TAILQ_FIRST(&worker->states[HTTP_CLOSED]))) {
        TAILQ_REMOVE(&worker->states[HTTP_CLOSED], connection, in_state);
        free(connection);
    }
}

void http_worker_init(struct http_worker *worker, struct http_server *server)
{
    worker->server = server;
    worker->loop = loop_new();
    for (size_t i = 0; i < HTTP_STATE_COUNT; i++)
        TAILQ_INIT(&worker->states[i]);
    TAILQ_INIT(&worker->slow);
    TAILQ_INIT(&worker->pool);
    worker->sweep = evtimer_new(loop_base(worker->loop), on_sweep, worker);
    worker->reaper = event_new(loop_base(worker->loop), -1, 0, on_reap, worker);
    ASSERT(worker->sweep && worker->reaper);
    refresh_limits(worker);
}

int64_t http_worker_free(struct http_worker *worker)
{
    struct loop *loop = worker->loop;

    ASSERT(worker->connections == 0);
    on_reap(-1, 0, worker);
    event_free(worker->sweep);
    event_free(worker->reaper);
    loop_free(loop); /* runs late answers, which free their requests */
    http_request_pool_free(worker);
    buffer_free(&worker->scratch);
    return worker->in_hand;
}

void http_worker_add_connection(struct http_worker *worker)
{
    worker->connections++;
    http_metrics_add_connections(1);
    if (!evtimer_pending(worker->sweep, NULL))
        begin_sweeping(worker);
}

void http_worker_remove_connection(struct http_worker *worker)
{
    worker->connections--;
    http_metrics_add_connections(-1);
    atomic_fetch_sub_explicit(&worker->load, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&worker->server->connections, 1, memory_order_relaxed);
    http_worker_note_progress(worker);
}

void http_worker_note_progress(struct http_worker *worker)
{
    struct http_server *server = worker->server;

    if (!worker->is_draining || worker->told_drained || worker->connections > 0 ||
        worker->in_hand > 0)
        return;
    worker->told_drained = true;
    pthread_mutex_lock(&server->lock);
    server->drained_workers++;
    pthread_cond_signal(&server->progress);
    pthread_mutex_unlock(&server->lock);
}

static void close_state(struct http_worker *worker, enum http_state state,
                        enum http_close_reason reason)
{
    struct http_connection *connection;

    while ((connection = TAILQ_FIRST(&worker->states[state])))
        http_connection_close(connection, reason);
}

void http_worker_drain(struct http_worker *worker)
{
    worker->is_draining = true;
    close_state(worker, HTTP_HANDSHAKING, HTTP_CLOSE_DRAINED);
    struct http_connection *connection, *next;
    for (connection = TAILQ_FIRST(&worker->states[HTTP_IDLE]); connection; connection = next) {
        next = TAILQ_NEXT(connection, in_state);
        http_connection_finish(connection, HTTP_CLOSE_DRAINED); /* what is unsent still goes out */
    }
    http_worker_note_progress(worker);
}

void http_worker_close_all(struct http_worker *worker, enum http_close_reason reason)
{
    for (enum http_state state = 0; state < HTTP_CLOSED; state++)
        close_state(worker, state, reason);
}
