/* The embedded MariaDB: started, shared, adopted, restarted, stopped, nothing left behind. */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "database.h"
#include "store/embedded_internal.h"

static struct database database; /* its directory only */
static struct embedded_options options;
static struct error error;

static int set_up(void **state)
{
    (void)state;
    database_directory(&database);
    options =
        (struct embedded_options){.state_dir = database.state_dir, .buffer_pool = 16 * 1024 * 1024};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    database_clear(&database);
    return 0;
}

static struct embedded *start(void)
{
    struct embedded *embedded = embedded_start(&options, &error);

    if (!embedded)
        fail_msg("%s: %s", error.code, error.detail);
    return embedded;
}

static struct db *connect_to(struct embedded *embedded)
{
    database.options = (struct db_options){.url = (char *)(uintptr_t)embedded_url(embedded),
                                           .connect_timeout_us = 5 * SECOND_US,
                                           .io_timeout_us = 60 * SECOND_US};
    return db_new(&database.options);
}

static int64_t number(struct db *db, const char *sql)
{
    struct rows *rows = db_query(db, sql);
    int64_t value = rows_next(rows) ? rows_int(rows, 0) : -1;

    if (!rows_end(rows, &error))
        fail_msg("%s: %s", error.code, error.detail);
    return value;
}

static void run(struct db *db, const char *sql)
{
    if (db_run(db, &error, sql) < 0)
        fail_msg("%s: %s", error.code, error.detail);
}

static bool lives(pid_t pid)
{
    return pid > 0 && kill(pid, 0) == 0;
}

/* Whether a process that is not our child has ended; nobody may be there to reap it. */
static bool has_ended(pid_t pid)
{
    char path[64], state = 0;

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return true;
    int read = fscanf(file, "%*d (%*[^)]) %c", &state);
    fclose(file);
    return read != 1 || state == 'Z';
}

static void assert_nothing_left(void)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/db", database.state_dir);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));)
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "data") != 0 &&
            strcmp(entry->d_name, "tmp") != 0)
            fail_msg("left behind: %s", entry->d_name);
    closedir(directory);
}

static void test_from_nothing_and_again(void **state)
{
    int64_t start_us = clock_monotonic_us();
    struct stat about;
    char path[128];

    (void)state;
    struct embedded *embedded = start();
    print_message("from nothing: %d ms\n", (int)((clock_monotonic_us() - start_us) / 1000));
    struct db *db = connect_to(embedded);
    run(db, "CREATE TABLE kept (id INT PRIMARY KEY) ENGINE = InnoDB");
    run(db, "INSERT INTO kept (id) VALUES (42)");
    pid_t pid = database_pid(database.state_dir);
    assert_true(lives(pid));
    assert_int_equal(getsid(pid), pid); /* a terminal's Ctrl-C does not reach it */
    snprintf(path, sizeof(path), "%s/db", database.state_dir);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0700);
    db_free(db);
    embedded_stop(embedded);
    assert_false(lives(pid));
    assert_nothing_left();

    start_us = clock_monotonic_us();
    embedded = start();
    print_message("again: %d ms\n", (int)((clock_monotonic_us() - start_us) / 1000));
    db = connect_to(embedded);
    assert_int_equal(number(db, "SELECT id FROM kept"), 42);
    db_free(db);
    embedded_stop(embedded);
}

/* What a process holds open, by name, standard streams aside. */
static void test_it_inherits_only_its_directory(void **state)
{
    char path[128], target[256];
    int leak = open("/dev/zero", O_RDONLY); /* without O_CLOEXEC */

    (void)state;
    struct embedded *embedded = start();
    snprintf(path, sizeof(path), "/proc/%d/fd", database_pid(database.state_dir));
    DIR *directory = opendir(path);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));) {
        ssize_t length = readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1);
        if (length < 0)
            continue;
        target[length] = 0;
        if (strcmp(target, "/dev/zero") == 0 || strstr(target, "db.lock") ||
            strstr(target, "db.holders"))
            fail_msg("inherited: %s", target);
    }
    closedir(directory);
    close(leak);
    embedded_stop(embedded);
}

static void test_the_last_holder_stops_it(void **state)
{
    (void)state;
    struct embedded *first = start();
    struct embedded *second = start();
    pid_t pid = database_pid(database.state_dir);
    struct db *db = connect_to(second);

    assert_string_equal(embedded_url(first), embedded_url(second));
    embedded_stop(first);
    assert_true(lives(pid));
    assert_int_equal(number(db, "SELECT 1"), 1);
    db_free(db);
    struct embedded *third = start();
    assert_int_equal(database_pid(database.state_dir), pid);
    embedded_stop(second);
    assert_true(lives(pid));
    embedded_stop(third);
    assert_false(lives(pid));
    assert_nothing_left();
}

