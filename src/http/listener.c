#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "http/internal.h"

#define BACKLOG         4096
#define MOST_AT_ONCE    64 /* accepted before the loop looks at its connections again */
#define PAUSE_US        (SECOND_US / 10)
#define FIRST_PASSED_FD 3 /* sd_listen_fds(3) */

struct http_listener {
    struct http_server *server;
    int fd;
    int reserve; /* a descriptor kept back: with it the queue can be shed when there is no other */
    struct event *readable;
    struct event *resume;
    char address[HTTP_ADDRESS_TEXT_SIZE + sizeof("[]:65535")];
};

/* ---- the socket ---- */

/* "host:port", "[v6]:port" into their parts. */
static bool split_address(const char *listen, char host[HTTP_ADDRESS_TEXT_SIZE], char port[6])
{
    const char *colon = strrchr(listen, ':');

    if (!colon || strlen(colon + 1) == 0 || strlen(colon + 1) > 5)
        return false;
    size_t length = (size_t)(colon - listen);
    bool bracketed = length >= 2 && listen[0] == '[' && listen[length - 1] == ']';
    if (bracketed) {
        listen++;
        length -= 2;
    }
    if (length == 0 || length >= HTTP_ADDRESS_TEXT_SIZE)
        return false;
    memcpy(host, listen, length);
    host[length] = '\0';
    memcpy(port, colon + 1, strlen(colon + 1) + 1);
    return true;
}

static struct addrinfo *look_up(const char *listen, struct error *error)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char host[HTTP_ADDRESS_TEXT_SIZE], port[6];

    if (split_address(listen, host, port) && getaddrinfo(host, port, &hints, &found) == 0)
        return found;
    error_set(error, "http.bad_address",
              "http.listen: \"%s\" is not an address and port such as 127.0.0.1:8080", listen);
    return NULL;
}

static bool bind_socket(int fd, const struct addrinfo *address)
{
    int on = 1;

    /* Not SO_REUSEPORT: a second server on the port by accident must fail. */
    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
           bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
}

static int open_socket(const char *listen, struct error *error)
{
    struct addrinfo *address = look_up(listen, error);

    if (!address)
        return -1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || !bind_socket(fd, address)) {
        error_set(error, "http.listen", "cannot listen on %s: %s", listen, strerror(errno));
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    freeaddrinfo(address);
    return fd;
}

/* Whether a service manager, or the server before an upgrade, passed its socket on. */
static bool is_socket_passed(void)
{
    const char *count = getenv("LISTEN_FDS"), *process = getenv("LISTEN_PID");

    return count && strcmp(count, "1") == 0 &&
           (!process || strtol(process, NULL, 10) == (long)getpid());
}

static int take_passed_socket(struct error *error)
{
    int listens = 0;
    socklen_t length = sizeof(listens);

    unsetenv("LISTEN_FDS"); /* it is not for our children */
    unsetenv("LISTEN_PID");
    if (getsockopt(FIRST_PASSED_FD, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) != 0 ||
        !listens) {
        error_set(error, "http.listen", "LISTEN_FDS is set, but descriptor %d does not listen",
                  FIRST_PASSED_FD);
        return -1;
    }
    fcntl(FIRST_PASSED_FD, F_SETFD, FD_CLOEXEC);
    fcntl(FIRST_PASSED_FD, F_SETFL, fcntl(FIRST_PASSED_FD, F_GETFL) | O_NONBLOCK);
    return FIRST_PASSED_FD;
}

static void note_address(struct http_listener *listener)
{
    struct sockaddr_storage socket = {0};
    socklen_t length = sizeof(socket);
    char host[HTTP_ADDRESS_TEXT_SIZE], port[6];

    ASSERT(getsockname(listener->fd, (struct sockaddr *)&socket, &length) == 0);
    ASSERT(getnameinfo((struct sockaddr *)&socket, length, host, sizeof(host), port, sizeof(port),
                       NI_NUMERICHOST | NI_NUMERICSERV) == 0);
    snprintf(listener->address, sizeof(listener->address), strchr(host, ':') ? "[%s]:%s" : "%s:%s",
             host, port);
}

/* ---- accepting ---- */

static void arrive(struct loop_item *item)
{
    struct http_connection *connection = CONTAINER_OF(item, struct http_connection, arrival);

    http_worker_add_connection(connection->worker);
    http_connection_open(connection);
}

static struct http_worker *least_loaded(struct http_server *server)
{
    struct http_worker *least = &server->workers[0];

    for (size_t i = 1; i < server->worker_count; i++)
        if (atomic_load_explicit(&server->workers[i].load, memory_order_relaxed) <
            atomic_load_explicit(&least->load, memory_order_relaxed))
            least = &server->workers[i];
    return least;
}

