#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "base/log.h"

struct options {
    int64_t port;
    bool compress;
    char *directory;
    char *password;
    int64_t timeout_us;
    int64_t most_bytes;
    int format;
    int64_t offset;
};

static const struct config_entry entries[] = {
    {.name = "port",
     .type = CONFIG_INT,
     .offset = offsetof(struct options, port),
     .initial = "8080",
     .min = 1,
     .max = 65535,
     .help = "Where it listens."},
    {.name = "http.compress",
     .type = CONFIG_BOOL,
     .offset = offsetof(struct options, compress),
     .initial = "no",
     .reloadable = true,
     .help = "Compress answers."},
    {.name = "state_dir",
     .type = CONFIG_TEXT,
     .offset = offsetof(struct options, directory),
     .initial = "state",
     .reloadable = true,
     .help = "Where it keeps things."},
    {.name = "database.password",
     .type = CONFIG_TEXT,
     .offset = offsetof(struct options, password),
     .secret = true,
     .help = "The database's password."},
    {.name = "http.idle_timeout",
     .type = CONFIG_DURATION,
     .offset = offsetof(struct options, timeout_us),
     .initial = "30s",
     .min = 1000,
     .max = HOUR_US,
     .reloadable = true,
     .help = "How long a connection may be idle."},
    {.name = "http.max_body",
     .type = CONFIG_SIZE,
     .offset = offsetof(struct options, most_bytes),
     .initial = "64k",
     .help = "The largest body."},
    {.name = "log.format",
     .type = CONFIG_CHOICE,
     .offset = offsetof(struct options, format),
     .initial = "auto",
     .choices = "auto|json|people",
     .reloadable = true,
     .help = "How logs look."},
    {.name = "programme.utc_offset_minutes",
     .type = CONFIG_INT,
     .offset = offsetof(struct options, offset),
     .initial = "480",
     .min = -1439,
     .max = 1439,
     .help = "When a day begins."},
    {0},
};

struct fixture {
    struct config *config;
    struct options options;
    struct error error;
    char path[64];
};

static int begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    snprintf(fixture->path, sizeof(fixture->path), "/tmp/linli-config-XXXXXX");
    int file = mkstemp(fixture->path);
    if (file < 0)
        return -1;
    close(file);
    fixture->config = config_new();
    config_add(fixture->config, entries, &fixture->options);
    *state = fixture;
    return 0;
}

static int end(void **state)
{
    struct fixture *fixture = *state;

    unsetenv("LINLI_PORT");
    unsetenv("LINLI_HTTP_IDLE_TIMEOUT");
    unsetenv("LINLI_STATE_DIR");
    unsetenv("LINLI_CONFIG");
    unlink(fixture->path);
    config_free(fixture->config);
    free(fixture);
    return 0;
}

static void write_file(struct fixture *fixture, const char *content)
{
    FILE *file = fopen(fixture->path, "w");

    assert_non_null(file);
    fputs(content, file);
    fclose(file);
}

/* Loads with the file and the words of `line` as arguments; what is left goes back there. */
static bool load(struct fixture *fixture, char *line)
{
    char file[80], *argv[16] = {"linli", file}, *next = line;
    int argc = 2;

    snprintf(file, sizeof(file), "--config=%s", fixture->path);
    while (next && *next)
        argv[argc++] = strsep(&next, " ");
    bool fine = config_load(fixture->config, &argc, argv, &fixture->error);
    assert_null(argv[argc]);
    char left[200] = "";
    for (int i = 1; fine && i < argc; i++) {
        size_t used = strlen(left);
        snprintf(left + used, sizeof(left) - used, "%s%s", i > 1 ? " " : "", argv[i]);
    }
    if (fine && line)
        memcpy(line, left, strlen(left) + 1);
    return fine;
}

