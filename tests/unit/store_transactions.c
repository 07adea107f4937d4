/* Errors are told apart, whole transactions run again, and a lost COMMIT is never guessed. */
#include "unit.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "database.h"

static struct database database;
static struct db *db;    /* the one looked at */
static struct db *other; /* the one in its way */
static struct error error;

static int set_up(void **state)
{
    int result = database_start(&database, state);

    db = db_new(&database.options);
    other = db_new(&database.options);
    return result;
}

static int tear_down(void **state)
{
    db_free(db);
    db_free(other);
    return database_stop(&database, state);
}

static void run_on(struct db *on, const char *sql)
{
    if (db_run(on, &error, sql) < 0)
        fail_msg("%s: %s", error.code, error.detail);
}

static int64_t number_on(struct db *on, const char *sql)
{
    struct rows *rows = db_query(on, sql);
    int64_t number = rows_next(rows) ? rows_int(rows, 0) : -1;

    if (!rows_end(rows, &error))
        fail_msg("%s: %s", error.code, error.detail);
    return number;
}

static int make_table(void **state)
{
    (void)state;
    run_on(db, "DROP TABLE IF EXISTS t");
    run_on(db, "CREATE TABLE t (id INT PRIMARY KEY, n INT NOT NULL, s VARCHAR(40) NOT NULL,"
               " UNIQUE KEY phone (s)) ENGINE = InnoDB");
    run_on(db, "INSERT INTO t (id, n, s) VALUES (1, 10, 'one'), (2, 20, 'O''Brien')");
    return 0;
}

static void kill_connection(struct db *victim)
{
    int64_t id = number_on(victim, "SELECT CONNECTION_ID()");
    char sql[64];

    snprintf(sql, sizeof(sql), "KILL %d", (int)id);
    run_on(other, sql);
    while (number_on(other, "SELECT COUNT(*) FROM information_schema.processlist"
                            " WHERE command <> 'Daemon'") > 1)
        ;
}

static void test_a_duplicate_shows_the_key_and_not_the_value(void **state)
{
    (void)state;
    assert_int_equal(db_run(db, &error, "INSERT INTO t (id, n, s) VALUES (?, 1, ?)", DB_INT(3),
                            DB_STR("O'Brien")),
                     -1);
    assert_int_equal(db_error_kind(db), DB_DUPLICATE);
    assert_string_equal(error.code, "store.duplicate");
    assert_null(strstr(error.detail, "Brien"));
    assert_non_null(strstr(error.detail, "phone"));
}

static void test_a_lock_wait_ends(void **state)
{
    (void)state;
    run_on(db, "SET SESSION innodb_lock_wait_timeout = 1");
    assert_true(db_begin(other, &error));
    run_on(other, "UPDATE t SET n = 21 WHERE id = 2");
    int64_t start_us = clock_monotonic_us();
    /* The wait may come after the first row was already sent. */
    struct rows *rows = db_query(db, "SELECT id FROM t WHERE id IN (1, 2) FOR UPDATE");
    assert_false(rows_next(rows));
    assert_false(rows_end(rows, &error));
    assert_int_equal(db_error_kind(db), DB_RETRY);
    assert_true(clock_monotonic_us() - start_us < 3 * SECOND_US);
    assert_int_equal(db_run(db, &error, "UPDATE t SET n = 22 WHERE id = 2"), -1);
    assert_int_equal(db_error_kind(db), DB_RETRY);
    db_rollback(other);
    /* The same statement serves again. */
    assert_int_equal(number_on(db, "SELECT id FROM t WHERE id IN (1, 2) FOR UPDATE"), 1);
    run_on(db, "SET SESSION innodb_lock_wait_timeout = 5");
}

/* Locks row 1, then row 2, while `other` does it the other way round. */
struct crossing {
    int runs;
    pthread_t thread;
    struct error other_error;
};

static void *other_crosses(void *context)
{
    struct crossing *crossing = context;

    /* The heavier one: InnoDB rolls back whoever wrote less. */
    if (db_run(other, &crossing->other_error, "UPDATE t SET n = n + 100 WHERE id = 1") < 0)
        db_rollback(other);
    return NULL;
}

