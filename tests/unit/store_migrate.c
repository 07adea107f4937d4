/* Migrations: in order, once, by one at a time, and never past what the binary knows. */
#include "unit.h"

#include <pthread.h>

#include "database.h"
#include "store/migrate.h"

static struct database database;
static struct db *db;
static struct error error;

static const struct migration first_release[] = {
    {"0001_one", "-- A comment that ends with a semicolon;\n"
                 "CREATE TABLE IF NOT EXISTS one (\n"
                 "    id INT PRIMARY KEY, -- not the end; of it\n"
                 "    -- nor this;\n"
                 "    name VARCHAR(40) NOT NULL\n"
                 ") ENGINE = InnoDB;\n"
                 "\n"
                 "INSERT INTO one (id, name) VALUES (1, 'a; b');   \r\n"
                 "INSERT INTO one (id, name)\n"
                 "VALUES (2, '邻里')"},
    {"0002_two", "CREATE TABLE IF NOT EXISTS two (id INT PRIMARY KEY) ENGINE = InnoDB;\n"},
    {0},
};

static const struct migration second_release[] = {
    {"0001_one", NULL}, /* filled in from the first */
    {"0002_two", NULL},
    {"0003_three", "ALTER TABLE one ADD COLUMN IF NOT EXISTS extra INT NULL;\n"
                   "UPDATE one SET extra = id * 10;\n"
                   "-- the last word is a comment\n"},
    {0},
};
static struct migration second[4];

static int set_up(void **state)
{
    int result = database_start(&database, state);

    db = db_new(&database.options);
    memcpy(second, second_release, sizeof(second));
    second[0].sql = first_release[0].sql;
    second[1].sql = first_release[1].sql;
    return result;
}

static int tear_down(void **state)
{
    db_free(db);
    return database_stop(&database, state);
}

static int empty(void **state)
{
    (void)state;
    return db_run(db, &error, "DROP TABLE IF EXISTS migrations, one, two, slow") < 0;
}

static int64_t number(const char *sql)
{
    struct rows *rows = db_query(db, sql);
    int64_t value = rows_next(rows) ? rows_int(rows, 0) : -1;

    if (!rows_end(rows, &error))
        fail_msg("%s: %s", error.code, error.detail);
    return value;
}

static int apply(const struct migration *list)
{
    int applied = -1;

    if (!migrate_list(db, list, &applied, &error))
        fail_msg("%s: %s", error.code, error.detail);
    return applied;
}

static void assert_refused(const struct migration *list, const char *code)
{
    int applied = -1;

    assert_false(migrate_list(db, list, &applied, &error));
    assert_int_equal(applied, 0);
    assert_string_equal(error.code, code);
}

static void test_each_once_and_in_order(void **state)
{
    (void)state;
    assert_int_equal(apply(first_release), 2);
    assert_int_equal(apply(first_release), 0);
    assert_int_equal(number("SELECT COUNT(*) FROM one WHERE name IN ('a; b', '邻里')"), 2);
    assert_int_equal(apply(second), 1);
    assert_int_equal(number("SELECT SUM(extra) FROM one"), 30);
    assert_int_equal(number("SELECT COUNT(*) FROM migrations WHERE name LIKE '%\\_t%'"), 2);
}

static void test_a_newer_schema_is_refused(void **state)
{
    (void)state;
    apply(second);
    assert_refused(first_release, "store.schema_newer");
    assert_non_null(strstr(error.detail, "0003_three"));
}

static void test_a_changed_file_is_refused(void **state)
{
    struct migration changed[3];

    (void)state;
    apply(first_release);
    memcpy(changed, first_release, sizeof(changed));
    changed[1].sql = "CREATE TABLE IF NOT EXISTS two (id INT PRIMARY KEY) ENGINE = InnoDB; \n";
    assert_refused(changed, "store.migration_changed");
    assert_non_null(strstr(error.detail, "0002_two"));
}

