/* Values of every type go into a real MariaDB and come back, by either protocol. */
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

static void run(const char *sql)
{
    if (db_run(db, &error, sql) < 0)
        fail_msg("%s: %s", error.code, error.detail);
}

static void end(struct rows *rows)
{
    assert_false(rows_next(rows));
    if (!rows_end(rows, &error))
        fail_msg("%s: %s", error.code, error.detail);
}

static void assert_text(struct text text, const char *expected, size_t length)
{
    assert_int_equal(text.length, length);
    assert_memory_equal(text.data, expected, length);
}

static void test_integers(void **state)
{
    static const int64_t signeds[] = {0, 1, -1, 127, -128, INT32_MIN, INT64_MAX, INT64_MIN};
    static const uint64_t unsigneds[] = {0, 1, UINT32_MAX, INT64_MAX, 1ULL << 63, UINT64_MAX};

    (void)state;
    run("CREATE TEMPORARY TABLE integers (s BIGINT, u BIGINT UNSIGNED)");
    for (size_t i = 0; i < ARRAY_LENGTH(signeds); i++) {
        run("DELETE FROM integers");
        assert_int_equal(db_run(db, &error, "INSERT INTO integers (s, u) VALUES (?, ?)",
                                DB_INT(signeds[i]), DB_ID(unsigneds[i % 6])),
                         1);
        struct rows *rows = db_query(db, "SELECT s, u FROM integers");
        assert_true(rows_next(rows));
        assert_true(rows_int(rows, 0) == signeds[i]);
        assert_true(rows_id(rows, 1) == unsigneds[i % 6]);
        end(rows);
    }
}

static void test_integers_are_text_too(void **state)
{
    (void)state;
    struct rows *rows = db_query(
        db, "SELECT CAST(-42 AS SIGNED), CAST(18446744073709551615 AS UNSIGNED), 7, NULL + 0");
    assert_true(rows_next(rows));
    assert_text(rows_text(rows, 0), "-42", 3);
    assert_text(rows_text(rows, 1), "18446744073709551615", 20);
    assert_text(rows_text(rows, 2), "7", 1);
    assert_null(rows_text(rows, 3).data);
    end(rows);
}

static void test_small_types_keep_their_sign(void **state)
{
    (void)state;
    run("CREATE TEMPORARY TABLE small (a TINYINT, b TINYINT UNSIGNED, c SMALLINT, d MEDIUMINT,"
        " e INT, f INT UNSIGNED, g BOOL)");
    run("INSERT INTO small VALUES (-1, 255, -32768, -8388608, -2147483648, 4294967295, TRUE)");
    struct rows *rows = db_query(db, "SELECT a, b, c, d, e, f, g FROM small");
    assert_true(rows_next(rows));
    static const int64_t expected[] = {-1, 255, -32768, -8388608, INT32_MIN, UINT32_MAX, 1};
    for (unsigned i = 0; i < ARRAY_LENGTH(expected); i++)
        assert_true(rows_int(rows, i) == expected[i]);
    end(rows);
}

static void test_sums_are_decimals_and_read_as_integers(void **state)
{
    (void)state;
    struct rows *rows = db_query(db, "SELECT SUM(n), -SUM(n), AVG(n), SUM(NULL), COUNT(*) FROM"
                                     " (SELECT 9007199254740993 AS n UNION ALL SELECT 10) AS t");
    assert_true(rows_next(rows));
    assert_true(rows_int(rows, 0) == INT64_C(9007199254741003));
    assert_true(rows_int(rows, 1) == -INT64_C(9007199254741003));
    assert_true(rows_int(rows, 2) == INT64_C(4503599627370501)); /* cut, not rounded */
    assert_true(rows_is_null(rows, 3));
    assert_int_equal(rows_int(rows, 3), 0);
    assert_int_equal(rows_int(rows, 4), 2);
    end(rows);
}

