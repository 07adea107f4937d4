#include <event2/buffer.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/internal.h"

const char *http_close_reason_name(enum http_close_reason reason)
{
    static const char *const names[] = {
#define CLOSE_NAME(name, word) [HTTP_CLOSE_##name] = (word),
        HTTP_CLOSE_REASONS(CLOSE_NAME)
#undef CLOSE_NAME
    };

    ASSERT((size_t)reason < ARRAY_LENGTH(names));
    return names[reason];
}

static const struct http_options *options_of(const struct http_connection *connection)
{
    return connection->worker->server->options;
}

static struct evbuffer *input_of(const struct http_connection *connection)
{
    return bufferevent_get_input(connection->bufferevent);
}

size_t http_connection_unsent(const struct http_connection *connection)
{
    return evbuffer_get_length(bufferevent_get_output(connection->bufferevent));
}

/* ---- transitions ---- */

static void enter(struct http_connection *connection, enum http_state state)
{
    struct http_worker *worker = connection->worker;

    if (connection->state == HTTP_PAUSED && state != HTTP_PAUSED && state != HTTP_CLOSED)
        bufferevent_enable(connection->bufferevent, EV_READ);
    if (connection->state != HTTP_PAUSED && state == HTTP_PAUSED)
        bufferevent_disable(connection->bufferevent, EV_READ);
    TAILQ_REMOVE(&worker->states[connection->state], connection, in_state);
    TAILQ_INSERT_TAIL(&worker->states[state], connection, in_state);
    connection->state = state;
    connection->entered_us = clock_monotonic_us();
    connection->is_stale = false;
}

static void drop_request(struct http_request *request)
{
    request->connection = NULL;
    if (request->state == HTTP_REQUEST_IN_HAND)
        http_request_tell_gone(request); /* its handler still owes the answer, which frees it */
    else
        http_request_release(request);
}

static void drop_reading(struct http_connection *connection)
{
    struct http_request *request = connection->reading;

    connection->reading = NULL;
    if (request)
        drop_request(request);
}

static void drop_pending(struct http_connection *connection)
{
    struct http_request *request;

    while ((request = TAILQ_FIRST(&connection->pending))) {
        TAILQ_REMOVE(&connection->pending, request, in_list);
        drop_request(request);
    }
    connection->pending_count = 0;
}

static void watch_output_no_more(struct http_connection *connection)
{
    if (connection->is_slow)
        TAILQ_REMOVE(&connection->worker->slow, connection, in_slow);
    connection->is_slow = false;
    http_budget_give(&connection->worker->server->budget, (int64_t)connection->unsent_charged);
    connection->unsent_charged = 0;
}

void http_connection_close(struct http_connection *connection, enum http_close_reason reason)
{
    struct http_worker *worker = connection->worker;

    if (connection->state == HTTP_CLOSED)
        return;
    LOG(DEBUG, "http.close", LOG_STR("reason", http_close_reason_name(reason)),
        LOG_INT("answered", connection->answered));
    http_metrics_count_close(reason);
    enter(connection, HTTP_CLOSED);
    watch_output_no_more(connection);
    bufferevent_free(connection->bufferevent); /* and with it the socket */
    connection->bufferevent = NULL;
    if (connection->is_counted)
        http_counts_remove(worker->server->counts, &connection->peer);
    drop_reading(connection);
    drop_pending(connection);
    event_active(worker->reaper, EV_TIMEOUT, 0);
    http_worker_remove_connection(worker);
}

static void begin_lingering(struct http_connection *connection)
{
    if (connection->client_ended) {
        http_connection_close(connection, connection->end_reason);
        return;
    }
    if (connection->is_tls)
        http_tls_say_goodbye(connection->bufferevent);
    shutdown(connection->fd, SHUT_WR);
    enter(connection, HTTP_LINGERING);
}

void http_connection_finish(struct http_connection *connection, enum http_close_reason reason)
{
    if (connection->state >= HTTP_FLUSHING)
        return;
    connection->input_ended = true;
    connection->end_reason = reason;
    enter(connection, HTTP_FLUSHING);
    drop_reading(connection);
    drop_pending(connection);
    if (connection->state == HTTP_FLUSHING && http_connection_unsent(connection) == 0)
        begin_lingering(connection);
}