static bool crossing_work(struct db *on, void *context, struct error *why)
{
    struct crossing *crossing = context;

    if (db_run(on, why, "UPDATE t SET n = n + 1 WHERE id = 1") < 0)
        return false;
    if (crossing->runs++ == 0) {
        pthread_create(&crossing->thread, NULL, other_crosses, crossing);
        while (number_on(on, "SELECT COUNT(*) FROM information_schema.innodb_trx"
                             " WHERE trx_state = 'LOCK WAIT'") == 0)
            usleep(120 * 1000); /* InnoDB refreshes this table when it was not read for 100 ms */
    }
    bool good = db_run(on, why, "UPDATE t SET n = n + 1 WHERE id = 2") >= 0;
    if (!good) {
        assert_int_equal(db_error_kind(on), DB_RETRY);
        /* It is over on the server: nothing may run as if it were not. */
        assert_int_equal(db_run(on, why, "INSERT INTO t (id, n, s) VALUES (9, 9, 'stray')"), -1);
        pthread_join(crossing->thread, NULL);
        assert_true(db_commit(other, why));
    }
    return good;
}

static void test_a_deadlock_runs_again(void **state)
{
    struct crossing crossing = {0};

    (void)state;
    assert_true(db_begin(other, &error));
    run_on(other, "UPDATE t SET n = n + 100 WHERE id = 2");
    run_on(other, "INSERT INTO t (id, n, s) VALUES (5, 1, 'five'), (6, 1, 'six'), (7, 1, 'seven')");
    assert_true(db_transaction(db, crossing_work, &crossing, &error));
    assert_int_equal(crossing.runs, 2);
    assert_int_equal(number_on(db, "SELECT n FROM t WHERE id = 1"), 111);
    assert_int_equal(number_on(db, "SELECT n FROM t WHERE id = 2"), 121);
    assert_int_equal(number_on(db, "SELECT COUNT(*) FROM t WHERE id = 9"), 0);
}

static bool give_up(struct db *on, void *context, struct error *why)
{
    ++*(int *)context;
    if (db_run(on, why, "UPDATE t SET n = 0") < 0)
        return false;
    return error_set(why, "test.no", "changed my mind");
}

static void test_work_that_gives_up_is_rolled_back_once(void **state)
{
    int runs = 0;

    (void)state;
    assert_false(db_transaction(db, give_up, &runs, &error));
    assert_int_equal(runs, 1);
    assert_string_equal(error.code, "test.no");
    assert_int_equal(number_on(db, "SELECT SUM(n) FROM t"), 30);
}

static bool never_gets_the_lock(struct db *on, void *context, struct error *why)
{
    ++*(int *)context;
    return db_run(on, why, "UPDATE t SET n = 0 WHERE id = 2") >= 0;
}

static void test_retries_end(void **state)
{
    int runs = 0;

    (void)state;
    run_on(db, "SET SESSION innodb_lock_wait_timeout = 0"); /* at once */
    assert_true(db_begin(other, &error));
    run_on(other, "UPDATE t SET n = 21 WHERE id = 2");
    assert_false(db_transaction(db, never_gets_the_lock, &runs, &error));
    assert_int_equal(runs, 5);
    assert_string_equal(error.code, "store.retry");
    db_rollback(other);
    run_on(db, "SET SESSION innodb_lock_wait_timeout = 5");
}

static void test_a_connection_killed_while_idle_is_made_again(void **state)
{
    (void)state;
    kill_connection(db);
    assert_int_equal(db_run(db, &error, "UPDATE t SET n = n + 1 WHERE id = 1"), 1);
    assert_int_equal(number_on(db, "SELECT n FROM t WHERE id = 1"), 11);
    kill_connection(db);
    assert_int_equal(number_on(db, "SELECT n FROM t WHERE id = 1"), 11);
    kill_connection(db);
    assert_true(db_begin(db, &error));
    assert_true(db_commit(db, &error));
    kill_connection(db);
    struct sql sql = {0};
    sql_add(&sql, "SELECT 1;SELECT 2;");
    assert_true(db_batch(db, &sql, &error));
    assert_true(db_batch_end(db, &error));
    sql_free(&sql);
}