static void assert_refused(struct fixture *fixture, const char *arguments, const char *code,
                           const char *detail)
{
    char line[200];

    snprintf(line, sizeof(line), "%s", arguments);
    assert_false(load(fixture, line));
    assert_string_equal(fixture->error.code, code);
    if (!strstr(fixture->error.detail, detail))
        fail_msg("\"%s\" does not say \"%s\"", fixture->error.detail, detail);
}

static void defaults_fill_everything(void **state)
{
    struct fixture *fixture = *state;

    assert_true(load(fixture, NULL));
    assert_int_equal(fixture->options.port, 8080);
    assert_false(fixture->options.compress);
    assert_string_equal(fixture->options.directory, "state");
    assert_string_equal(fixture->options.password, "");
    assert_int_equal(fixture->options.timeout_us, 30 * SECOND_US);
    assert_int_equal(fixture->options.most_bytes, 65536);
    assert_int_equal(fixture->options.format, 0);
    assert_int_equal(fixture->options.offset, 480);
}

static void later_sources_win(void **state)
{
    struct fixture *fixture = *state;
    char line[] = "--port 4444";

    write_file(fixture, "port = 1111\nstate_dir = /from/file\nhttp.idle_timeout=1s\n");
    setenv("LINLI_PORT", "3333", 1);
    setenv("LINLI_HTTP_IDLE_TIMEOUT", "2s", 1);
    assert_true(load(fixture, line));
    assert_int_equal(fixture->options.port, 4444);
    assert_int_equal(fixture->options.timeout_us, 2 * SECOND_US);
    assert_string_equal(fixture->options.directory, "/from/file");
    assert_int_equal(fixture->options.most_bytes, 65536);
}

static void every_type_is_read(void **state)
{
    struct fixture *fixture = *state;

    write_file(fixture, "# a comment\r\n"
                        "\n"
                        "   \t  # another\n"
                        "  http.compress=on\r\n"
                        "log.format =  people  \n"
                        "http.max_body = 16M\n"
                        "http.idle_timeout = 250ms\n"
                        "programme.utc_offset_minutes = -210\n"
                        "database.password = a = b # c\n"
                        "state_dir ="); /* no newline at the end */
    assert_true(load(fixture, NULL));
    assert_true(fixture->options.compress);
    assert_int_equal(fixture->options.format, 2);
    assert_int_equal(fixture->options.most_bytes, 16 << 20);
    assert_int_equal(fixture->options.timeout_us, 250000);
    assert_int_equal(fixture->options.offset, -210);
    assert_string_equal(fixture->options.password, "a = b # c");
    assert_string_equal(fixture->options.directory, "");
}

static void units_are_exact(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {
        {"1ms", 1000},   {"90s", 90 * SECOND_US}, {"5m", 5 * MINUTE_US},
        {"1h", HOUR_US}, {"60m", HOUR_US},
    };
    static const char *const bad[] = {"",
                                      "s",
                                      "5",
                                      "0",
                                      "5 s",
                                      "5S",
                                      "1.5s",
                                      "2h",
                                      "-1s",
                                      "5sec",
                                      "1m1s",
                                      "999999999999999999999s",
                                      "9223372036854775807d"};
    struct fixture *fixture = *state;
    char line[80];

    for (size_t i = 0; i < ARRAY_LENGTH(good); i++) {
        snprintf(line, sizeof(line), "--http.idle_timeout=%s", good[i].text);
        assert_true(load(fixture, line));
        assert_int_equal(fixture->options.timeout_us, good[i].value);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        snprintf(line, sizeof(line), "--http.idle_timeout=%s", bad[i]);
        assert_false(load(fixture, line));
    }
    snprintf(line, sizeof(line), "--http.max_body=512");
    assert_true(load(fixture, line));
    assert_int_equal(fixture->options.most_bytes, 512);
    snprintf(line, sizeof(line), "--http.max_body=3g");
    assert_true(load(fixture, line));
    assert_int_equal(fixture->options.most_bytes, INT64_C(3) << 30);
}