/* A short 503 and good-bye; over TLS nothing can be said without a handshake. */
static void shed(const struct http_server *server, int fd, enum http_close_reason reason)
{
    struct text answer = http_fault_shed_answer();

    if (!server->tls && send(fd, answer.data, answer.length, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
        shutdown(fd, SHUT_WR);
    close(fd);
    http_metrics_count_close(reason);
}

static bool has_room(struct http_server *server, const struct http_address *peer, bool *counted)
{
    const struct http_options *options = server->options;

    *counted = false;
    if (atomic_load_explicit(&server->connections, memory_order_relaxed) >=
        options->max_connections)
        return false;
    if (http_networks_contain(server->trusted, peer))
        return true; /* its requests are counted by the client behind it */
    *counted = http_counts_add(server->counts, peer, options->max_connections_per_address);
    return *counted;
}

static void take_in(struct http_server *server, int fd, const struct sockaddr_storage *socket)
{
    struct http_address peer;
    bool is_counted;

    http_address_from_socket(socket, &peer);
    if (!has_room(server, &peer, &is_counted)) {
        shed(server, fd, HTTP_CLOSE_TOO_MANY);
        return;
    }
    struct http_connection *connection = memory_new(sizeof(*connection));
    connection->fd = fd;
    connection->peer = peer;
    connection->is_counted = is_counted;
    connection->worker = least_loaded(server);
    connection->arrival.run = arrive;
    atomic_fetch_add_explicit(&server->connections, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&connection->worker->load, 1, memory_order_relaxed);
    if (loop_is_current(connection->worker->loop))
        arrive(&connection->arrival);
    else
        loop_post(connection->worker->loop, &connection->arrival);
}

static int open_reserve(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Gives the reserve up for a moment to turn away who is queued, rather than let them hang. */
static void shed_queue(struct http_listener *listener)
{
    for (int i = 0; i < MOST_AT_ONCE && listener->reserve >= 0; i++) {
        close(listener->reserve);
        int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0)
            shed(listener->server, fd, HTTP_CLOSE_NO_DESCRIPTOR);
        listener->reserve = open_reserve();
        if (fd < 0)
            break;
    }
}

static void pause_accepting(struct http_listener *listener, int reason)
{
    LOG(WARN, "http.accept_paused", LOG_STR("reason", strerror(reason)));
    http_metrics_count_accept_pause();
    if (reason == EMFILE || reason == ENFILE)
        shed_queue(listener);
    event_del(listener->readable);
    evtimer_add(listener->resume, &(struct timeval){.tv_usec = PAUSE_US});
}

static void on_resume(evutil_socket_t fd, short events, void *context)
{
    struct http_listener *listener = context;

    (void)fd;
    (void)events;
    if (listener->reserve < 0)
        listener->reserve = open_reserve();
    event_add(listener->readable, NULL);
}

static void on_readable(evutil_socket_t listening, short events, void *context)
{
    struct http_listener *listener = context;

    (void)events;
    for (int i = 0; i < MOST_AT_ONCE; i++) {
        struct sockaddr_storage socket = {0};
        socklen_t length = sizeof(socket);
        int fd = accept4((int)listening, (struct sockaddr *)&socket, &length,
                         SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            take_in(listener->server, fd, &socket);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            pause_accepting(listener, errno);
        if (errno != EINTR && errno != ECONNABORTED && errno != EPROTO)
            return; /* EAGAIN: the queue is empty */
    }
}

/* ---- the listener ---- */

struct http_listener *http_listener_new(struct http_server *server, struct error *error)
{
    int fd = is_socket_passed() ? take_passed_socket(error)
                                : open_socket(server->options->listen, error);

    if (fd < 0)
        return NULL;
    struct http_listener *listener = memory_new(sizeof(*listener));
    struct event_base *base = loop_base(server->workers[0].loop);
    *listener = (struct http_listener){.server = server, .fd = fd, .reserve = open_reserve()};
    listener->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, listener);
    listener->resume = evtimer_new(base, on_resume, listener);
    ASSERT(listener->readable && listener->resume);
    note_address(listener);
    return listener;
}

const char *http_listener_address(const struct http_listener *listener)
{
    return listener->address;
}

void http_listener_start(struct http_listener *listener)
{
    event_add(listener->readable, NULL);
}

void http_listener_stop(struct http_listener *listener)
{
    if (listener->fd < 0)
        return;
    event_del(listener->readable);
    evtimer_del(listener->resume);
    close(listener->fd);
    listener->fd = -1;
}

void http_listener_free(struct http_listener *listener)
{
    if (!listener)
        return;
    http_listener_stop(listener);
    event_free(listener->readable);
    event_free(listener->resume);
    if (listener->reserve >= 0)
        close(listener->reserve);
    free(listener);
}