static void test_a_transaction_lost_stays_lost_until_rollback(void **state)
{
    (void)state;
    assert_true(db_begin(db, &error));
    run_on(db, "UPDATE t SET n = n + 1 WHERE id = 1");
    kill_connection(db);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(db_run(db, &error, "UPDATE t SET n = n + 1 WHERE id = 2"), -1);
        assert_int_equal(db_error_kind(db), DB_LOST);
        assert_string_equal(error.code, "store.lost");
    }
    assert_false(db_commit(db, &error));
    assert_string_equal(error.code, "store.lost"); /* no COMMIT was sent: nothing is unknown */
    db_rollback(db);
    assert_int_equal(db_error_kind(db), DB_LOST);
    assert_int_equal(number_on(db, "SELECT SUM(n) FROM t"), 30);
}

/* The same for a transaction that a batch began. */
static void test_a_batch_transaction_lost(void **state)
{
    struct sql sql = {0};

    (void)state;
    sql_add(&sql, "BEGIN;SELECT id FROM t FOR UPDATE;");
    assert_true(db_batch(db, &sql, &error));
    assert_true(db_batch_end(db, &error));
    kill_connection(db);
    sql_clear(&sql);
    sql_add(&sql, "UPDATE t SET n = 0;COMMIT;");
    assert_false(db_batch(db, &sql, &error));
    assert_int_equal(db_error_kind(db), DB_LOST);
    db_rollback(db);
    assert_int_equal(number_on(db, "SELECT SUM(n) FROM t"), 30);
    sql_free(&sql);
}

static bool lose_once(struct db *on, void *context, struct error *why)
{
    int *runs = context;

    if (db_run(on, why, "UPDATE t SET n = n + 1 WHERE id = 1") < 0)
        return false;
    if ((*runs)++ == 0)
        kill_connection(on);
    return db_run(on, why, "UPDATE t SET n = n + 1 WHERE id = 2") >= 0;
}

static void test_a_transaction_lost_before_commit_runs_again(void **state)
{
    int runs = 0;

    (void)state;
    assert_true(db_transaction(db, lose_once, &runs, &error));
    assert_int_equal(runs, 2);
    assert_int_equal(number_on(db, "SELECT SUM(n) FROM t"), 32);
}

static void test_rows_being_read_when_the_connection_goes(void **state)
{
    (void)state;
    struct rows *rows = db_query(db, "SELECT id FROM t ORDER BY id");
    assert_true(rows_next(rows));
    kill_connection(db);
    assert_int_equal(number_on(db, "SELECT 1"), 1); /* reconnects under the open rows */
    assert_false(rows_next(rows));
    assert_false(rows_end(rows, &error));
    assert_string_equal(error.code, "store.lost");

    rows = db_stream(db, "SELECT a.seq FROM seq_1_to_1000 AS a, seq_1_to_1000 AS b");
    assert_true(rows_next(rows));
    char sql[64];
    snprintf(sql, sizeof(sql), "KILL %d",
             (int)number_on(other, "SELECT id FROM information_schema.processlist"
                                   " WHERE info LIKE '%seq_1_to_1000%' AND id <> CONNECTION_ID()"));
    run_on(other, sql);
    while (rows_next(rows))
        ;
    assert_false(rows_end(rows, &error));
    assert_int_equal(db_error_kind(db), DB_LOST);
    assert_int_equal(number_on(db, "SELECT 1"), 1);
}

static void test_nobody_there(void **state)
{
    struct db_options options = database.options;
    int64_t start_us = clock_monotonic_us();

    (void)state;
    options.url = (char[]){"mysql://linli@localhost/linli?socket=/nonexistent/socket"};
    options.connect_timeout_us = SECOND_US;
    struct db *nobody = db_new(&options);
    assert_false(db_connect(nobody, &error)); /* one try */
    assert_true(clock_monotonic_us() - start_us < SECOND_US / 2);
    assert_int_equal(db_error_kind(nobody), DB_LOST);
    assert_int_equal(db_run(nobody, &error, "DO 1"), -1); /* tries for as long as allowed */
    assert_true(clock_monotonic_us() - start_us < 3 * SECOND_US / 2);
    assert_string_equal(error.code, "store.lost");
    assert_false(db_is_connected(nobody));
    db_free(nobody);

    options.url = (char[]){""};
    nobody = db_new(&options);
    assert_false(db_connect(nobody, &error));
    assert_int_equal(db_error_kind(nobody), DB_BROKEN);
    assert_string_equal(error.code, "store.url");
    db_free(nobody);
}