/* ---- reading ---- */

static bool may_read_ahead(const struct http_connection *connection)
{
    return !connection->input_ended &&
           connection->pending_count <= (unsigned)options_of(connection)->max_pipelined &&
           (int64_t)http_connection_unsent(connection) <= options_of(connection)->max_unsent;
}

static void put_in_line(struct http_connection *connection, enum http_request_state state)
{
    struct http_request *request = connection->reading;

    request->state = state;
    connection->reading = NULL;
    connection->is_stale = true;
    TAILQ_INSERT_TAIL(&connection->pending, request, in_list);
    connection->pending_count++;
}

/* The request that is being read gets this room's own answer, in its turn, and it is the last. */
static void refuse_reading(struct http_connection *connection, enum http_fault fault,
                           enum http_close_reason reason)
{
    connection->reading->fault = fault;
    connection->reading->end_reason = reason;
    connection->input_ended = true;
    put_in_line(connection, HTTP_REQUEST_FAULTY);
}

static void refuse_broken(struct http_connection *connection)
{
    const struct http_parser *parser = connection->reading->parser;

    LOG(DEBUG, "http.refused", LOG_STR("what", http_parser_refusal(parser)));
    refuse_reading(connection, http_parser_fault(parser), HTTP_CLOSE_REFUSED);
}

static void take_whole(struct http_connection *connection)
{
    if (!http_request_message(connection->reading)->keeps_alive)
        connection->input_ended = true; /* 9112 9.6: what follows is not to be looked at */
    put_in_line(connection, HTTP_REQUEST_READY);
}

static void take_head(struct http_connection *connection)
{
    connection->is_stale = true;
    connection->reading->wants_continue =
        http_request_message(connection->reading)->expects_continue;
}

/* Feeds what has come to the request that is being read. False when there is nothing to feed. */
static bool read_on(struct http_connection *connection)
{
    struct evbuffer *input = input_of(connection);
    struct evbuffer_iovec piece;
    size_t used;

    if (connection->input_ended) {
        evbuffer_drain(input, evbuffer_get_length(input));
        return false;
    }
    if (evbuffer_peek(input, -1, NULL, &piece, 1) < 1 || piece.iov_len == 0)
        return false;
    if (!connection->reading) {
        if (!may_read_ahead(connection))
            return false;
        connection->reading = http_request_new(connection);
    }
    enum http_progress progress =
        http_parser_feed(connection->reading->parser, piece.iov_base, piece.iov_len, &used);
    evbuffer_drain(input, used);
    switch (progress) {
    case HTTP_NEEDS_MORE: connection->reading->wants_continue = false; break;
    case HTTP_HAS_HEAD: take_head(connection); break;
    case HTTP_IS_WHOLE: take_whole(connection); break;
    case HTTP_IS_REFUSED: refuse_broken(connection); break;
    }
    return true;
}

/* ---- serving ---- */

static bool serve_next(struct http_connection *connection)
{
    struct http_request *request = TAILQ_FIRST(&connection->pending);

    if (!request || request->state == HTTP_REQUEST_IN_HAND ||
        (int64_t)http_connection_unsent(connection) > options_of(connection)->max_unsent)
        return false;
    if (request->state == HTTP_REQUEST_READY) {
        http_request_dispatch(request);
        return true;
    }
    TAILQ_REMOVE(&connection->pending, request, in_list);
    connection->pending_count--;
    http_send_fault(connection, request, request->fault, true);
    http_request_release(request);
    return true;
}

/* 100 goes out when no answer stands before it, or it would be taken for that answer's. */
static void invite_body(struct http_connection *connection)
{
    struct http_request *request = connection->reading;

    if (!request || !request->wants_continue || connection->pending_count > 0)
        return;
    request->wants_continue = false;
    connection->is_stale = true; /* the body's deadline begins now */
    http_send_continue(connection);
}

static enum http_state resting_state(const struct http_connection *connection)
{
    if (connection->client_ended)
        return HTTP_HALF_CLOSED;
    if (connection->reading)
        return http_parser_has_head(connection->reading->parser) ? HTTP_READING_BODY
                                                                 : HTTP_READING_HEAD;
    if (!may_read_ahead(connection) && !connection->input_ended)
        return HTTP_PAUSED;
    return connection->pending_count > 0 ? HTTP_WAITING : HTTP_IDLE;
}

