/* The pruning jobs against a real database: what is old goes, what is young stays, all is seen. */
#include "unit.h"

#include "base/clock.h"
#include "database.h"
#include "jobs/jobs.h"
#include "outbox/inbox.h"
#include "store/migrate.h"

static struct database database;
static struct db *db;

static void run_sql(const char *sql)
{
    struct error error;

    if (db_run_values(db, &error, sql, (const struct db_value[]){{0}}) < 0)
        fail_msg("%s: %s", sql, error.detail);
}

static int64_t count(const char *sql)
{
    struct rows *rows = db_query_values(db, sql, (const struct db_value[]){{0}});
    int64_t number = rows_next(rows) ? rows_int(rows, 0) : -1;

    assert_true(rows_end(rows, NULL));
    return number;
}

static const _Atomic bool going_on = false;

static struct job_context context_at(int64_t now_us)
{
    return (struct job_context){.db = db, .now_us = now_us, .stopping = &going_on};
}

/* Keys spread over the whole space, 31 and 29 days old. */
static void answers_live_thirty_days(void **state)
{
    int64_t now_us = clock_now_us();
    struct job_context context = context_at(now_us);
    struct error error;

    (void)state;
    assert_true(db_begin(db, &error)); /* one wait for the disk instead of a thousand */
    for (int i = 0; i < 512; i++) {
        uint8_t key[16] = {(uint8_t)(i / 2), i % 2 ? 0xff : 0x00, (uint8_t)i};

        assert_true(db_run(db, &error,
                           "INSERT INTO answers (request_key, fingerprint, refusal, state, ref,"
                           " points, available, held, until_us, at_us, extra)"
                           " VALUES (?, '', 0, 0, 0, 0, 0, 0, 0, ?, 0)",
                           DB_BYTES(key, sizeof key),
                           DB_INT(now_us - (i % 3 ? 31 : 29) * DAY_US)) == 1);
    }
    for (int run = 0; run < 4096; run++)
        assert_true(answers_prune(&context, &error));
    assert_int_equal(count("SELECT COUNT(*) FROM answers"), 171);
    assert_int_equal(context.cursor, 4096);
    assert_true(answers_prune(&context, &error)); /* and begins again */
    assert_int_equal(context.cursor, 1);
    assert_true(db_commit(db, &error));
}

static void limits_go_when_their_period_is_over(void **state)
{
    int64_t now_us = clock_now_us();
    struct job_context context = context_at(now_us);
    struct error error;

    (void)state;
    run_sql("INSERT INTO limit_uses (member_id, subject, period, used, ends_us)"
            " SELECT seq, 1, 7, 100, 1000 FROM seq_1_to_25000");
    assert_true(db_run(db, &error,
                       "INSERT INTO limit_uses (member_id, subject, period, used, ends_us)"
                       " SELECT seq, 1, 8, 100, ? FROM seq_1_to_100",
                       DB_INT(now_us - MINUTE_US)) == 100);
    assert_true(limits_prune(&context, &error));
    assert_true(context.cursor > 0); /* a run has a bound */
    while (context.cursor > 0)
        assert_true(limits_prune(&context, &error));
    assert_int_equal(count("SELECT COUNT(*) FROM limit_uses"), 100);
}

static void notices_live_half_a_year(void **state)
{
    int64_t now_us = clock_now_us();
    struct job_context context = context_at(now_us);
    struct error error;

    (void)state;
    assert_true(inbox_tell(db, 7, NOTICE_STATEMENT_NEEDED, 9, json_pack("{s:s}", "title", "会"),
                           now_us - NOTICE_KEPT_US - 1, &error));
    assert_true(inbox_tell(db, 7, NOTICE_STATEMENT_NEEDED, 9, NULL, now_us - DAY_US, &error));
    assert_true(notices_prune(&context, &error));
    assert_int_equal(count("SELECT COUNT(*) FROM notices"), 1);
    assert_int_equal(count("SELECT COUNT(*) FROM notices WHERE details = '{}'"), 1);
}

static void a_database_that_is_away_is_an_error(void **state)
{
    struct db_options nowhere = database.options;
    struct job_context context = context_at(clock_now_us());
    struct error error;
    char url[] = "mysql://root@/linli?socket=/nonexistent/socket";

    (void)state;
    nowhere.url = url;
    nowhere.connect_timeout_us = 100 * INT64_C(1000);
    context.db = db_new(&nowhere);
    assert_false(answers_prune(&context, &error));
    assert_false(limits_prune(&context, &error));
    assert_false(notices_prune(&context, &error));
    assert_false(lots_expire(&context, &error));
    assert_int_equal(context.cursor, 0);
    db_free(context.db);
}

static int set_up(void **state)
{
    struct error error;

    if (database_start(&database, state) != 0)
        return -1;
    db = db_new(&database.options);
    return db_connect(db, &error) && migrate(db, NULL, &error) ? 0 : -1;
}

static int tear_down(void **state)
{
    db_free(db);
    return database_stop(&database, state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_live_thirty_days),
        cmocka_unit_test(limits_go_when_their_period_is_over),
        cmocka_unit_test(notices_live_half_a_year),
        cmocka_unit_test(a_database_that_is_away_is_an_error),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
