/* The builder and the batch: what goes in as bytes comes out as the same bytes. */
#include "unit.h"

#include "database.h"

static struct database database;
static struct db *db;
static struct error error;

static int set_up(void **state)
{
    int result = database_start(&database, state);

    db = db_new(&database.options);
    return result;
}

static int tear_down(void **state)
{
    db_free(db);
    return database_stop(&database, state);
}

static void send_batch(struct sql *sql)
{
    if (!db_batch(db, sql, &error))
        fail_msg("%s: %s", error.code, error.detail);
    sql_free(sql);
}

static struct rows *next_result(void)
{
    struct rows *rows = db_batch_next(db, &error);

    if (!rows)
        fail_msg("no result: %s", error.detail);
    return rows;
}

static void end_batch(void)
{
    if (!db_batch_end(db, &error))
        fail_msg("%s: %s", error.code, error.detail);
}

static void test_text_of_every_part(void **state)
{
    struct sql sql = {0};
    const uint64_t ids[] = {1, UINT64_MAX, 30};

    (void)state;
    sql_add(&sql, "A ");
    sql_add_int(&sql, INT64_MIN);
    sql_add(&sql, ",");
    sql_add_int(&sql, -7);
    sql_add(&sql, ",");
    sql_add_int(&sql, INT64_MAX);
    sql_add(&sql, ",");
    sql_add_id(&sql, 0);
    sql_add_bytes(&sql, "\x00\xFF'", 3);
    sql_add_bytes(&sql, NULL, 0);
    sql_add_null(&sql);
    sql_add_ids(&sql, ids, 3);
    sql_end(&sql);
    assert_string_equal(sql.text.data, "A -9223372036854775808,-7,9223372036854775807,0"
                                       "x'00ff27'''NULL(1,18446744073709551615,30);");
    assert_int_equal(sql.rows, 3);
    sql_clear(&sql);
    assert_int_equal(sql.text.length, 0);
    assert_int_equal(sql.rows, 0);
    sql_free(&sql);
}

static void test_odd_bytes_survive(void **state)
{
    uint64_t random = 1;
    uint8_t bytes[3000], back[3000];
    struct sql sql = {0};

    (void)state;
    for (int turn = 0; turn < 200; turn++) {
        size_t length = random_below(&random, turn % 4 == 0 ? sizeof(bytes) : 12);
        for (size_t i = 0; i < length; i++)
            bytes[i] = turn % 2 ? (uint8_t)random_u64(&random)
                                : (uint8_t) "';\\\"\0-#`\n%"[random_below(&random, 10)];
        sql_add(&sql, "SELECT ");
        sql_add_bytes(&sql, bytes, length);
        sql_add(&sql, ", LENGTH(");
        sql_add_bytes(&sql, bytes, length);
        sql_add(&sql, ")");
        sql_end(&sql);
        send_batch(&sql);
        struct rows *rows = next_result();
        assert_true(rows_next(rows));
        rows_bytes(rows, 0, back, length);
        assert_memory_equal(back, bytes, length);
        assert_int_equal(rows_int(rows, 1), length);
        assert_true(rows_end(rows, &error));
        end_batch();
    }
}

static void test_random_integers_survive(void **state)
{
    uint64_t random = 2;
    int64_t values[64];
    struct sql sql = {0};

    (void)state;
    for (unsigned i = 0; i < 64; i++)
        values[i] = (int64_t)(random_u64(&random) >> i);
    values[0] = INT64_MIN;
    sql_add(&sql, "CREATE TEMPORARY TABLE numbers (i INT, s BIGINT, u BIGINT UNSIGNED);"
                  "INSERT INTO numbers (i, s, u) VALUES ");
    for (unsigned i = 0; i < 64; i++) {
        sql_add_literal(&sql, i == 0 ? "(" : ",(", i == 0 ? 1 : 2);
        sql_add_int(&sql, i);
        sql_add(&sql, ",");
        sql_add_int(&sql, values[i]);
        sql_add(&sql, ",");
        sql_add_id(&sql, (uint64_t)values[i]);
        sql_add(&sql, ")");
    }
    sql_add(&sql, ";SELECT s, u FROM numbers ORDER BY i;");
    send_batch(&sql);
    struct rows *rows = next_result();
    for (unsigned i = 0; i < 64; i++) {
        assert_true(rows_next(rows));
        assert_true(rows_int(rows, 0) == values[i]);
        assert_true(rows_id(rows, 1) == (uint64_t)values[i]);
    }
    assert_true(rows_end(rows, &error));
    end_batch();
}

static void make_table(void)
{
    struct sql sql = {0};

    sql_add(&sql, "DROP TABLE IF EXISTS batched;"
                  "CREATE TABLE batched (id BIGINT UNSIGNED PRIMARY KEY, n BIGINT NULL,"
                  " hash BINARY(4) NULL) ENGINE = InnoDB;"
                  "INSERT INTO batched (id, n, hash) VALUES (1, 10, x'00010203'), (2, NULL, NULL)");
    sql_end(&sql);
    send_batch(&sql);
    end_batch();
}

