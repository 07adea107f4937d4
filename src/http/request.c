#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "http/internal.h"

/* Beyond so many, request memory goes back to the system: idle connections hold none. */
#define POOL_MOST 64

const char *http_method_name(enum http_method method)
{
    static const char *const names[] = {
        [HTTP_GET] = "GET",         [HTTP_HEAD] = "HEAD",   [HTTP_POST] = "POST",
        [HTTP_PUT] = "PUT",         [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
        [HTTP_OPTIONS] = "OPTIONS",
    };

    ASSERT((size_t)method < ARRAY_LENGTH(names));
    return names[method];
}

/* ---- the pool ---- */

static struct http_request *request_make(void)
{
    struct http_request *request = memory_new(sizeof(*request));

    request->arena = arena_new();
    request->parser = http_parser_new();
    return request;
}

static void request_unmake(struct http_request *request)
{
    http_parser_free(request->parser);
    arena_free(request->arena);
    free(request);
}

struct http_request *http_request_new(struct http_connection *connection)
{
    struct http_worker *worker = connection->worker;
    struct http_request *request = TAILQ_FIRST(&worker->pool);

    if (request) {
        TAILQ_REMOVE(&worker->pool, request, in_list);
        worker->pool_count--;
    } else {
        request = request_make();
    }
    ASSERT(request->state == HTTP_REQUEST_FREE);
    struct arena *arena = request->arena;
    struct http_parser *parser = request->parser;
    *request = (struct http_request){.state = HTTP_REQUEST_READING,
                                     .worker = worker,
                                     .connection = connection,
                                     .arena = arena,
                                     .parser = parser,
                                     .client = connection->peer};
    http_parser_start(parser, arena, &worker->limits);
    return request;
}

static void uncount(struct http_request *request)
{
    if (request->is_counted)
        http_counts_remove(request->worker->server->counts, &request->client);
    request->is_counted = false;
}

void http_request_release(struct http_request *request)
{
    struct http_worker *worker = request->worker;

    ASSERT(request->state != HTTP_REQUEST_FREE);
    uncount(request);
    loop_timer_cancel(request->late_gone);
    http_parser_clear(request->parser);
    request->state = HTTP_REQUEST_FREE;
    if (worker->pool_count >= POOL_MOST) {
        request_unmake(request);
        return;
    }
    arena_reset(request->arena);
    TAILQ_INSERT_HEAD(&worker->pool, request, in_list);
    worker->pool_count++;
}

void http_request_pool_free(struct http_worker *worker)
{
    struct http_request *request;

    while ((request = TAILQ_FIRST(&worker->pool))) {
        TAILQ_REMOVE(&worker->pool, request, in_list);
        request_unmake(request);
    }
    worker->pool_count = 0;
}

/* ---- on its way ---- */

/* Behind a trusted proxy many clients share connections: there a client's requests in hand count,
 * where elsewhere its connections do. */
static bool is_within_limit(struct http_request *request)
{
    struct http_server *server = request->worker->server;

    if (!http_networks_contain(server->trusted, &request->connection->peer))
        return true;
    request->client = http_client_find(server->trusted, &request->connection->peer,
                                       http_request_message(request));
    request->is_counted = http_counts_add(server->counts, &request->client,
                                          server->options->max_connections_per_address);
    return request->is_counted;
}

void http_request_dispatch(struct http_request *request)
{
    struct http_connection *connection = request->connection;
    struct http_worker *worker = request->worker;

    ASSERT(request->state == HTTP_REQUEST_READY);
    if (!is_within_limit(request)) {
        TAILQ_REMOVE(&connection->pending, request, in_list);
        connection->pending_count--;
        http_send_fault(connection, request, HTTP_FAULT_TOO_MANY_REQUESTS, false);
        http_request_release(request);
        return;
    }
    http_address_format(&request->client, request->client_text);
    request->state = HTTP_REQUEST_IN_HAND;
    request->taken_us = clock_monotonic_us();
    atomic_store_explicit(&request->is_gone, connection->client_ended, memory_order_relaxed);
    worker->in_hand++;
    worker->server->handler(request, worker->server->context);
}

void http_request_tell_gone(struct http_request *request)
{
    void (*run)(void *context) = request->on_gone;

    ASSERT(request->state == HTTP_REQUEST_IN_HAND);
    atomic_store_explicit(&request->is_gone, true, memory_order_release);
    request->on_gone = NULL;
    if (run)
        run(request->on_gone_context);
}

void http_respond(struct http_request *request, const struct http_response *response)
{
    struct http_worker *worker = request->worker;
    struct http_connection *connection = request->connection;

    ASSERT(loop_is_current(worker->loop));
    ASSERT(request->state == HTTP_REQUEST_IN_HAND); /* else it was answered twice */
    http_metrics_observe(clock_monotonic_us() - request->taken_us);
    worker->in_hand--;
    uncount(request); /* before the answer: with it the client may ask again at once */
    if (connection) {
        TAILQ_REMOVE(&connection->pending, request, in_list);
        connection->pending_count--;
        http_send_answer(connection, request, response);
    } else {
        free(response->body_owned);
    }
    http_request_release(request);
    if (connection)
        http_connection_work(connection);
    http_worker_note_progress(worker);
}

/* ---- what handlers see ---- */

const struct http_message *http_request_message(const struct http_request *request)
{
    return http_parser_message(request->parser);
}

enum http_method http_request_method(const struct http_request *request)
{
    return http_request_message(request)->method;
}

struct text http_request_path(const struct http_request *request)
{
    return http_request_message(request)->path;
}

struct text http_request_query(const struct http_request *request)
{
    return http_request_message(request)->query;
}

struct text http_request_body(const struct http_request *request)
{
    const struct buffer *body = &http_request_message(request)->body;

    return body->data ? (struct text){body->data, body->length} : TEXT("");
}

/* The header of that name at or after `from`; the count of headers when there is none. */
static size_t find_header(const struct http_message *message, const char *name, size_t from)
{
    size_t length = strlen(name);

    while (from < message->header_count &&
           (message->headers[from].name.length != length ||
            strncasecmp(message->headers[from].name.data, name, length) != 0))
        from++;
    return from;
}

struct text http_request_header(const struct http_request *request, const char *name)
{
    const struct http_message *message = http_request_message(request);
    size_t at = find_header(message, name, 0);

    return at < message->header_count ? message->headers[at].value : (struct text){0};
}

bool http_request_header_repeated(const struct http_request *request, const char *name)
{
    const struct http_message *message = http_request_message(request);
    size_t first = find_header(message, name, 0);

    return first < message->header_count &&
           find_header(message, name, first + 1) < message->header_count;
}

const char *http_request_client(const struct http_request *request)
{
    return request->client_text;
}

struct arena *http_request_arena(struct http_request *request)
{
    return request->arena;
}

struct loop *http_request_loop(struct http_request *request)
{
    return request->worker->loop;
}

bool http_request_is_gone(const struct http_request *request)
{
    return atomic_load_explicit(&request->is_gone, memory_order_acquire);
}

static void run_late_gone(void *context)
{
    struct http_request *request = context;

    request->late_gone = NULL;
    http_request_tell_gone(request);
}

void http_request_on_gone(struct http_request *request, void (*run)(void *context), void *context)
{
    ASSERT(loop_is_current(request->worker->loop) && !request->on_gone);
    request->on_gone = run;
    request->on_gone_context = context;
    /* Not from here: the caller is not prepared to lose the request in this very line. */
    if (http_request_is_gone(request))
        request->late_gone = loop_after(request->worker->loop, 0, run_late_gone, request);
}