/* Stands between and cuts the connection at the next COMMIT. */
enum cut { CUT_NEVER, CUT_BEFORE, CUT_AFTER };
static _Atomic int cut;
static int proxy_listener;

static int proxy_connect(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/db/socket", database.state_dir);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* Passes on what one end says; false when the connection is over. */
static bool proxy_pass(int from, int to, bool from_client)
{
    char bytes[4096];
    ssize_t length = read(from, bytes, sizeof(bytes));

    if (length <= 0)
        return false;
    bool commit = from_client && cut != CUT_NEVER && memmem(bytes, (size_t)length, "COMMIT", 6);
    if (commit && atomic_exchange(&cut, CUT_NEVER) == CUT_BEFORE)
        return false;
    if (write(to, bytes, (size_t)length) != length)
        return false;
    if (commit) /* the server has answered, and the answer goes nowhere */
        assert_true(read(to, bytes, sizeof(bytes)) > 0);
    return !commit;
}

static void *proxy(void *unused)
{
    int client;

    (void)unused;
    while ((client = accept4(proxy_listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        int server = proxy_connect();
        struct pollfd ends[] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
        bool open = true;
        while (open && poll(ends, 2, -1) > 0) {
            if (ends[0].revents)
                open = proxy_pass(client, server, true);
            if (open && ends[1].revents)
                open = proxy_pass(server, client, false);
        }
        close(client);
        close(server);
    }
    return NULL;
}

static bool add_one(struct db *on, void *context, struct error *why)
{
    ++*(int *)context;
    return db_run(on, why, "UPDATE t SET n = n + 1 WHERE id = 1") == 1;
}

static void cut_at_commit(struct db *through, enum cut where, int64_t expected)
{
    int runs = 0;

    cut = where;
    assert_false(db_transaction(through, add_one, &runs, &error));
    assert_int_equal(runs, 1); /* unknown: only the caller may decide to run it again */
    assert_string_equal(error.code, "store.unknown");
    assert_int_equal(db_error_kind(through), DB_LOST);
    assert_int_equal(number_on(through, "SELECT n FROM t WHERE id = 1 FOR UPDATE"), expected);
}

static void test_a_commit_whose_answer_is_lost_is_unknown(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct db_options options = database.options;
    char url[160];
    pthread_t thread;

    (void)state;
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/proxy", database.state_dir);
    snprintf(url, sizeof(url), "mysql://linli@localhost/linli?socket=%s", address.sun_path);
    options.url = url;
    proxy_listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(proxy_listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(proxy_listener, 5), 0);
    pthread_create(&thread, NULL, proxy, NULL);

    struct db *through = db_new(&options);
    assert_int_equal(number_on(through, "SELECT n FROM t WHERE id = 1"), 10);
    cut_at_commit(through, CUT_BEFORE, 10);
    cut_at_commit(through, CUT_AFTER, 11);
    int runs = 0;
    assert_true(db_transaction(through, add_one, &runs, &error));
    assert_int_equal(number_on(through, "SELECT n FROM t WHERE id = 1"), 12);
    db_free(through);
    shutdown(proxy_listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(proxy_listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_duplicate_shows_the_key_and_not_the_value, make_table),
        cmocka_unit_test_setup(test_a_lock_wait_ends, make_table),
        cmocka_unit_test_setup(test_a_deadlock_runs_again, make_table),
        cmocka_unit_test_setup(test_work_that_gives_up_is_rolled_back_once, make_table),
        cmocka_unit_test_setup(test_retries_end, make_table),
        cmocka_unit_test_setup(test_a_connection_killed_while_idle_is_made_again, make_table),
        cmocka_unit_test_setup(test_a_transaction_lost_stays_lost_until_rollback, make_table),
        cmocka_unit_test_setup(test_a_batch_transaction_lost, make_table),
        cmocka_unit_test_setup(test_a_transaction_lost_before_commit_runs_again, make_table),
        cmocka_unit_test_setup(test_rows_being_read_when_the_connection_goes, make_table),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test_setup(test_a_commit_whose_answer_is_lost_is_unknown, make_table),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
