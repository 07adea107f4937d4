/*
 * For tests of the http room: a server on a free port whose handler obeys the path, and a client
 * that is nothing but a socket.
 */
#ifndef LINLI_HTTP_CLIENT_H
#define LINLI_HTTP_CLIENT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/crypto.h"
#include "base/log.h"
#include "http/server.h"
#include "unit.h"

#define PATIENCE_MS 5000 /* beyond it a test fails rather than hangs */

/* ---- the server ---- */

struct fixture {
    struct config *config;
    struct http_options options;
    struct http_server *server;
    _Atomic int asked, smuggled, gone, unfair;
    _Atomic(struct http_request *) held; /* of /hold */
};

static inline void answer_text(struct http_request *request, int status, struct text body)
{
    http_respond(request, &(struct http_response){
                              .status = status, .content_type = "text/plain", .body = body});
}

static inline void answer_later(void *context)
{
    answer_text(context, 200, http_request_query(context));
}

static inline void note_gone(void *context)
{
    struct fixture *fixture = context;

    atomic_fetch_add(&fixture->gone, 1);
}

static inline void answer_large(struct http_request *request, size_t size)
{
    char *body = malloc(size);

    memset(body, 'x', size);
    http_respond(request, &(struct http_response){.status = 200,
                                                  .content_type = "text/plain",
                                                  .body = {body, size},
                                                  .body_owned = body});
}

static inline void answer_oddly(struct http_request *request, struct text path)
{
    static const struct http_header injected = {{"X-A", 3}, {"b\r\nX-C: d", 9}};
    struct http_response response = {.status = 200, .content_type = "text/plain"};

    if (path.data[1] == 'n')
        response = (struct http_response){.status = 204};
    else if (path.data[1] == 'u')
        response = (struct http_response){.status = 304};
    else if (path.data[1] == 'i')
        response.headers = &injected, response.header_count = 1;
    else if (path.data[1] == 'q')
        response.close = true;
    http_respond(request, &response);
}

/* /later?TEXT after 50 ms, /hold when the test says so, /large?BYTES, /client; /none is 204,
 * /unchanged 304, /injected has a bad header, /quit closes; anything else: its body or query. */
static inline void obey(struct http_request *request, void *context)
{
    struct fixture *fixture = context;
    struct text path = http_request_path(request), body = http_request_body(request);
    const char *word = path.data + 1;

    atomic_fetch_add(&fixture->asked, 1);
    if (path.length > 1 && strchr("nuiq", *word)) {
        answer_oddly(request, path);
    } else if (strncmp(word, "smuggled", 8) == 0) {
        atomic_fetch_add(&fixture->smuggled, 1);
        answer_text(request, 200, TEXT("smuggled"));
    } else if (strncmp(word, "later", 5) == 0) {
        loop_after(http_request_loop(request), SECOND_US / 20, answer_later, request);
    } else if (strncmp(word, "hold", 4) == 0) {
        http_request_on_gone(request, note_gone, fixture);
        atomic_store(&fixture->held, request);
    } else if (strncmp(word, "large", 5) == 0) {
        answer_large(request, (size_t)strtoul(http_request_query(request).data, NULL, 10));
    } else if (strncmp(word, "client", 6) == 0) {
        const char *client = http_request_client(request);
        answer_text(request, 200, (struct text){client, strlen(client)});
    } else {
        answer_text(request, 200, body.length > 0 ? body : http_request_query(request));
    }
}

struct release {
    struct loop_item item;
    struct http_request *request;
};

static inline void run_release(struct loop_item *item)
{
    struct release *release = CONTAINER_OF(item, struct release, item);

    answer_text(release->request, 200, TEXT("held"));
    free(release);
}

/* Waits until `value` is at least `wanted`. */
static inline void wait_for(_Atomic int *value, int wanted)
{
    int64_t end_us = clock_monotonic_us() + PATIENCE_MS * 1000;

    while (atomic_load(value) < wanted) {
        if (clock_monotonic_us() > end_us)
            fail_msg("waited in vain: %d of %d", atomic_load(value), wanted);
        usleep(1000);
    }
}