static void test_every_byte_survives(void **state)
{
    uint8_t all[256], back[256];

    (void)state;
    for (unsigned i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    run("CREATE TEMPORARY TABLE bytes (id INT, short VARBINARY(256), long_one BLOB)");
    assert_int_equal(db_run(db, &error, "INSERT INTO bytes (id, short, long_one) VALUES (?, ?, ?)",
                            DB_INT(1), DB_BYTES(all, 256), DB_BYTES(all, 256)),
                     1);
    struct rows *rows =
        db_query(db, "SELECT short, long_one FROM bytes WHERE short = ?", DB_BYTES(all, 256));
    assert_true(rows_next(rows));
    for (unsigned column = 0; column < 2; column++) {
        memset(back, 0, sizeof(back));
        rows_bytes(rows, column, back, sizeof(back));
        assert_memory_equal(back, all, 256);
    }
    end(rows);
}

static void test_texts_and_null(void **state)
{
    static const char *const texts[] = {"", "O'Brien \"x\" \\ ; -- /*", "服务得积分，积分享爱心",
                                        "\xF0\x9F\x8F\x98 four bytes"};
    struct arena *arena = arena_new();

    (void)state;
    run("CREATE TEMPORARY TABLE texts (t VARCHAR(100), n VARCHAR(100)) CHARACTER SET utf8mb4");
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        run("DELETE FROM texts");
        assert_int_equal(db_run(db, &error, "INSERT INTO texts (t, n) VALUES (?, ?)",
                                DB_STR(texts[i]), DB_STR(NULL)),
                         1);
        struct rows *rows =
            db_query(db, "SELECT t, n FROM texts WHERE t = ? AND n IS NULL", DB_STR(texts[i]));
        assert_true(rows_next(rows));
        assert_text(rows_text(rows, 0), texts[i], strlen(texts[i]));
        assert_string_equal(rows_copy(rows, 0, arena), texts[i]);
        assert_false(rows_is_null(rows, 0));
        assert_true(rows_is_null(rows, 1));
        assert_null(rows_copy(rows, 1, arena));
        assert_int_equal(rows_int(rows, 1), 0);
        end(rows);
    }
    arena_free(arena);
}

/* A null, then short, long, longer and short again: buffers grow, and nothing of a longer row is
 * left in a shorter one. */
static void test_values_of_growing_length(void **state)
{
    static const size_t lengths[] = {3, 255, 256, 257, 5000, 300000, 0, 17};
    char *big = memory_new(300000);

    (void)state;
    memset(big, 'x', 300000);
    run("CREATE TEMPORARY TABLE growing (id INT PRIMARY KEY, t MEDIUMTEXT, u MEDIUMTEXT)");
    for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++)
        assert_int_equal(db_run(db, &error, "INSERT INTO growing (id, t, u) VALUES (?, ?, ?)",
                                DB_INT(i), DB_BYTES(big, lengths[i]), DB_STR("short")),
                         1);
    for (int streaming = 0; streaming < 2; streaming++) {
        static const char sql[] = "SELECT id, t, u FROM growing ORDER BY id";
        struct rows *rows = streaming ? db_stream(db, sql) : db_query(db, sql);
        for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
            assert_true(rows_next(rows));
            assert_int_equal(rows_int(rows, 0), i);
            assert_text(rows_text(rows, 1), big, lengths[i]);
            assert_text(rows_text(rows, 2), "short", 5);
        }
        end(rows);
    }
    free(big);
}

static void test_nothing_is_cut_silently(void **state)
{
    (void)state;
    run("CREATE TEMPORARY TABLE strict (t VARCHAR(3) CHARACTER SET utf8mb4, n TINYINT)");
    assert_int_equal(db_run(db, &error, "INSERT INTO strict (t) VALUES (?)", DB_STR("four")), -1);
    assert_int_equal(db_error_kind(db), DB_BROKEN);
    assert_int_equal(db_run(db, &error, "INSERT INTO strict (n) VALUES (?)", DB_INT(128)), -1);
    assert_int_equal(db_run(db, &error, "INSERT INTO strict (t) VALUES (?)", DB_STR("\xFF\xFE")),
                     -1);
    assert_null(strstr(error.detail, "xFF")); /* a value is never shown */
    assert_non_null(strstr(error.detail, "INSERT INTO strict"));
}

