#include "http/server.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/internal.h"

#define OTHER_DESCRIPTORS 256 /* database, files, plugin hosts */

/* ---- starting ---- */

static size_t count_cores(void)
{
    cpu_set_t cores;

    if (sched_getaffinity(0, sizeof(cores), &cores) != 0)
        return 1;
    return (size_t)CPU_COUNT(&cores);
}

/* The soft limit is often 1,024 for the sake of select(2), which nothing here uses. */
static void raise_descriptor_limit(int64_t connections)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)connections + OTHER_DESCRIPTORS;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted)
        LOG(WARN, "http.few_descriptors", LOG_INT("have", limit.rlim_cur), LOG_INT("want", wanted));
}

static bool start_tls(struct http_server *server, struct error *error)
{
    const struct http_options *options = server->options;
    bool has_cert = options->tls_cert && *options->tls_cert;
    bool has_key = options->tls_key && *options->tls_key;

    if (has_cert != has_key)
        return error_set(error, "http.tls", "http.tls_cert and http.tls_key: set both or neither");
    if (has_cert)
        server->tls = http_tls_new(options->tls_cert, options->tls_key, error);
    return !has_cert || server->tls;
}

static bool prepare(struct http_server *server, struct error *error)
{
    const char *trusted = server->options->proxy_trusted;

    server->trusted = http_networks_parse(trusted ? trusted : "", error);
    if (!server->trusted || !start_tls(server, error))
        return false;
    server->listener = http_listener_new(server, error);
    return server->listener != NULL;
}

struct http_server *http_server_start(const struct http_options *options, http_handler *handler,
                                      void *context, struct error *error)
{
    struct http_server *server = memory_new(sizeof(*server));
    pthread_condattr_t monotonic;

    server->options = options;
    server->handler = handler;
    server->context = context;
    server->budget.most = options->max_memory;
    server->counts = http_counts_new();
    pthread_mutex_init(&server->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&server->progress, &monotonic);
    pthread_condattr_destroy(&monotonic);
    server->worker_count = options->loops > 0 ? (size_t)options->loops : count_cores();
    server->workers = memory_new(server->worker_count * sizeof(*server->workers));
    for (size_t i = 0; i < server->worker_count; i++)
        http_worker_init(&server->workers[i], server);
    if (!prepare(server, error)) {
        http_server_free(server);
        return NULL;
    }
    signal(SIGPIPE, SIG_IGN); /* bufferevents write without MSG_NOSIGNAL */
    raise_descriptor_limit(options->max_connections);
    http_listener_start(server->listener);
    for (size_t i = 0; i < server->worker_count; i++)
        loop_start(server->workers[i].loop);
    return server;
}

const char *http_server_address(const struct http_server *server)
{
    return http_listener_address(server->listener);
}

bool http_server_reload_tls(struct http_server *server, struct error *error)
{
    if (!server->tls)
        return true;
    return http_tls_reload(server->tls, server->options->tls_cert, server->options->tls_key, error);
}

/* ---- stopping ---- */

struct order {
    struct loop_item item;
    struct http_worker *worker;
};

static void run_drain(struct loop_item *item)
{
    struct order *order = CONTAINER_OF(item, struct order, item);
    struct http_server *server = order->worker->server;

    if (order->worker == &server->workers[0])
        http_listener_stop(server->listener);
    http_worker_drain(order->worker);
    free(order);
}

static void run_close_all(struct loop_item *item)
{
    struct order *order = CONTAINER_OF(item, struct order, item);

    http_worker_close_all(order->worker, HTTP_CLOSE_DRAIN_DEADLINE);
    free(order);
}

static void order_worker(struct http_worker *worker, void (*run)(struct loop_item *item))
{
    struct order *order = memory_new(sizeof(*order));

    order->worker = worker;
    order->item.run = run;
    loop_post(worker->loop, &order->item);
}

/* False when the deadline came first. */
static bool wait_until_drained(struct http_server *server)
{
    int64_t end_us = clock_monotonic_us() + server->options->drain_deadline_us;
    struct timespec end = {.tv_sec = end_us / SECOND_US, .tv_nsec = end_us % SECOND_US * 1000};
    int result = 0;

    pthread_mutex_lock(&server->lock);
    while (server->drained_workers < server->worker_count && result == 0)
        result = pthread_cond_timedwait(&server->progress, &server->lock, &end);
    bool drained = server->drained_workers == server->worker_count;
    pthread_mutex_unlock(&server->lock);
    return drained;
}

void http_server_drain(struct http_server *server)
{
    /* Newcomers that the first worker still passes on are closed by the others at once. */
    for (size_t i = 0; i < server->worker_count; i++)
        order_worker(&server->workers[i], run_drain);
    if (!wait_until_drained(server))
        LOG(WARN, "http.drain_deadline", LOG_INT("connections", atomic_load(&server->connections)));
    for (size_t i = 0; i < server->worker_count; i++)
        order_worker(&server->workers[i], run_close_all);
    for (size_t i = 0; i < server->worker_count; i++)
        loop_stop(server->workers[i].loop);
}

void http_server_free(struct http_server *server)
{
    if (!server)
        return;
    http_listener_free(server->listener);
    int64_t never_answered = 0;
    for (size_t i = 0; i < server->worker_count; i++)
        never_answered += http_worker_free(&server->workers[i]);
    if (never_answered > 0)
        LOG(WARN, "http.never_answered", LOG_INT("requests", never_answered));
    else
        ASSERT(atomic_load(&server->budget.used) == 0); /* all that was taken was given back */
    free(server->workers);
    http_tls_free(server->tls);
    http_networks_free(server->trusted);
    http_counts_free(server->counts);
    pthread_cond_destroy(&server->progress);
    pthread_mutex_destroy(&server->lock);
    free(server);
}