static void test_a_file_that_came_late_is_refused(void **state)
{
    const struct migration with_late[] = {
        first_release[0], {"0001_zwischen", "DO 1;\n"}, first_release[1], {0}};

    (void)state;
    apply(first_release);
    assert_refused(with_late, "store.migration_order");
}

static void test_one_that_fails_runs_again_from_its_start(void **state)
{
    struct migration broken[4];
    int applied;

    (void)state;
    memcpy(broken, second, sizeof(broken));
    broken[2].sql = "ALTER TABLE one ADD COLUMN IF NOT EXISTS extra INT NULL;\n"
                    "UPDATE nothing_like_it SET extra = 1;\n";
    assert_false(migrate_list(db, broken, &applied, &error));
    assert_int_equal(applied, 2);
    assert_string_equal(error.code, "store.migration_failed");
    assert_non_null(strstr(error.detail, "0003_three, statement 2"));
    assert_non_null(strstr(error.detail, "nothing_like_it"));
    assert_int_equal(apply(second), 1);
    assert_int_equal(number("SELECT SUM(extra) FROM one"), 30);
}

static const struct migration slow[] = {
    {"0001_slow", "CREATE TABLE slow (id INT PRIMARY KEY) ENGINE = InnoDB;\n"
                  "INSERT INTO slow SELECT SLEEP(0.2);\n"}, /* would fail the second time */
    {"0002_slow", "INSERT INTO slow SELECT COUNT(*) + SLEEP(0.2) FROM slow;\n"},
    {0},
};

static void *migrate_slowly(void *context)
{
    int *applied = context;
    struct error why = {0};
    struct db *own = db_new(&database.options);

    if (!migrate_list(own, slow, applied, &why)) {
        print_message("%s: %s\n", why.code, why.detail);
        *applied = -100;
    }
    db_free(own);
    return NULL;
}

static void test_servers_that_start_together(void **state)
{
    pthread_t threads[4];
    int applied[4], sum = 0;

    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, migrate_slowly, &applied[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        sum += applied[i];
    }
    assert_int_equal(sum, 2);
    assert_int_equal(number("SELECT COUNT(*) FROM slow"), 2);
}

/* What the binary carries, on an empty database: tables are utf8mb4 and each has a primary key. */
static void test_our_own(void **state)
{
    int applied = -1;
    int count = 0;

    (void)state;
    while (migrations[count].name)
        count++;
    assert_true(db_run(db, &error, "ALTER DATABASE linli CHARACTER SET latin1") >= 0);
    if (!migrate(db, &applied, &error))
        fail_msg("%s: %s", error.code, error.detail);
    assert_int_equal(applied, count);
    assert_true(migrate(db, &applied, &error));
    assert_int_equal(applied, 0);
    assert_int_equal(number("SELECT COUNT(*) FROM information_schema.tables AS t WHERE"
                            " t.table_schema = 'linli' AND (t.engine <> 'InnoDB' OR NOT EXISTS"
                            " (SELECT 1 FROM information_schema.statistics AS s WHERE"
                            "  s.table_schema = t.table_schema AND s.table_name = t.table_name AND"
                            "  s.index_name = 'PRIMARY'))"),
                     0);
    assert_int_equal(number("SELECT COUNT(*) FROM information_schema.columns WHERE"
                            " table_schema = 'linli' AND character_set_name NOT IN"
                            " ('utf8mb4', 'ascii')"),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_each_once_and_in_order, empty),
        cmocka_unit_test_setup(test_a_newer_schema_is_refused, empty),
        cmocka_unit_test_setup(test_a_changed_file_is_refused, empty),
        cmocka_unit_test_setup(test_a_file_that_came_late_is_refused, empty),
        cmocka_unit_test_setup(test_one_that_fails_runs_again_from_its_start, empty),
        cmocka_unit_test_setup(test_servers_that_start_together, empty),
        cmocka_unit_test_setup(test_our_own, empty),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