static void test_results_come_in_order(void **state)
{
    struct sql sql = {0};
    struct arena *arena = arena_new();
    uint8_t hash[4];

    (void)state;
    make_table();
    sql_add(&sql, "BEGIN;"
                  "SELECT id, n, hash FROM batched ORDER BY id FOR UPDATE;"
                  "UPDATE batched SET n = 11 WHERE id = 1;"
                  "SELECT n, 'text' FROM batched WHERE id = 1;"
                  "SELECT 1 FROM batched WHERE id = 99;"
                  "COMMIT");
    sql_end(&sql);
    send_batch(&sql);

    struct rows *rows = next_result();
    assert_true(rows_next(rows));
    assert_true(rows_id(rows, 0) == 1);
    assert_int_equal(rows_int(rows, 1), 10);
    rows_bytes(rows, 2, hash, 4);
    assert_memory_equal(hash, "\0\1\2\3", 4);
    assert_true(rows_next(rows));
    assert_true(rows_is_null(rows, 1));
    assert_int_equal(rows_int(rows, 1), 0);
    assert_null(rows_copy(rows, 2, arena));
    assert_false(rows_next(rows));
    assert_true(rows_end(rows, &error));

    rows = next_result();
    assert_true(rows_next(rows));
    assert_int_equal(rows_int(rows, 0), 11);
    assert_string_equal(rows_copy(rows, 1, arena), "text");
    assert_true(rows_end(rows, &error)); /* not read to its end */

    rows = next_result();
    assert_false(rows_next(rows));
    assert_true(rows_end(rows, &error));

    assert_null(db_batch_next(db, &error));
    assert_int_equal(db_error_kind(db), DB_OK);
    end_batch();
    arena_free(arena);
}

static void test_the_rest_is_not_run_after_a_failure(void **state)
{
    struct sql sql = {0};

    (void)state;
    make_table();
    sql_add(&sql, "SELECT id FROM batched;"
                  "INSERT INTO batched (id, n) VALUES (3, 1);"
                  "INSERT INTO batched (id, n) VALUES (1, 1);"
                  "INSERT INTO batched (id, n) VALUES (4, 1)");
    sql_end(&sql);
    send_batch(&sql);
    struct rows *rows = next_result();
    assert_true(rows_next(rows));
    assert_true(rows_end(rows, &error));
    assert_null(db_batch_next(db, &error));
    assert_int_equal(db_error_kind(db), DB_DUPLICATE);
    assert_string_equal(error.code, "store.duplicate");
    assert_non_null(strstr(error.detail, "statement 3"));
    error = (struct error){0};
    assert_false(db_batch_end(db, &error));
    assert_string_equal(error.code, "store.duplicate");

    rows = db_query(db, "SELECT MAX(id) FROM batched");
    assert_true(rows_next(rows));
    assert_int_equal(rows_int(rows, 0), 3);
    assert_true(rows_end(rows, &error));
}

static void test_a_batch_ends_without_being_read(void **state)
{
    struct sql sql = {0};

    (void)state;
    for (int i = 0; i < 20; i++)
        sql_add(&sql, "SELECT seq FROM seq_1_to_1000;");
    send_batch(&sql);
    end_batch();
    /* Left with a result open: rollback tidies up. */
    sql_add(&sql, "BEGIN;SELECT 1;SELECT 2;");
    send_batch(&sql);
    struct rows *rows = next_result();
    assert_true(rows_next(rows));
    db_rollback(db);
    rows = db_query(db, "SELECT 3");
    assert_true(rows_next(rows));
    assert_int_equal(rows_int(rows, 0), 3);
    assert_true(rows_end(rows, &error));
}

/* A prepared statement is one statement, also on a connection that batches. */
static void test_only_batches_take_several_statements(void **state)
{
    (void)state;
    struct rows *rows = db_query(db, "SELECT 1; SELECT 2");
    assert_false(rows_next(rows));
    assert_false(rows_end(rows, &error));
    assert_int_equal(db_error_kind(db), DB_BROKEN);
    assert_non_null(strstr(error.detail, "near 'SELECT 2'"));
}

/* Program text may be shown, values may not. */
static void test_a_batch_error_shows_no_values(void **state)
{
    struct sql sql = {0};

    (void)state;
    sql_add(&sql, "SELEKT ");
    sql_add_bytes(&sql, "13800138000", 11);
    sql_end(&sql);
    send_batch(&sql);
    assert_false(db_batch_end(db, &error));
    assert_int_equal(db_error_kind(db), DB_BROKEN);
    assert_null(strstr(error.detail, "3133"));
    assert_null(strstr(error.detail, "SELEKT"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_of_every_part),
        cmocka_unit_test(test_odd_bytes_survive),
        cmocka_unit_test(test_random_integers_survive),
        cmocka_unit_test(test_results_come_in_order),
        cmocka_unit_test(test_the_rest_is_not_run_after_a_failure),
        cmocka_unit_test(test_a_batch_ends_without_being_read),
        cmocka_unit_test(test_only_batches_take_several_statements),
        cmocka_unit_test(test_a_batch_error_shows_no_values),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