/* All that could be done is done. */
static void come_to_rest(struct http_connection *connection)
{
    if (connection->client_ended && connection->pending_count == 0) {
        http_connection_finish(connection, connection->end_reason);
        return;
    }
    enum http_state state = resting_state(connection);
    if (state != connection->state || state == HTTP_IDLE || connection->is_stale)
        enter(connection, state);
}

void http_connection_work(struct http_connection *connection)
{
    if (connection->is_working)
        return; /* whoever is further up the stack goes on */
    connection->is_working = true;
    while (connection->state < HTTP_FLUSHING && (serve_next(connection) || read_on(connection)))
        ;
    if (connection->state < HTTP_FLUSHING)
        invite_body(connection);
    connection->is_working = false;
    if (connection->state < HTTP_FLUSHING)
        come_to_rest(connection);
    else if (connection->state < HTTP_CLOSED)
        evbuffer_drain(input_of(connection), evbuffer_get_length(input_of(connection)));
}

/* ---- what the socket tells ---- */

static void on_read(struct bufferevent *bufferevent, void *context)
{
    (void)bufferevent;
    http_connection_work(context);
}

static void on_drained(struct bufferevent *bufferevent, void *context)
{
    struct http_connection *connection = context;

    (void)bufferevent;
    if (connection->state == HTTP_CLOSED || http_connection_unsent(connection) > 0)
        return;
    watch_output_no_more(connection);
    if (connection->state == HTTP_FLUSHING)
        begin_lingering(connection);
    else
        http_connection_work(connection);
}

/*
 * FIN: the client has left, or it only said that it sends no more. Whoever has its request in hand
 * is told that it left; an answer that comes all the same is sent.
 */
static void take_client_end(struct http_connection *connection)
{
    struct http_request *oldest = TAILQ_FIRST(&connection->pending);

    connection->client_ended = true;
    if (connection->state == HTTP_FLUSHING && !connection->is_tls)
        return;
    if (connection->state < HTTP_FLUSHING)
        connection->end_reason = oldest ? HTTP_CLOSE_CLIENT_LEFT : HTTP_CLOSE_CLIENT_CLOSED;
    if (connection->state >= HTTP_FLUSHING || connection->is_tls) {
        /* bufferevent_openssl sends nothing after its EOF */
        http_connection_close(connection, connection->end_reason);
        return;
    }
    if (oldest && oldest->state == HTTP_REQUEST_IN_HAND)
        http_request_tell_gone(oldest);
    http_connection_work(connection);
}

static void on_event(struct bufferevent *bufferevent, short events, void *context)
{
    struct http_connection *connection = context;
    bool in_handshake = connection->state == HTTP_HANDSHAKING;

    (void)bufferevent;
    if (connection->state == HTTP_CLOSED)
        return;
    if (events & BEV_EVENT_CONNECTED)
        enter(connection, HTTP_IDLE);
    else if (in_handshake)
        http_connection_close(connection, HTTP_CLOSE_HANDSHAKE_FAILED);
    else if (events & BEV_EVENT_EOF)
        take_client_end(connection);
    else
        http_connection_close(connection, HTTP_CLOSE_CLIENT_RESET);
}

/* ---- deadlines ---- */

/* A slow reader must take at least so much of what waits, or all of it, to earn more time. */
#define LEAST_TAKEN ((size_t)16 * 1024)

static void begin_watching(struct http_connection *connection)
{
    connection->is_slow = true;
    connection->unsent_seen = http_connection_unsent(connection);
    connection->unsent_at_us = clock_monotonic_us();
    TAILQ_INSERT_TAIL(&connection->worker->slow, connection, in_slow);
}

void http_connection_watch_output(struct http_connection *connection, size_t added)
{
    bool fits = http_budget_take(&connection->worker->server->budget, (int64_t)added);

    connection->unsent_charged += added;
    connection->unsent_seen += added;
    if (!connection->is_slow)
        begin_watching(connection);
    if (!fits)
        http_connection_close(connection, HTTP_CLOSE_NO_MEMORY);
}

