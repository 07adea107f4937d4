/*
 * Redemptions over many keep-alive connections, one in flight on each, for some seconds. Prints
 * one line of JSON: answers by kind, redemptions a second, latency.
 *
 *   bench_load ADDRESS STATE_DIR CONNECTIONS SECONDS ROUND
 *
 * ROUND makes the idempotency keys of one run unique.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"

#define LINES_MOST     20000
#define LATENCIES_MOST 4000000

struct lines {
    char *line[LINES_MOST];
    size_t count;
};

struct connection {
    int socket;
    int64_t sent_us;
    char buffer[4096];
    size_t length;
};

struct load {
    struct lines tokens, rewards;
    const char *round;
    uint64_t sent, created, other;
    int64_t *latencies_us;
    size_t latency_count;
};

static void stop_with(const char *what)
{
    perror(what);
    exit(1);
}

static void read_lines(const char *directory, const char *name, struct lines *lines)
{
    char path[512], line[512];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", directory, name);
    file = fopen(path, "r");
    if (file == NULL)
        stop_with(path);
    while (lines->count < LINES_MOST && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        lines->line[lines->count++] = strdup(line);
    }
    fclose(file);
}

static void send_redemption(struct load *load, struct connection *connection)
{
    char body[160], request[1024];
    uint64_t number = load->sent++;
    /* A large odd step, so that neighbours in time are strangers in the index. */
    const char *token = load->tokens.line[number * 7919 % load->tokens.count];
    const char *reward = load->rewards.line[number * 31 % load->rewards.count];
    int body_length = snprintf(
        body, sizeof body, "{\"reward_id\":\"%s\",\"price\":\"1\",\"terms_version\":1}", reward);
    int length = snprintf(request, sizeof request,
                          "POST /v1/redemptions HTTP/1.1\r\nHost: bench\r\n"
                          "Authorization: Bearer %s\r\nIdempotency-Key: %s-%" PRIu64 "\r\n"
                          "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                          token, load->round, number, body_length, body);

    connection->sent_us = clock_monotonic_us();
    connection->length = 0;
    if (write(connection->socket, request, (size_t)length) != length)
        stop_with("write");
}

/* True once the whole answer is in the buffer. */
static bool is_whole(const struct connection *connection)
{
    const char *end = strstr(connection->buffer, "\r\n\r\n");
    const char *length = strcasestr(connection->buffer, "content-length:");

    if (end == NULL)
        return false;
    size_t body = length == NULL ? 0 : strtoul(length + 15, NULL, 10);
    return connection->length >= (size_t)(end + 4 - connection->buffer) + body;
}

static bool receive(struct load *load, struct connection *connection)
{
    ssize_t got = read(connection->socket, connection->buffer + connection->length,
                       sizeof connection->buffer - 1 - connection->length);

    if (got <= 0)
        stop_with("read");
    connection->length += (size_t)got;
    connection->buffer[connection->length] = '\0';
    if (!is_whole(connection))
        return false;
    if (strncmp(connection->buffer, "HTTP/1.1 201", 12) == 0)
        load->created++;
    else if (load->other++ == 0)
        fprintf(stderr, "first answer that is not 201: %.600s\n", connection->buffer);
    if (load->latency_count < LATENCIES_MOST)
        load->latencies_us[load->latency_count++] = clock_monotonic_us() - connection->sent_us;
    return true;
}

static void open_connection(const char *address, int epoll, struct connection *connection)
{
    const char *colon = strrchr(address, ':');
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10))};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    int on = 1;

    connection->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(connection->socket, (struct sockaddr *)&to, sizeof to) != 0)
        stop_with("connect");
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_ctl(epoll, EPOLL_CTL_ADD, connection->socket, &event);
}

static int by_size(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

/* The latency that `percent` of the answers did not exceed, in milliseconds. */
static double percentile_ms(const struct load *load, size_t percent)
{
    size_t at = load->latency_count * percent / 100;

    return load->latency_count == 0 ? 0 : (double)load->latencies_us[at] / 1e3;
}

static void report(struct load *load, int64_t took_us)
{
    qsort(load->latencies_us, load->latency_count, sizeof *load->latencies_us, by_size);
    printf("{\"created\":%" PRIu64 ",\"other\":%" PRIu64 ",\"per_second\":%.0f,"
           "\"p50_ms\":%.2f,\"p99_ms\":%.2f}\n",
           load->created, load->other, (double)load->created * 1e6 / (double)took_us,
           percentile_ms(load, 50), percentile_ms(load, 99));
}

int main(int argc, char **argv)
{
    static struct load load;
    struct epoll_event events[256];

    if (argc != 6) {
        fprintf(stderr, "bench_load ADDRESS STATE_DIR CONNECTIONS SECONDS ROUND\n");
        return 2;
    }
    size_t count = strtoul(argv[3], NULL, 10), in_flight = count;
    struct connection *connections = memory_new(count * sizeof *connections);
    int epoll = epoll_create1(0);

    read_lines(argv[2], "bench_tokens", &load.tokens);
    read_lines(argv[2], "bench_rewards", &load.rewards);
    load.round = argv[5];
    load.latencies_us = memory_new(LATENCIES_MOST * sizeof *load.latencies_us);
    for (size_t i = 0; i < count; i++)
        open_connection(argv[1], epoll, &connections[i]);

    int64_t began_us = clock_monotonic_us();
    int64_t ends_us = began_us + (int64_t)strtoul(argv[4], NULL, 10) * SECOND_US;
    for (size_t i = 0; i < count; i++)
        send_redemption(&load, &connections[i]);
    while (in_flight > 0) {
        int ready = epoll_wait(epoll, events, 256, 10000);

        if (ready <= 0)
            stop_with("no answer for ten seconds");
        for (int i = 0; i < ready; i++) {
            struct connection *connection = events[i].data.ptr;

            if (!receive(&load, connection))
                continue;
            if (clock_monotonic_us() < ends_us)
                send_redemption(&load, connection);
            else
                in_flight--;
        }
    }
    report(&load, clock_monotonic_us() - began_us);
    free(load.latencies_us);
    free(connections);
    return load.other > 0;
}
