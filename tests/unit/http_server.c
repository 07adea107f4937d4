/*
 * The server over real sockets: what is answered, in which order, how often, and when it stops.
 */
#include "http_client.h"

#include <pthread.h>
#include <sys/resource.h>

#include "http_samples.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

/* ---- answers ---- */

static void test_connection_is_kept(void **state)
{
    struct fixture *fixture = serve(NULL);
    int fd = dial(fixture);
    char out[4096] = "";

    (void)state;
    for (int i = 0; i < 3; i++) {
        say(fd, GET("/?word"));
        out[0] = '\0';
        assert_true(hear(fd, "\r\n\r\nword", out, sizeof(out), PATIENCE_MS));
        assert_int_equal(strncmp(out, "HTTP/1.1 200 OK\r\nDate: ", 23), 0);
        assert_non_null(
            strstr(out, " GMT\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\n"));
        assert_null(strstr(out, "Connection:"));
    }
    close(fd);
    stop(fixture);
}

static void test_bodies_come_back(void **state)
{
    struct fixture *fixture = serve(NULL);
    int fd = dial(fixture);

    (void)state;
    say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    usleep(20000);
    say(fd, "he");
    usleep(20000);
    say(fd, "llo");
    expect(fd, "\r\n\r\nhello");
    say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nfoo\r\n");
    usleep(20000);
    say(fd, "4\r\nbars\r\n0\r\n\r\n");
    expect(fd, "Content-Length: 7\r\n\r\nfoobars");
    close(fd);
    stop(fixture);
}

static void test_large_body_comes_back(void **state)
{
    struct fixture *fixture = serve(NULL);
    size_t size = 3000000;
    char *body = malloc(size), *out = calloc(1, size + 4096), head[128];
    int fd = dial(fixture);

    (void)state;
    memset(body, 'y', size);
    snprintf(head, sizeof(head), "POST /echo HTTP/1.0\r\nContent-Length: %zu\r\n\r\n", size);
    say(fd, head);
    say_bytes(fd, (struct text){body, size});
    assert_true(hear(fd, NULL, out, size + 4096, PATIENCE_MS));
    const char *end_of_head = strstr(out, "\r\n\r\n");
    assert_non_null(end_of_head);
    assert_int_equal(strlen(end_of_head + 4), size);
    assert_int_equal(strspn(end_of_head + 4, "y"), size);
    free(body);
    free(out);
    close(fd);
    stop(fixture);
}

static void test_answers_without_body(void **state)
{
    struct fixture *fixture = serve(NULL);
    int fd = dial(fixture);
    char out[4096] = "";

    (void)state;
    say(fd, "HEAD /?word HTTP/1.1\r\nHost: a\r\n\r\n" GET("/none") GET("/unchanged") GET("/?end"));
    assert_true(hear(fd, "\r\n\r\nend", out, sizeof(out), PATIENCE_MS));
    assert_int_equal(count_of(out, "HTTP/1.1 "), 4);
    assert_non_null(strstr(out, "Content-Length: 4\r\n\r\nHTTP/1.1 204 No Content\r\n"));
    assert_null(strstr(out, "word"));
    const char *none = strstr(out, "HTTP/1.1 204"), *last = strstr(none, "HTTP/1.1 200");
    const char *length = strstr(none, "Content-Length");
    assert_true(length > last); /* neither 204 nor 304 has one */
    close(fd);
    stop(fixture);
}