static void test_a_query_inside_the_same_query(void **state)
{
    static const char sql[] = "SELECT n FROM (SELECT 1 AS n UNION SELECT 2 UNION SELECT 3) AS t"
                              " ORDER BY n";
    int64_t sum = 0;

    (void)state;
    struct rows *outer = db_query(db, sql);
    while (rows_next(outer)) {
        struct rows *inner = db_query(db, sql);
        while (rows_next(inner))
            sum += rows_int(outer, 0) * rows_int(inner, 0);
        assert_true(rows_end(inner, &error));
    }
    assert_true(rows_end(outer, &error));
    assert_int_equal(sum, 36);
}

static void test_affected_rows_are_matched_rows(void **state)
{
    (void)state;
    run("CREATE TEMPORARY TABLE matched (id INT PRIMARY KEY, n INT)");
    run("INSERT INTO matched VALUES (1, 5), (2, 5)");
    assert_int_equal(db_run(db, &error, "UPDATE matched SET n = ?", DB_INT(5)), 2);
    assert_int_equal(db_run(db, &error, "UPDATE matched SET n = 6 WHERE n = ?", DB_INT(4)), 0);
}

/* More texts than the cache holds; a text at the same address as another before it. */
static void test_many_texts(void **state)
{
    char sql[64];

    (void)state;
    for (int i = 0; i < 600; i++) {
        snprintf(sql, sizeof(sql), "SELECT %d", i);
        struct rows *rows = db_query_values(db, sql, (const struct db_value[]){{0}});
        assert_true(rows_next(rows));
        assert_int_equal(rows_int(rows, 0), i);
        end(rows);
    }
}

static void test_the_session_is_as_promised(void **state)
{
    (void)state;
    struct rows *rows = db_query(db, "SELECT @@tx_isolation, @@character_set_connection,"
                                     " @@innodb_lock_wait_timeout, @@time_zone,"
                                     " @@sql_mode LIKE '%STRICT_ALL_TABLES%',"
                                     " @@innodb_flush_log_at_trx_commit, @@skip_networking");
    assert_true(rows_next(rows));
    assert_text(rows_text(rows, 0), "READ-COMMITTED", 14);
    assert_text(rows_text(rows, 1), "utf8mb4", 7);
    assert_int_equal(rows_int(rows, 2), 5);
    assert_text(rows_text(rows, 3), "+00:00", 6);
    assert_int_equal(rows_int(rows, 4), 1);
    assert_int_equal(rows_int(rows, 5), 1);
    assert_int_equal(rows_int(rows, 6), 1);
    end(rows);
}

static void test_a_stream_left_early(void **state)
{
    (void)state;
    struct rows *rows = db_stream(db, "SELECT seq FROM seq_1_to_100000");
    for (int64_t i = 1; i <= 10; i++) {
        assert_true(rows_next(rows));
        assert_true(rows_int(rows, 0) == i);
    }
    assert_true(rows_end(rows, &error));
    rows = db_query(db, "SELECT 1");
    assert_true(rows_next(rows));
    end(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_integers_are_text_too),
        cmocka_unit_test(test_small_types_keep_their_sign),
        cmocka_unit_test(test_sums_are_decimals_and_read_as_integers),
        cmocka_unit_test(test_every_byte_survives),
        cmocka_unit_test(test_texts_and_null),
        cmocka_unit_test(test_values_of_growing_length),
        cmocka_unit_test(test_nothing_is_cut_silently),
        cmocka_unit_test(test_a_query_inside_the_same_query),
        cmocka_unit_test(test_affected_rows_are_matched_rows),
        cmocka_unit_test(test_many_texts),
        cmocka_unit_test(test_the_session_is_as_promised),
        cmocka_unit_test(test_a_stream_left_early),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
