/*
 * The bounds of the server over real sockets: time, memory, how many, clients that leave, the end.
 */
#include "http_client.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

/* ---- time ---- */

static void drip(struct fixture *fixture, const char *start, const char *drop, int status)
{
    char out[4096] = "", expected[32];
    int fd = dial(fixture);
    int64_t start_us = clock_monotonic_us();

    say(fd, start);
    while (!hear(fd, "\r\n\r\n", out, sizeof(out), 20) &&
           clock_monotonic_us() < start_us + 3 * SECOND_US)
        say(fd, drop);
    snprintf(expected, sizeof(expected), "HTTP/1.1 %d ", status);
    assert_int_equal(strncmp(out, expected, strlen(expected)), 0);
    int64_t took_us = clock_monotonic_us() - start_us;
    assert_true(took_us >= SECOND_US / 5 && took_us < 2 * SECOND_US);
    expect_end(fd);
}

static void test_slow_senders_are_cut(void **state)
{
    struct fixture *fixture =
        serve((const char *[]){"--http.header_deadline=200ms", "--http.body_deadline=200ms", NULL});

    (void)state;
    drip(fixture, "G", "E", 408);
    drip(fixture, "GET / HTTP/1.1\r\n", "A: 1\r\n", 408);
    drip(fixture, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n", "x", 408);
    drip(fixture, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n",
         408);
    stop(fixture);
}

/* The deadline of a request is not renewed by the answers to those before it. */
static void test_drip_behind_a_pipeline_is_cut(void **state)
{
    struct fixture *fixture = serve((const char *[]){"--http.header_deadline=600ms", NULL});
    char out[8192] = "";
    int fd = dial(fixture);
    int64_t start_us = clock_monotonic_us();

    (void)state;
    for (int i = 0; i < 10; i++)
        say(fd, GET("/later"));
    while (!strstr(out, " 408 ") && clock_monotonic_us() < start_us + 3 * SECOND_US) {
        say(fd, "G");
        hear(fd, " 408 ", out, sizeof(out), 20);
    }
    assert_int_equal(count_of(out, "HTTP/1.1 200"), 10);
    assert_true(clock_monotonic_us() - start_us < SECOND_US); /* renewed, it were 1.1 s */
    close(fd);
    stop(fixture);
}

static void test_idle_connection_is_closed_silently(void **state)
{
    struct fixture *fixture = serve((const char *[]){"--http.idle_timeout=200ms", NULL});
    char out[4096] = "";
    int fd = dial(fixture);

    (void)state;
    assert_true(hear(fd, NULL, out, sizeof(out), PATIENCE_MS));
    assert_string_equal(out, "");
    close(fd);
    int used = dial(fixture);
    say(used, GET("/?a"));
    expect(used, "\r\n\r\na");
    expect_end(used);
    stop(fixture);
}

/* A silent reader holds neither memory nor the loop: others are served, and it is cut. */
static void test_silent_reader_is_cut(void **state)
{
    struct fixture *fixture =
        serve((const char *[]){"--http.write_deadline=300ms", "--http.loops=1", NULL});
    char *out = calloc(1, 64 << 20);
    int silent = dial(fixture), other = dial(fixture);

    (void)state;
    say(silent, GET("/large?50000000") GET("/?never"));
    for (int i = 0; i < 10; i++) {
        say(other, GET("/?a"));
        expect(other, "\r\n\r\na");
        usleep(100000);
    }
    hear(silent, NULL, out, 64 << 20, PATIENCE_MS);
    assert_true(strlen(out) < 50000000);
    assert_null(strstr(out, "never"));
    assert_int_equal(atomic_load(&fixture->asked), 11);
    free(out);
    close(silent);
    close(other);
    stop(fixture);
}

/* A slow reader who does take what waits gets all of it, and its next request waits meanwhile. */
static void test_slow_reader_gets_all(void **state)
{
    struct fixture *fixture =
        serve((const char *[]){"--http.write_deadline=300ms", "--http.max_unsent=64k", NULL});
    size_t size = 20000000, got = 0;
    char piece[65536];
    int fd = dial(fixture);

    (void)state;
    say(fd, GET("/large?20000000") "GET /?end HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    for (ssize_t length; (length = recv(fd, piece, sizeof(piece), 0)) > 0; got += (size_t)length)
        usleep(got < 10000000 ? 5000 : 0);
    assert_true(got > size && got < size + 1000);
    close(fd);
    stop(fixture);
}

/* What the kernel does not take waits in our memory, and there is an end to that. */
static void test_unsent_answers_are_bounded(void **state)
{
    struct fixture *fixture = serve((const char *[]){"--http.max_memory=1M", NULL});
    size_t got = 0;
    char piece[65536];
    int silent = dial(fixture), other = dial(fixture);

    (void)state;
    say(silent, GET("/large?50000000"));
    wait_for(&fixture->asked, 1);
    say(other, GET("/large?100000"));
    expect(other, "Content-Length: 100000\r\n\r\n");
    close(other);
    usleep(500000);
    for (ssize_t length; (length = recv(silent, piece, sizeof(piece), 0)) > 0;)
        got += (size_t)length;
    assert_true(got < 50000000);
    close(silent);
    stop(fixture); /* asserts that all was given back */
}

/* ---- clients that leave ---- */

static void test_leaving_is_noticed(void **state)
{
    struct fixture *fixture = serve(NULL);
    int fd = dial(fixture);

    (void)state;
    say(fd, GET("/hold"));
    struct http_request *request = wait_for_held(fixture);
    assert_false(http_request_is_gone(request));
    close(fd);
    wait_for(&fixture->gone, 1);
    assert_true(http_request_is_gone(request));
    release_held(request);
    stop(fixture);
}

static void test_reset_is_noticed(void **state)
{
    struct fixture *fixture = serve(NULL);
    struct linger at_once = {.l_onoff = 1};
    int fd = dial(fixture);

    (void)state;
    say(fd, GET("/hold") GET("/?never"));
    struct http_request *request = wait_for_held(fixture);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(fd);
    wait_for(&fixture->gone, 1);
    release_held(request);
    stop(fixture);
}

/* With reading paused the FIN stands behind unread bytes. */
static void test_leaving_is_noticed_behind_a_full_pipeline(void **state)
{
    struct fixture *fixture = serve((const char *[]){"--http.max_pipelined=0", NULL});
    int fd = dial(fixture);

    (void)state;
    say(fd, GET("/hold"));
    struct http_request *request = wait_for_held(fixture);
    for (int i = 0; i < 1000; i++)
        say(fd, GET("/?never"));
    usleep(50000);
    close(fd);
    wait_for(&fixture->gone, 1);
    release_held(request);
    stop(fixture);
}

/* `printf … | nc` ends its side at once and still reads. */
static void test_half_closed_client_gets_its_answers(void **state)
{
    struct fixture *fixture = serve(NULL);
    char out[4096] = "";
    int fd = dial(fixture);

    (void)state;
    say(fd, GET("/later?a") GET("/?b"));
    shutdown(fd, SHUT_WR);
    assert_true(hear(fd, NULL, out, sizeof(out), PATIENCE_MS));
    assert_int_equal(count_of(out, "HTTP/1.1 200"), 2);
    close(fd);
    stop(fixture);
}

/* ---- how many ---- */

static void test_connections_are_bounded(void **state)
{
    struct fixture *fixture = serve((const char *[]){"--http.max_connections=2", NULL});
    int first = dial(fixture), second = dial(fixture);

    (void)state;
    say(first, GET("/?a"));
    expect(first, "\r\n\r\na");
    say(second, GET("/?b"));
    expect(second, "\r\n\r\nb");
    int third = dial(fixture);
    char out[4096] = "";
    hear(third, NULL, out, sizeof(out), PATIENCE_MS);
    assert_int_equal(strncmp(out, "HTTP/1.1 503 ", 13), 0);
    const char *body = strstr(out, "\r\n\r\n") + 4;
    assert_int_equal(strtoul(strstr(out, "Content-Length: ") + 16, NULL, 10), strlen(body));
    close(third);
    close(first);
    usleep(100000);
    third = dial(fixture);
    say(third, GET("/?c"));
    expect(third, "\r\n\r\nc");
    close(second);
    close(third);
    stop(fixture);
}

static void test_connections_of_an_address_are_bounded(void **state)
{
    struct fixture *fixture = serve((const char *[]){"--http.max_connections_per_address=1", NULL});
    int first = dial(fixture);
    char out[4096] = "";

    (void)state;
    say(first, GET("/client"));
    expect(first, "\r\n\r\n127.0.0.1");
    int second = dial(fixture);
    hear(second, NULL, out, sizeof(out), PATIENCE_MS);
    assert_int_equal(strncmp(out, "HTTP/1.1 503 ", 13), 0);
    close(first);
    close(second);
    stop(fixture);
}

/* Behind a trusted proxy each client has its own share, and only the proxy's word counts. */
static void test_clients_behind_a_proxy_are_bounded(void **state)
{
    struct fixture *fixture = serve((const char *[]){"--http.max_connections_per_address=1",
                                                     "--proxy.trusted=127.0.0.0/8", NULL});
    int first = dial(fixture), second = dial(fixture);
    const char *hold = "GET /hold HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6, 9.9.9.9\r\n\r\n";

    (void)state;
    say(first, hold);
    struct http_request *request = wait_for_held(fixture);
    say(second, hold);
    expect(second, "\"code\":\"too_many_requests\"}");
    say(second, "GET /client HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 9.9.9.9, 8.8.8.8\r\n\r\n");
    expect(second, "\r\n\r\n8.8.8.8");
    release_held(request);
    expect(first, "held");
    say(second, "GET /client HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n");
    expect(second, "\r\n\r\n9.9.9.9");
    close(first);
    close(second);
    stop(fixture);
}

static void test_forwarded_word_of_strangers_is_ignored(void **state)
{
    struct fixture *fixture = serve(NULL);
    int fd = dial(fixture);

    (void)state;
    say(fd, "GET /client HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n");
    expect(fd, "\r\n\r\n127.0.0.1");
    close(fd);
    stop(fixture);
}

static void test_want_of_descriptors_is_survived(void **state)
{
    struct fixture *fixture = serve(NULL);
    struct rlimit before, tight;
    int kept = dial(fixture), fds[3];
    char out[4096] = "";

    (void)state;
    say(kept, GET("/?a"));
    expect(kept, "\r\n\r\na");
    for (size_t i = 0; i < 3; i++)
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int highest = dup(fds[0]); /* every descriptor below is in use */
    close(highest);
    getrlimit(RLIMIT_NOFILE, &before);
    tight = (struct rlimit){.rlim_cur = (rlim_t)highest, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    connect_socket(fixture, fds[0]);
    hear(fds[0], NULL, out, sizeof(out), PATIENCE_MS);
    assert_int_equal(strncmp(out, "HTTP/1.1 503 ", 13), 0);
    say(kept, GET("/?b"));
    expect(kept, "\r\n\r\nb");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    connect_socket(fixture, fds[1]);
    say(fds[1], GET("/?c"));
    expect(fds[1], "\r\n\r\nc");
    for (size_t i = 0; i < 3; i++)
        close(fds[i]);
    close(kept);
    stop(fixture);
}

/* ---- the end ---- */

static void *drain_thread(void *context)
{
    struct fixture *fixture = context;

    http_server_drain(fixture->server);
    return NULL;
}

static void wait_until_refused(const struct fixture *fixture)
{
    struct sockaddr_in address = server_address(fixture);
    bool connected = true;

    for (int i = 0; connected && i < PATIENCE_MS; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        connected = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
        close(fd);
        usleep(1000);
    }
    assert_false(connected);
}

static void test_drain_answers_what_is_in_hand(void **state)
{
    struct fixture *fixture = serve(NULL);
    int busy = dial(fixture), idle = dial(fixture);
    char out[4096] = "";
    pthread_t thread;

    (void)state;
    say(idle, GET("/?a"));
    expect(idle, "\r\n\r\na");
    say(busy, GET("/hold"));
    struct http_request *request = wait_for_held(fixture);
    pthread_create(&thread, NULL, drain_thread, fixture);
    expect_end(idle);
    wait_until_refused(fixture);
    release_held(request);
    assert_true(hear(busy, NULL, out, sizeof(out), PATIENCE_MS));
    assert_non_null(strstr(out, "Connection: close\r\n\r\nheld"));
    close(busy);
    pthread_join(thread, NULL);
    http_server_free(fixture->server);
    config_free(fixture->config);
    free(fixture);
}

static void test_drain_has_a_deadline(void **state)
{
    struct fixture *fixture = serve((const char *[]){"--http.drain_deadline=100ms", NULL});
    int busy = dial(fixture);

    (void)state;
    say(busy, GET("/hold"));
    struct http_request *request = wait_for_held(fixture);
    http_server_drain(fixture->server);
    assert_true(http_request_is_gone(request));
    release_held(request); /* too late for the client, in time for the memory */
    http_server_free(fixture->server);
    expect_end(busy);
    config_free(fixture->config);
    free(fixture);
}

/* In a process of its own: descriptor 3 may be somebody's here. */
static int take_over_socket(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char process[16], out[4096] = "";

    if (bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, 8) != 0)
        return 1;
    getsockname(fd, (struct sockaddr *)&address, &length);
    dup2(fd, 3);
    snprintf(process, sizeof(process), "%d", (int)getpid());
    setenv("LISTEN_FDS", "1", 1);
    setenv("LISTEN_PID", process, 1);
    struct fixture *fixture = serve((const char *[]){"--http.listen=nonsense", NULL});
    if (server_address(fixture).sin_port != address.sin_port || getenv("LISTEN_FDS"))
        return 2;
    int client = dial(fixture);
    say(client, GET("/?a"));
    if (!hear(client, "\r\n\r\na", out, sizeof(out), PATIENCE_MS))
        return 3;
    close(client);
    stop(fixture);
    return 0;
}

static void test_passed_socket_is_taken_over(void **state)
{
    int status = -1;
    pid_t child = fork();

    (void)state;
    if (child == 0)
        _exit(take_over_socket());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* ---- many ---- */

static long resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0;

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

/* 10,000 of them have 64 MiB: each has 6,710 bytes, and needs a third of it. */
static void test_idle_connections_cost_little(void **state)
{
#ifdef LINLI_SANITIZED
    skip(); /* the sanitizers' own memory would be measured */
#endif
    enum { COUNT = 2000 };
    struct fixture *fixture = serve(NULL);
    static int fds[COUNT];
    long before = resident_bytes();

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        fds[i] = dial(fixture);
        say(fds[i], GET("/?a"));
    }
    for (size_t i = 0; i < COUNT; i++)
        expect(fds[i], "\r\n\r\na");
    assert_true((resident_bytes() - before) / COUNT < 6710 / 2);
    for (size_t i = 0; i < COUNT; i++)
        close(fds[i]);
    stop(fixture);
}

struct trouble {
    const struct fixture *fixture;
    uint64_t seed;
};

/* Says one of many things, right, wrong or half, listens or not, and leaves politely or not. */
static void make_trouble(struct trouble *trouble)
{
    static const char *const words[] = {GET("/?a"),
                                        GET("/later"),
                                        GET("/large?300000"),
                                        "POST / HTTP/1.1\r\nHost: a\r\n",
                                        "Content-Length: 5\r\n\r\nab",
                                        "Transfer-Encoding: chunked\r\n\r\n5\r\nab",
                                        "c",
                                        "\r\n",
                                        "GET / HTTP/1.0\r\n\r\n",
                                        "Host : x\r\n\r\n",
                                        "Expect: 100-continue\r\n"};
    struct linger at_once = {.l_onoff = 1};
    int fd = dial(trouble->fixture);
    char piece[4096];

    for (uint64_t i = random_below(&trouble->seed, 8); i > 0; i--) {
        say(fd, words[random_below(&trouble->seed, ARRAY_LENGTH(words))]);
        if (random_below(&trouble->seed, 3) == 0)
            recv(fd, piece, sizeof(piece), MSG_DONTWAIT);
        if (random_below(&trouble->seed, 8) == 0)
            usleep((useconds_t)random_below(&trouble->seed, 60000));
    }
    if (random_below(&trouble->seed, 3) == 0)
        shutdown(fd, SHUT_WR);
    if (random_below(&trouble->seed, 3) == 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(fd);
}

static void *trouble_thread(void *context)
{
    struct trouble *trouble = context;
    int64_t end_us = clock_monotonic_us() + 3 * SECOND_US / 2;

    while (clock_monotonic_us() < end_us)
        make_trouble(trouble);
    return NULL;
}

/* Whatever clients do, the server goes on, forgets nothing at the end (the sanitizers and its own
 * assertions look) and has answered somebody who behaves meanwhile. */
static void test_storm(void **state)
{
    struct fixture *fixture = serve((const char *[]){
        "--http.write_deadline=100ms", "--http.header_deadline=100ms", "--http.body_deadline=50ms",
        "--http.max_pipelined=2", "--http.max_unsent=100k", "--http.max_memory=2M", NULL});
    struct trouble troubles[4];
    pthread_t threads[4];
    int fd = dial(fixture);

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        troubles[i] = (struct trouble){fixture, 20261122 + i};
        pthread_create(&threads[i], NULL, trouble_thread, &troubles[i]);
    }
    for (int i = 0; i < 20; i++) {
        say(fd, GET("/later?a"));
        expect(fd, "\r\n\r\na");
    }
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    close(fd);
    stop(fixture);
}

static void test_second_server_on_the_port_fails(void **state)
{
    struct fixture *fixture = serve(NULL);
    struct http_options options = fixture->options;
    struct error error = {0};

    (void)state;
    options.listen = (char *)(uintptr_t)http_server_address(fixture->server);
    assert_null(http_server_start(&options, obey, fixture, &error));
    assert_string_equal(error.code, "http.listen");
    options.listen = (char *)(uintptr_t) "localhost";
    assert_null(http_server_start(&options, obey, fixture, &error));
    assert_string_equal(error.code, "http.bad_address");
    stop(fixture);
}

static int start_group(void **state)
{
    (void)state;
    crypto_start();
    log_configure(LOG_ERROR, LOG_JSON);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slow_senders_are_cut),
        cmocka_unit_test(test_drip_behind_a_pipeline_is_cut),
        cmocka_unit_test(test_idle_connection_is_closed_silently),
        cmocka_unit_test(test_silent_reader_is_cut),
        cmocka_unit_test(test_slow_reader_gets_all),
        cmocka_unit_test(test_unsent_answers_are_bounded),
        cmocka_unit_test(test_leaving_is_noticed),
        cmocka_unit_test(test_reset_is_noticed),
        cmocka_unit_test(test_leaving_is_noticed_behind_a_full_pipeline),
        cmocka_unit_test(test_half_closed_client_gets_its_answers),
        cmocka_unit_test(test_connections_are_bounded),
        cmocka_unit_test(test_connections_of_an_address_are_bounded),
        cmocka_unit_test(test_clients_behind_a_proxy_are_bounded),
        cmocka_unit_test(test_forwarded_word_of_strangers_is_ignored),
        cmocka_unit_test(test_want_of_descriptors_is_survived),
        cmocka_unit_test(test_drain_answers_what_is_in_hand),
        cmocka_unit_test(test_drain_has_a_deadline),
        cmocka_unit_test(test_passed_socket_is_taken_over),
        cmocka_unit_test(test_idle_connections_cost_little),
        cmocka_unit_test(test_storm),
        cmocka_unit_test(test_second_server_on_the_port_fails),
    };

    return cmocka_run_group_tests(tests, start_group, NULL);
}