static inline struct http_request *wait_for_held(struct fixture *fixture)
{
    int64_t end_us = clock_monotonic_us() + PATIENCE_MS * 1000;
    struct http_request *request;

    while (!(request = atomic_exchange(&fixture->held, NULL))) {
        assert_true(clock_monotonic_us() < end_us);
        usleep(1000);
    }
    return request;
}

/* Answers a request of /hold from this thread. */
static inline void release_held(struct http_request *request)
{
    struct release *release = memory_new(sizeof(*release));

    release->request = request;
    release->item.run = run_release;
    loop_post(http_request_loop(request), &release->item);
}

/* `options` such as "--http.max_body=1k", ending with NULL. */
static inline struct fixture *serve(const char *const *options)
{
    struct fixture *fixture = memory_new(sizeof(*fixture));
    char *arguments[32] = {(char *)"test", (char *)"--http.listen=127.0.0.1:0",
                           (char *)"--http.loops=2"};
    int count = 3;
    struct error error = {0};

    while (options && *options)
        arguments[count++] = (char *)(uintptr_t)*options++;
    fixture->config = config_new();
    config_add(fixture->config, http_config, &fixture->options);
    if (!config_load(fixture->config, &count, arguments, &error))
        fail_msg("%s", error.detail);
    fixture->server = http_server_start(&fixture->options, obey, fixture, &error);
    if (!fixture->server)
        fail_msg("%s", error.detail);
    return fixture;
}

static inline void stop(struct fixture *fixture)
{
    http_server_drain(fixture->server);
    http_server_free(fixture->server);
    config_free(fixture->config);
    free(fixture);
}

/* ---- the client ---- */

static inline struct sockaddr_in server_address(const struct fixture *fixture)
{
    const char *text = http_server_address(fixture->server);

    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons((in_port_t)strtoul(strrchr(text, ':') + 1, NULL, 10)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

static inline void connect_socket(const struct fixture *fixture, int fd)
{
    struct sockaddr_in address = server_address(fixture);

    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

static inline int dial(const struct fixture *fixture)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    connect_socket(fixture, fd);
    return fd;
}

static inline void say_bytes(int fd, struct text bytes)
{
    while (bytes.length > 0) {
        ssize_t sent = send(fd, bytes.data, bytes.length, MSG_NOSIGNAL);
        if (sent <= 0)
            return; /* cut: what was answered tells why */
        bytes.data += sent;
        bytes.length -= (size_t)sent;
    }
}

static inline void say(int fd, const char *bytes)
{
    say_bytes(fd, (struct text){bytes, strlen(bytes)});
}

/* Reads until `until` was seen, or to the end of the connection when it is NULL. Returns whether
 * that came about, with what was read so far in `out`. */
static inline bool hear(int fd, const char *until, char *out, size_t size, int patience_ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    size_t length = strlen(out);

    for (;;) {
        if (until && strstr(out, until))
            return true;
        if (length + 1 >= size || poll(&poll_fd, 1, patience_ms) <= 0)
            return false;
        ssize_t got = recv(fd, out + length, size - length - 1, 0);
        if (got <= 0)
            return until == NULL;
        length += (size_t)got;
        out[length] = '\0';
    }
}

static inline void expect(int fd, const char *until)
{
    char out[8192] = "";

    if (!hear(fd, until, out, sizeof(out), PATIENCE_MS))
        fail_msg("expected \"%s\", got \"%s\"", until, out);
}

static inline void expect_end(int fd)
{
    char out[8192] = "";

    if (!hear(fd, NULL, out, sizeof(out), PATIENCE_MS))
        fail_msg("the connection stays open");
    close(fd);
}

static inline int count_of(const char *text, const char *part)
{
    int count = 0;

    for (const char *at = text; (at = strstr(at, part)); at++)
        count++;
    return count;
}

#endif