static void test_old_clients(void **state)
{
    struct fixture *fixture = serve(NULL);
    int fd = dial(fixture);

    (void)state;
    say(fd, "GET /?a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    expect(fd, "Connection: keep-alive\r\n\r\na");
    say(fd, "GET /?b HTTP/1.0\r\n\r\n");
    expect(fd, "Connection: close\r\n\r\nb");
    expect_end(fd);
    stop(fixture);
}

static void test_last_request_is_the_last(void **state)
{
    struct fixture *fixture = serve(NULL);
    char out[4096] = "";
    int fd = dial(fixture);

    (void)state;
    say(fd, "GET /?a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" GET("/smuggled"));
    assert_true(hear(fd, NULL, out, sizeof(out), PATIENCE_MS));
    assert_int_equal(count_of(out, "HTTP/1.1 "), 1);
    close(fd);
    fd = dial(fixture);
    out[0] = '\0';
    say(fd, GET("/quit") GET("/smuggled"));
    assert_true(hear(fd, NULL, out, sizeof(out), PATIENCE_MS));
    assert_int_equal(count_of(out, "HTTP/1.1 "), 1);
    close(fd);
    assert_int_equal(atomic_load(&fixture->smuggled), 0);
    stop(fixture);
}

static void test_enough_requests_on_one_connection(void **state)
{
    struct fixture *fixture = serve((const char *[]){"--http.max_requests_per_connection=2", NULL});
    char out[4096] = "";
    int fd = dial(fixture);

    (void)state;
    say(fd, GET("/?a") GET("/?b") GET("/?c"));
    assert_true(hear(fd, NULL, out, sizeof(out), PATIENCE_MS));
    assert_int_equal(count_of(out, "HTTP/1.1 200"), 2);
    assert_int_equal(count_of(out, "Connection: close"), 1);
    close(fd);
    stop(fixture);
}

/* A value with a line end would add a header of its own. */
static void test_injected_header_is_not_sent(void **state)
{
    struct fixture *fixture = serve(NULL);
    char out[4096] = "";
    int fd = dial(fixture);

    (void)state;
    say(fd, GET("/injected"));
    assert_true(hear(fd, NULL, out, sizeof(out), PATIENCE_MS));
    assert_int_equal(strncmp(out, "HTTP/1.1 500 ", 13), 0);
    assert_null(strstr(out, "X-C"));
    close(fd);
    stop(fixture);
}

/* ---- order ---- */

static void test_pipeline_is_answered_in_order(void **state)
{
    struct fixture *fixture = serve((const char *[]){"--http.max_pipelined=3", NULL});
    char out[16384] = "";
    int fd = dial(fixture);

    (void)state;
    say(fd, GET("/later?a") GET("/?b") GET("/later?c"));
    for (int i = 0; i < 20; i++)
        say(fd, GET("/?d"));
    say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nend");
    assert_true(hear(fd, "\r\n\r\nend", out, sizeof(out), PATIENCE_MS));
    assert_int_equal(count_of(out, "HTTP/1.1 200"), 24);
    const char *a = strstr(out, "\r\n\r\na"), *b = strstr(out, "\r\n\r\nb"),
               *c = strstr(out, "\r\n\r\nc"), *d = strstr(out, "\r\n\r\nd");
    assert_true(a && a < b && b < c && c < d);
    close(fd);
    stop(fixture);
}

/* The first unanswered request would take the 100 for its own. */
static void test_continue_waits_for_its_turn(void **state)
{
    struct fixture *fixture = serve(NULL);
    char out[4096] = "";
    int fd = dial(fixture);

    (void)state;
    say(fd, GET("/hold") "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                         "Content-Length: 3\r\n\r\n");
    struct http_request *request = wait_for_held(fixture);
    assert_false(hear(fd, "HTTP", out, sizeof(out), 100));
    release_held(request);
    assert_true(hear(fd, "100 Continue\r\n\r\n", out, sizeof(out), PATIENCE_MS));
    assert_true(strstr(out, "held") < strstr(out, "100 Continue"));
    say(fd, "abc");
    expect(fd, "\r\n\r\nabc");
    close(fd);
    stop(fixture);
}

static void test_no_continue_for_what_is_refused_or_here(void **state)
{
    struct fixture *fixture = serve((const char *[]){"--http.max_body=1k", NULL});
    char out[4096] = "";
    int fd = dial(fixture);

    (void)state;
    say(fd, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc");
    assert_true(hear(fd, "abc", out, sizeof(out), PATIENCE_MS));
    say(fd, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1025\r\n\r\n");
    assert_true(hear(fd, NULL, out, sizeof(out), PATIENCE_MS));
    assert_non_null(strstr(out, "HTTP/1.1 413 "));
    assert_null(strstr(out, "100 Continue"));
    close(fd);
    stop(fixture);
}

/* ---- tricks ---- */

static const char *const sample_limits[] = {"--http.max_request_line=80",
                                            "--http.max_header_bytes=256", "--http.max_headers=8",
                                            "--http.max_body=64", NULL};

/* Every request that is refused is answered once, and what follows it is never understood. */
static void test_trick_is_answered_once(void **state)
{
    struct fixture *fixture = serve(sample_limits);

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(samples); i++) {
        char out[4096] = "", status[32];
        if (samples[i].status < 400)
            continue;
        int fd = dial(fixture);
        say_bytes(fd, samples[i].bytes);
        say(fd, "\r\n\r\n" GET("/smuggled"));
        shutdown(fd, SHUT_WR);
        if (!hear(fd, NULL, out, sizeof(out), PATIENCE_MS))
            fail_msg("%s: the connection stays open", samples[i].what);
        snprintf(status, sizeof(status), "HTTP/1.1 %d ", samples[i].status);
        if (strncmp(out, status, strlen(status)) != 0 || count_of(out, "HTTP/1.1 ") != 1 ||
            !strstr(out, "Connection: close\r\n"))
            fail_msg("%s: %s", samples[i].what, out);
        close(fd);
    }
    assert_int_equal(atomic_load(&fixture->smuggled), 0);
    assert_int_equal(atomic_load(&fixture->asked), 0);
    stop(fixture);
}

/* What is right is answered once, and so is the request after it, and nothing in its body. */
static void test_right_requests_are_answered_once(void **state)
{
    struct fixture *fixture = serve(sample_limits);

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(samples); i++) {
        char out[4096] = "";
        if (samples[i].status != FINE || strstr(samples[i].bytes.data, "HTTP/1.0"))
            continue;
        int fd = dial(fixture);
        say_bytes(fd, samples[i].bytes);
        say(fd, GET("/?end"));
        if (!hear(fd, "\r\n\r\nend", out, sizeof(out), PATIENCE_MS) ||
            count_of(out, "HTTP/1.1 200") != 2)
            fail_msg("%s: %s", samples[i].what, out);
        close(fd);
    }
    stop(fixture);
}

/* A refused request behind others waits for its turn, and nothing follows it. */
static void test_refusal_keeps_the_order(void **state)
{
    struct fixture *fixture = serve(NULL);
    char out[4096] = "";
    int fd = dial(fixture);

    (void)state;
    say(fd, GET("/later?a") GET("/?b") "GET / HTTP/1.1\r\nHost : a\r\n\r\n" GET("/smuggled"));
    assert_true(hear(fd, NULL, out, sizeof(out), PATIENCE_MS));
    const char *a = strstr(out, "\r\n\r\na"), *b = strstr(out, "\r\n\r\nb"),
               *refused = strstr(out, "HTTP/1.1 400 Bad Request\r\n");
    assert_true(a && a < b && b < refused);
    assert_int_equal(count_of(out, "HTTP/1.1 "), 3);
    assert_non_null(strstr(refused, "application/problem+json"));
    assert_non_null(strstr(refused, "{\"type\":\"about:blank\",\"title\":\"Bad Request\","
                                    "\"status\":400,\"code\":\"bad_request\"}"));
    close(fd);
    stop(fixture);
}

/* The answer to HEAD has no body even when it is a refusal. */
static void test_refused_head_has_no_body(void **state)
{
    struct fixture *fixture = serve(NULL);
    char out[4096] = "";
    int fd = dial(fixture);

    (void)state;
    say(fd, "HEAD / HTTP/1.1\r\n\r\n");
    assert_true(hear(fd, NULL, out, sizeof(out), PATIENCE_MS));
    assert_int_equal(strncmp(out, "HTTP/1.1 400 ", 13), 0);
    assert_string_equal(strstr(out, "\r\n\r\n"), "\r\n\r\n");
    close(fd);
    stop(fixture);
}

/* The client is still sending when it is refused: the kernel must not reset the answer away. */
static void test_huge_body_still_sees_the_refusal(void **state)
{
    struct fixture *fixture = serve((const char *[]){"--http.max_body=1k", NULL});
    char out[4096] = "", *body = calloc(1, 1 << 20);
    int fd = dial(fixture);

    (void)state;
    say(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n");
    say_bytes(fd, (struct text){body, 1 << 20});
    assert_true(hear(fd, "content_too_large", out, sizeof(out), PATIENCE_MS));
    close(fd);
    free(body);
    stop(fixture);
}

static void test_hundred_thousand_headers(void **state)
{
    struct fixture *fixture = serve(NULL);
    char out[4096] = "";
    int fd = dial(fixture);

    (void)state;
    say(fd, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (int i = 0; i < 100000; i += 4)
        say(fd, "A: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\n");
    hear(fd, NULL, out, sizeof(out), PATIENCE_MS);
    assert_int_equal(strncmp(out, "HTTP/1.1 431 ", 13), 0);
    close(fd);
    stop(fixture);
}

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

/* Answers that nobody takes count together; beyond the bound the connection is given up. */
static void test_unsent_answers_share_a_bound(void **state)
{
    struct fixture *fixture = serve((const char *[]){"--http.max_memory=30M", NULL});
    char *out = calloc(1, 32 << 20);
    int first = dial(fixture), second = dial(fixture);

    (void)state;
    say(first, GET("/large?20000000"));
    wait_for(&fixture->asked, 1);
    usleep(50000);
    say(second, GET("/large?20000000"));
    hear(second, NULL, out, 32 << 20, PATIENCE_MS);
    assert_true(strlen(out) < 20000000);
    close(first);
    close(second);
    usleep(100000);
    int third = dial(fixture);
    out[0] = '\0';
    say(third, "GET /large?20000000 HTTP/1.0\r\n\r\n");
    assert_true(hear(third, NULL, out, 32 << 20, PATIENCE_MS));
    assert_true(strlen(out) > 20000000);
    close(third);
    free(out);
    stop(fixture);
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
    int late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = server_address(fixture);
    assert_int_not_equal(connect(late, (struct sockaddr *)&address, sizeof(address)), 0);
    close(late);
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
        cmocka_unit_test(test_connection_is_kept),
        cmocka_unit_test(test_bodies_come_back),
        cmocka_unit_test(test_large_body_comes_back),
        cmocka_unit_test(test_answers_without_body),
        cmocka_unit_test(test_old_clients),
        cmocka_unit_test(test_last_request_is_the_last),
        cmocka_unit_test(test_enough_requests_on_one_connection),
        cmocka_unit_test(test_injected_header_is_not_sent),
        cmocka_unit_test(test_pipeline_is_answered_in_order),
        cmocka_unit_test(test_continue_waits_for_its_turn),
        cmocka_unit_test(test_no_continue_for_what_is_refused_or_here),
        cmocka_unit_test(test_trick_is_answered_once),
        cmocka_unit_test(test_right_requests_are_answered_once),
        cmocka_unit_test(test_refusal_keeps_the_order),
        cmocka_unit_test(test_refused_head_has_no_body),
        cmocka_unit_test(test_huge_body_still_sees_the_refusal),
        cmocka_unit_test(test_hundred_thousand_headers),
        cmocka_unit_test(test_slow_senders_are_cut),
        cmocka_unit_test(test_drip_behind_a_pipeline_is_cut),
        cmocka_unit_test(test_idle_connection_is_closed_silently),
        cmocka_unit_test(test_silent_reader_is_cut),
        cmocka_unit_test(test_slow_reader_gets_all),
        cmocka_unit_test(test_unsent_answers_share_a_bound),
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
        cmocka_unit_test(test_second_server_on_the_port_fails),
    };

    return cmocka_run_group_tests(tests, start_group, NULL);
}