static void test_a_killed_one_serves_again_within_two_seconds(void **state)
{
    (void)state;
    struct embedded *embedded = start();
    struct embedded *other = start(); /* two watchers, one restart */
    struct db *db = connect_to(embedded);

    for (int i = 0; i < 4; i++) {
        pid_t pid = database_pid(database.state_dir);
        assert_int_equal(number(db, "SELECT id FROM kept"), 42);
        kill(pid, SIGKILL);
        int64_t start_us = clock_monotonic_us();
        struct rows *rows;
        bool served;
        do {
            rows = db_query(db, "SELECT id FROM kept");
            served = rows_next(rows) && rows_int(rows, 0) == 42;
            served = rows_end(rows, &error) && served;
        } while (!served && clock_monotonic_us() - start_us < 2 * SECOND_US);
        int64_t took_us = clock_monotonic_us() - start_us;
        assert_true(served);
        assert_true(took_us < 2 * SECOND_US);
        assert_int_not_equal(database_pid(database.state_dir), pid);
        print_message("served again after %d ms\n", (int)(took_us / 1000));
    }
    db_free(db);
    embedded_stop(other);
    embedded_stop(embedded);
    assert_nothing_left();
}

/* Starts in a child that says so and then sleeps until it is killed. */
static pid_t start_in_child(void)
{
    int ends[2];
    char byte;

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(database.leash); /* the guardian waits for its end */
        if (!embedded_start(&options, NULL) || write(ends[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    return child;
}

static void test_what_a_killed_linli_left_is_adopted(void **state)
{
    (void)state;
    pid_t child = start_in_child();
    pid_t pid = database_pid(database.state_dir);

    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_true(lives(pid));
    int64_t start_us = clock_monotonic_us();
    struct embedded *embedded = start();
    print_message("adopted in %d ms\n", (int)((clock_monotonic_us() - start_us) / 1000));
    assert_int_equal(database_pid(database.state_dir), pid);

    /* Watched like a child of ours. */
    struct db *db = connect_to(embedded);
    assert_int_equal(number(db, "SELECT id FROM kept"), 42);
    kill(pid, SIGKILL);
    usleep(20 * 1000);
    assert_int_equal(number(db, "SELECT id FROM kept"), 42);
    pid_t next = database_pid(database.state_dir);
    assert_int_not_equal(next, pid);
    db_free(db);
    embedded_stop(embedded);
    assert_true(has_ended(next));
    assert_nothing_left();
}

/* Killed at random while it makes the directory and starts: whatever it leaves, the next works. */
static void test_killed_while_it_starts(void **state)
{
    char data[128];
    uint64_t random = 3;

    (void)state;
    snprintf(data, sizeof(data), "%s/db/data", database.state_dir);
    for (int i = 0; i < 4; i++) {
        if (i % 2 == 0)
            database_remove(data);
        pid_t child = fork();
        if (child == 0) {
            close(database.leash);
            struct embedded *embedded = embedded_start(&options, NULL);
            (void)embedded;
            for (;;)
                pause();
        }
        usleep((useconds_t)random_below(&random, 250 * 1000));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        struct embedded *embedded = start();
        struct db *db = connect_to(embedded);
        assert_int_equal(number(db, "SELECT 7"), 7);
        run(db, "CREATE TABLE IF NOT EXISTS kept (id INT PRIMARY KEY) ENGINE = InnoDB");
        db_free(db);
        embedded_stop(embedded);
        assert_nothing_left();
    }
}

static void test_many_start_and_stop_at_once(void **state)
{
    pid_t children[4];

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(children); i++) {
        children[i] = fork();
        if (children[i] != 0)
            continue;
        close(database.leash);
        for (int turn = 0; turn < 3; turn++) {
            struct embedded *embedded = embedded_start(&options, &error);
            if (!embedded)
                _exit(1);
            struct db *db = connect_to(embedded);
            bool good = db_run(db, &error, "DO 1") == 0;
            db_free(db);
            embedded_stop(embedded);
            if (!good)
                _exit(2);
        }
        _exit(0);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(children); i++) {
        int status = -1;
        waitpid(children[i], &status, 0);
        assert_int_equal(status, 0);
    }
    assert_nothing_left();
}

/* Where mariadbd's account cannot walk to, with a path longer than a socket address, and a name
 * that must be escaped: all that needs real paths (temporary tables, sorting, DDL) still works. */
static void test_a_deep_and_closed_place(void **state)
{
    char closed[128], deep[256];
    char *before = options.state_dir;

    (void)state;
    snprintf(closed, sizeof(closed), "%s/closed", database.state_dir);
    snprintf(
        deep, sizeof(deep),
        "%s/a name with spaces, %%41 and 邻里/and a length that no socket address can ever hold "
        "because it goes on and on and on and on",
        closed);
    options.state_dir = deep;
    assert_int_equal(mkdir(closed, 0700), 0);
    struct embedded *embedded = start();
    struct db *db = connect_to(embedded);
    run(db, "CREATE TABLE a (id INT PRIMARY KEY, t TEXT) ENGINE = InnoDB");
    run(db, "INSERT INTO a SELECT seq, REPEAT('x', 2000) FROM seq_1_to_3000");
    run(db, "ALTER TABLE a ADD COLUMN n INT NULL, ADD INDEX by_n (n)");
    run(db, "CREATE TABLE b LIKE a");
    run(db, "RENAME TABLE b TO c");
    run(db, "TRUNCATE TABLE c");
    run(db, "DROP TABLE c");
    run(db, "SET SESSION sort_buffer_size = 32768, tmp_memory_table_size = 0");
    assert_int_equal(number(db, "SELECT COUNT(*) FROM (SELECT t, id FROM a GROUP BY t, id"
                                " ORDER BY t DESC, id LIMIT 2000) AS g"),
                     2000);
    assert_true(number(db, "SELECT COUNT(*) FROM information_schema.tables") > 0);
    assert_true(number(db, "SELECT COUNT(*) FROM information_schema.processlist") > 0);
    db_free(db);
    embedded_stop(embedded);
    embedded = start();
    db = connect_to(embedded);
    assert_int_equal(number(db, "SELECT COUNT(*) FROM a"), 3000);
    db_free(db);
    embedded_stop(embedded);
    options.state_dir = before;
}

static void test_errors_say_what_to_do(void **state)
{
    struct embedded_options wrong = options;

    (void)state;
    wrong.server = (char[]){"/nonexistent/mariadbd"};
    assert_null(embedded_start(&wrong, &error));
    assert_string_equal(error.code, "store.embedded");
    assert_non_null(strstr(error.detail, "database.server"));
    wrong.server = (char[]){"/bin/false"}; /* starts and ends at once */
    assert_null(embedded_start(&wrong, &error));
    assert_non_null(strstr(error.detail, "db.log"));
    wrong.state_dir = (char[]){"/dev/null/state"};
    wrong.server = options.server;
    assert_null(embedded_start(&wrong, &error));
    assert_non_null(strstr(error.detail, "/dev/null/state"));
}

static off_t size_of(const char *directory, const char *name)
{
    char path[PATH_MAX];
    struct stat about;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    return stat(path, &about) == 0 ? about.st_size : -1;
}

static void write_log(int file, size_t bytes)
{
    char line[1024];

    memset(line, 'x', sizeof(line));
    for (size_t done = 0; done < bytes; done += sizeof(line))
        assert_int_equal(write(file, line, sizeof(line)), sizeof(line));
}

/* mariadbd's own descriptor outlives a rotation, and goes on at the beginning of the file. */
static void test_a_long_log_is_moved_away_under_its_writer(void **state)
{
    char place[256];
    struct embedded embedded = {.state_dir = place};

    (void)state;
    snprintf(place, sizeof(place), "%s/log", database.state_dir);
    assert_int_equal(mkdir(place, 0700), 0);
    int file = log_open(&embedded);
    assert_true(file >= 0);
    write_log(file, LOG_MOST);
    log_rotate(&embedded);
    assert_int_equal(size_of(place, "db.log"), LOG_MOST); /* not more than it may be */
    write_log(file, 1024 * 1024);
    log_rotate(&embedded);
    assert_int_equal(size_of(place, "db.log"), 0);
    assert_int_equal(size_of(place, "db.log.1"), LOG_MOST); /* the last of it */
    write_log(file, 1024);
    assert_int_equal(size_of(place, "db.log"), 1024);
    close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_nothing_and_again),
        cmocka_unit_test(test_it_inherits_only_its_directory),
        cmocka_unit_test(test_the_last_holder_stops_it),
        cmocka_unit_test(test_a_killed_one_serves_again_within_two_seconds),
        cmocka_unit_test(test_what_a_killed_linli_left_is_adopted),
        cmocka_unit_test(test_killed_while_it_starts),
        cmocka_unit_test(test_many_start_and_stop_at_once),
        cmocka_unit_test(test_a_deep_and_closed_place),
        cmocka_unit_test(test_errors_say_what_to_do),
        cmocka_unit_test(test_a_long_log_is_moved_away_under_its_writer),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