void http_connection_expire_output(struct http_connection *connection)
{
    size_t unsent = http_connection_unsent(connection);

    if (unsent + LEAST_TAKEN > connection->unsent_seen) {
        http_connection_close(connection, HTTP_CLOSE_WRITE_DEADLINE);
        return;
    }
    TAILQ_REMOVE(&connection->worker->slow, connection, in_slow);
    begin_watching(connection);
}

/* Reading is off, so that the end of what the client sends cannot be seen: the kernel knows it. */
static void look_at_paused(struct http_connection *connection)
{
    struct http_request *oldest = TAILQ_FIRST(&connection->pending);
    struct pollfd poll_fd = {.fd = connection->fd, .events = POLLRDHUP};

    enter(connection, HTTP_PAUSED); /* to be looked at again */
    if (poll(&poll_fd, 1, 0) <= 0)
        return;
    if (poll_fd.revents & (POLLERR | POLLHUP))
        http_connection_close(connection, HTTP_CLOSE_CLIENT_RESET);
    else if (oldest && oldest->state == HTTP_REQUEST_IN_HAND && !http_request_is_gone(oldest))
        http_request_tell_gone(oldest);
}

static void refuse_late(struct http_connection *connection, enum http_close_reason reason)
{
    refuse_reading(connection, HTTP_FAULT_REQUEST_TIMEOUT, reason);
    http_connection_work(connection);
}

void http_connection_expire(struct http_connection *connection)
{
    switch (connection->state) {
    case HTTP_HANDSHAKING: http_connection_close(connection, HTTP_CLOSE_HANDSHAKE_DEADLINE); break;
    case HTTP_IDLE:
        if (http_connection_unsent(connection) > 0)
            enter(connection, HTTP_IDLE); /* not idle: the write deadline watches it */
        else
            http_connection_close(connection, HTTP_CLOSE_IDLE_TIMEOUT);
        break;
    case HTTP_READING_HEAD: refuse_late(connection, HTTP_CLOSE_HEADER_DEADLINE); break;
    case HTTP_READING_BODY: refuse_late(connection, HTTP_CLOSE_BODY_DEADLINE); break;
    case HTTP_PAUSED: look_at_paused(connection); break;
    case HTTP_LINGERING: http_connection_close(connection, connection->end_reason); break;
    case HTTP_WAITING:
    case HTTP_HALF_CLOSED:
    case HTTP_FLUSHING:
    case HTTP_CLOSED:
    case HTTP_STATE_COUNT: break; /* others watch these */
    }
}

/* ---- the beginning ---- */

static void set_socket_options(const struct http_connection *connection)
{
    int on = 1;
    unsigned unacknowledged_ms = (unsigned)(options_of(connection)->write_deadline_us / 1000);

    /* Answers are whole when they are sent; waiting for more would only delay them. */
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    /* A client that vanished without FIN while an answer is under way. */
    setsockopt(connection->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms,
               sizeof(unacknowledged_ms));
}

static bool make_bufferevent(struct http_connection *connection)
{
    struct http_server *server = connection->worker->server;
    struct event_base *base = loop_base(connection->worker->loop);

    connection->is_tls = server->tls != NULL;
    connection->bufferevent =
        connection->is_tls ? http_tls_accept(server->tls, base, connection->fd)
                           : bufferevent_socket_new(base, connection->fd, BEV_OPT_CLOSE_ON_FREE);
    return connection->bufferevent != NULL;
}

void http_connection_open(struct http_connection *connection)
{
    struct http_worker *worker = connection->worker;

    TAILQ_INIT(&connection->pending);
    set_socket_options(connection);
    if (!make_bufferevent(connection)) {
        http_metrics_count_close(HTTP_CLOSE_NO_MEMORY);
        close(connection->fd);
        if (connection->is_counted)
            http_counts_remove(worker->server->counts, &connection->peer);
        free(connection);
        http_worker_remove_connection(worker);
        return;
    }
    connection->state = connection->is_tls ? HTTP_HANDSHAKING : HTTP_IDLE;
    connection->entered_us = clock_monotonic_us();
    TAILQ_INSERT_TAIL(&worker->states[connection->state], connection, in_state);
    bufferevent_setcb(connection->bufferevent, on_read, on_drained, on_event, connection);
    bufferevent_enable(connection->bufferevent, EV_READ | EV_WRITE);
    if (worker->is_draining)
        http_connection_close(connection, HTTP_CLOSE_DRAINED);
}