static void a_refusal_says_where_and_what_would_be_right(void **state)
{
    struct fixture *fixture = *state;

    assert_refused(fixture, "--port=65536", "config.bad_value",
                   "command line: port is '65536', not a whole number, 1..65535");
    assert_refused(fixture, "--http.idle_timeout 2h", "config.bad_value", "1ms..1h");
    assert_refused(fixture, "--http.max_body x", "config.bad_value", "16M or 1G, 0 or more");
    assert_refused(fixture, "--http.compress=1", "config.bad_value", "true or false");
    assert_refused(fixture, "--log.format=xml", "config.bad_value", "auto|json|people");
    assert_refused(fixture, "--port", "config.bad_value", "--port needs a value");
    assert_refused(fixture, "--port --log.format=json", "config.bad_value", "needs a value");
    assert_refused(fixture, "--http.max_bdy=1", "config.unknown_name", "'http.max_body'?");
    assert_refused(fixture, "--nothing.like.it", "config.unknown_name", "`linli config`");
    setenv("LINLI_PORT", "tcp://10.0.0.1:8080", 1);
    assert_refused(fixture, "", "config.bad_value", "environment: port is 'tcp://10.0.0.1:8080'");
}

static void a_bad_file_is_refused_with_its_line(void **state)
{
    struct fixture *fixture = *state;

    write_file(fixture, "port = 1\nport2 = 3\n");
    assert_refused(fixture, "", "config.unknown_name", ":2: there is no setting 'port2'; 'port'?");
    write_file(fixture, "\n\nport 1\n");
    assert_refused(fixture, "", "config.bad_line", ":3: a line is");
    write_file(fixture, "port = 1\n\nport = 2\n");
    assert_refused(fixture, "", "config.bad_line", ":3: port was set before at /tmp/");
    write_file(fixture, "port = 0\n");
    assert_refused(fixture, "", "config.bad_value", ":1: port is '0'");
    write_file(fixture, "= 0\n");
    assert_refused(fixture, "", "config.unknown_name", ":1:");
    assert_refused(fixture, "--config=/nonexistent/linli.conf", "config.unreadable",
                   "/nonexistent/linli.conf: No such file");
    assert_refused(fixture, "--config=/tmp", "config.unreadable", "/tmp: Is a directory");
    assert_refused(fixture, "--config=/dev/zero", "config.unreadable", "not a text file");
}

static void the_environment_can_name_the_file(void **state)
{
    struct fixture *fixture = *state;
    char *argv[] = {"linli", "serve", NULL};
    int argc = 2;

    write_file(fixture, "port = 99\n");
    setenv("LINLI_CONFIG", fixture->path, 1);
    assert_true(config_load(fixture->config, &argc, argv, &fixture->error));
    assert_int_equal(fixture->options.port, 99);
}

static void the_rest_of_the_command_line_stays_in_order(void **state)
{
    struct fixture *fixture = *state;
    char line[] =
        "user add --port=7 --role administrator --state_dir /x -v --verbose=2 -- --port=8";

    assert_true(load(fixture, line));
    assert_string_equal(line, "user add --role administrator -v --verbose=2 -- --port=8");
    assert_int_equal(fixture->options.port, 7);
    assert_string_equal(fixture->options.directory, "/x");
}

static void secrets_are_not_repeated(void **state)
{
    struct fixture *fixture = *state;
    char line[] = "--database.password=hunter2", *printed = NULL;
    size_t size;

    assert_true(load(fixture, line));
    FILE *out = open_memstream(&printed, &size);
    config_print(fixture->config, out);
    fclose(out);
    assert_null(strstr(printed, "hunter2"));
    assert_non_null(strstr(printed, "\ndatabase.password = (set)\n"));
    free(printed);
}

