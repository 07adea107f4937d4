/*
 * The server over real sockets: what is answered, in which order, how often, and when it stops.
 */
#include "http_client.h"

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
    };

    return cmocka_run_group_tests(tests, start_group, NULL);
}
