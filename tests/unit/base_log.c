#include "unit.h"

#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

static int real_stderr;
static int reading_end;
static char said[1 << 20];

static void listen_to(int write_end, int read_end)
{
    real_stderr = dup(STDERR_FILENO);
    dup2(write_end, STDERR_FILENO);
    close(write_end);
    reading_end = read_end;
    assert_int_equal(fcntl(read_end, F_SETFL, O_NONBLOCK), 0);
}

static void listen_on_a_pipe(void)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
    listen_to(ends[1], ends[0]);
}

/* What was logged since; from then on stderr is the real one again. */
static char *stop_listening(void)
{
    ssize_t length, total = 0;

    while ((length = read(reading_end, said + total, sizeof(said) - 1 - (size_t)total)) > 0)
        total += length;
    said[total] = '\0';
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    close(reading_end);
    return said;
}

static json_t *as_json(const char *line)
{
    json_error_t why;
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &why);

    if (!object)
        fail_msg("%s in %s", why.text, line);
    return object;
}

static const char *member(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void a_line_is_one_json_object(void **state)
{
    int64_t before_us = clock_now_us(), at_us;

    (void)state;
    log_configure(LOG_INFO, LOG_JSON);
    listen_on_a_pipe();
    LOG(INFO, "teller.batch", LOG_INT("commands", 3), LOG_STR("request_id", "a\"b\\c\nd\x01é"),
        LOG_INT("least", INT64_MIN), LOG_STR("none", NULL), LOG_TEXT("part", TEXT("x\0y")));
    char *line = stop_listening();
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    json_t *object = json_loads(line, JSON_ALLOW_NUL, NULL);
    assert_non_null(object);
    assert_string_equal(member(object, "level"), "info");
    assert_string_equal(member(object, "event"), "teller.batch");
    assert_string_equal(member(object, "request_id"), "a\"b\\c\nd\x01é");
    assert_string_equal(member(object, "none"), "");
    assert_memory_equal(member(object, "part"), "x\0y", 4);
    assert_int_equal(json_integer_value(json_object_get(object, "commands")), 3);
    assert_int_equal(json_integer_value(json_object_get(object, "least")), INT64_MIN);
    const char *time = member(object, "time");
    assert_true(clock_parse((struct text){time, strlen(time)}, &at_us));
    assert_true(at_us >= before_us && at_us <= clock_now_us());
    json_decref(object);
}

static void bytes_that_are_no_utf8_are_replaced(void **state)
{
    (void)state;
    log_configure(LOG_INFO, LOG_JSON);
    listen_on_a_pipe();
    LOG(INFO, "x", LOG_TEXT("path", TEXT("a\xFF\xE9\x82z\xC3")));
    json_t *object = as_json(stop_listening());
    assert_string_equal(member(object, "path"), "a\uFFFD\uFFFD\uFFFDz\uFFFD");
    json_decref(object);
}

static void any_bytes_make_valid_json(void **state)
{
    uint64_t random = 1;

    (void)state;
    log_configure(LOG_INFO, LOG_JSON);
    for (int round = 0; round < 3000; round++) {
        char bytes[3000];
        size_t length = random_below(&random, sizeof(bytes));
        unsigned kinds = round % 2 ? 256 : 64;
        for (size_t i = 0; i < length; i++)
            bytes[i] = (char)random_below(&random, kinds);
        struct text text = {bytes, length};
        listen_on_a_pipe();
        LOG(WARN, "x", LOG_TEXT("a", text), LOG_INT("n", 5), LOG_TEXT("b", text));
        char *line = stop_listening();
        assert_true(strlen(line) <= 4096);
        json_t *object = json_loads(line, JSON_ALLOW_NUL, NULL);
        assert_non_null(object);
        json_decref(object);
    }
}

static void what_does_not_fit_is_cut_and_said_so(void **state)
{
    static char endless[10000];

    (void)state;
    memset(endless, 'x', sizeof(endless) - 1);
    log_configure(LOG_INFO, LOG_JSON);
    for (size_t length = 3900; length < 4100; length++) {
        listen_on_a_pipe();
        LOG(INFO, "x", LOG_TEXT("first", ((struct text){endless, length})),
            LOG_INT("second", 123456789), LOG_STR("third", "small"));
        char *line = stop_listening();
        json_t *object = as_json(line);
        assert_true(strlen(line) <= 4096);
        bool complete = json_object_get(object, "second") && json_object_get(object, "third");
        bool cut = json_is_true(json_object_get(object, "cut"));
        assert_true(cut || complete);
        json_decref(object);
    }
    listen_on_a_pipe();
    log_write(LOG_ERROR, endless, (const struct log_field[]){LOG_INT("n", 1), {0}});
    json_t *object = as_json(stop_listening());
    assert_true(json_is_true(json_object_get(object, "cut")));
    json_decref(object);
}

static void lower_levels_are_silent(void **state)
{
    (void)state;
    log_configure(LOG_WARN, LOG_JSON);
    listen_on_a_pipe();
    LOG(DEBUG, "x");
    LOG(INFO, "x");
    assert_string_equal(stop_listening(), "");
    log_configure(LOG_DEBUG, LOG_JSON);
    listen_on_a_pipe();
    LOG(DEBUG, "x");
    assert_non_null(strstr(stop_listening(), "\"debug\""));
}

static void people_read_words(void **state)
{
    (void)state;
    log_configure(LOG_INFO, LOG_PEOPLE);
    listen_on_a_pipe();
    LOG(WARN, "http.closed", LOG_STR("reason", "slow"), LOG_INT("bytes", -5),
        LOG_STR("what", "two words"), LOG_STR("empty", ""), LOG_STR("evil", "\033[31m\n"));
    char *line = stop_listening();
    assert_int_equal(line[2], ':');
    assert_string_equal(line + 12, " warn  http.closed reason=slow bytes=-5 what=\"two words\" "
                                   "empty=\"\" evil=\"\\u001b[31m\\n\"\n");
}

static void colours_are_for_terminals(void **state)
{
    int master, slave;

    (void)state;
    assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
    log_configure(LOG_INFO, LOG_AUTO);
    listen_to(slave, master);
    LOG(ERROR, "x", LOG_INT("n", 1));
    char *line = stop_listening();
    assert_non_null(strstr(line, "\033[31merror\033[0m"));
    listen_on_a_pipe();
    LOG(ERROR, "x", LOG_INT("n", 1));
    assert_int_equal(stop_listening()[0], '{');
}

enum { THREADS = 6, LINES = 200 };

static void *talk(void *unused)
{
    char words[300];

    (void)unused;
    memset(words, 'w', sizeof(words));
    for (int i = 0; i < LINES; i++)
        LOG(INFO, "x", LOG_TEXT("words", ((struct text){words, sizeof(words)})));
    return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
    pthread_t threads[THREADS];
    int lines = 0;

    (void)state;
    log_configure(LOG_INFO, LOG_JSON);
    listen_on_a_pipe();
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, talk, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (char *line = stop_listening(), *end; (end = strchr(line, '\n')); line = end + 1, lines++) {
        *end = '\0';
        json_decref(as_json(line));
    }
    assert_int_equal(lines, THREADS * LINES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_one_json_object),
        cmocka_unit_test(bytes_that_are_no_utf8_are_replaced),
        cmocka_unit_test(any_bytes_make_valid_json),
        cmocka_unit_test(what_does_not_fit_is_cut_and_said_so),
        cmocka_unit_test(lower_levels_are_silent),
        cmocka_unit_test(people_read_words),
        cmocka_unit_test(colours_are_for_terminals),
        cmocka_unit_test(lines_of_threads_do_not_mix),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