static void what_is_printed_says_where_from_and_loads_again(void **state)
{
    struct fixture *fixture = *state;
    char line[] = "--http.max_body 3M", *printed = NULL;
    size_t size;

    write_file(fixture, "\nport = 1234\n");
    setenv("LINLI_HTTP_IDLE_TIMEOUT", "2s", 1);
    assert_true(load(fixture, line));
    FILE *out = open_memstream(&printed, &size);
    config_print(fixture->config, out);
    fclose(out);
    assert_non_null(
        strstr(printed, "# Where it listens.\n#   a whole number, 1..65535; from /tmp/"));
    assert_non_null(strstr(printed, ":2\nport = 1234\n"));
    assert_non_null(strstr(printed, "reloadable; from environment\nhttp.idle_timeout = 2s\n"));
    assert_non_null(strstr(printed, "from command line\nhttp.max_body = 3M\n"));
    assert_non_null(strstr(printed, "from default\nlog.format = auto\n"));
    unsetenv("LINLI_HTTP_IDLE_TIMEOUT");
    write_file(fixture, printed);
    free(printed);
    assert_true(load(fixture, NULL));
    assert_int_equal(fixture->options.port, 1234);
    assert_int_equal(fixture->options.timeout_us, 2 * SECOND_US);
    assert_int_equal(fixture->options.most_bytes, 3 << 20);
}

static void reload_applies_what_it_may(void **state)
{
    struct fixture *fixture = *state;
    char line[] = "--log.format=json";

    write_file(fixture, "port = 1\nstate_dir = /old\nlog.format = auto\n");
    assert_true(load(fixture, line));
    const char *old = fixture->options.directory;
    write_file(fixture, "port = 2\nstate_dir = /new\nlog.format = people\nhttp.compress = yes\n");
    assert_true(config_reload(fixture->config, &fixture->error));
    assert_int_equal(fixture->options.port, 1); /* not reloadable */
    assert_string_equal(fixture->options.directory, "/new");
    assert_string_equal(old, "/old");             /* a reader may still hold it */
    assert_int_equal(fixture->options.format, 1); /* the command line still wins */
    assert_true(fixture->options.compress);
    write_file(fixture, "");
    assert_true(config_reload(fixture->config, &fixture->error));
    assert_string_equal(fixture->options.directory, "state");
    assert_false(fixture->options.compress);
}

static void reload_applies_all_or_nothing(void **state)
{
    struct fixture *fixture = *state;

    write_file(fixture, "state_dir = /old\n");
    assert_true(load(fixture, NULL));
    write_file(fixture, "state_dir = /new\nhttp.compress = perhaps\n");
    assert_false(config_reload(fixture->config, &fixture->error));
    assert_string_equal(fixture->error.code, "config.bad_value");
    assert_string_equal(fixture->options.directory, "/old");
    unlink(fixture->path);
    assert_false(config_reload(fixture->config, &fixture->error));
    assert_string_equal(fixture->error.code, "config.unreadable");
    assert_string_equal(fixture->options.directory, "/old");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(defaults_fill_everything, begin, end),
        cmocka_unit_test_setup_teardown(later_sources_win, begin, end),
        cmocka_unit_test_setup_teardown(every_type_is_read, begin, end),
        cmocka_unit_test_setup_teardown(units_are_exact, begin, end),
        cmocka_unit_test_setup_teardown(a_refusal_says_where_and_what_would_be_right, begin, end),
        cmocka_unit_test_setup_teardown(a_bad_file_is_refused_with_its_line, begin, end),
        cmocka_unit_test_setup_teardown(the_environment_can_name_the_file, begin, end),
        cmocka_unit_test_setup_teardown(the_rest_of_the_command_line_stays_in_order, begin, end),
        cmocka_unit_test_setup_teardown(secrets_are_not_repeated, begin, end),
        cmocka_unit_test_setup_teardown(what_is_printed_says_where_from_and_loads_again, begin,
                                        end),
        cmocka_unit_test_setup_teardown(reload_applies_what_it_may, begin, end),
        cmocka_unit_test_setup_teardown(reload_applies_all_or_nothing, begin, end),
    };

    log_configure(LOG_ERROR, LOG_JSON); /* what needs a restart is only worth a warning */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
