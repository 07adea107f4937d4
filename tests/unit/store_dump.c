/* Every value that a dump knows comes back as it was; what it does not know is refused. */
#include "unit.h"

#include "database.h"
#include "store/dump.h"

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

static void must(bool good)
{
    if (!good)
        fail_msg("%s: %s", error.code, error.detail);
}

static void run(const char *sql)
{
    must(db_run(db, &error, sql) >= 0);
}

static int64_t number(const char *sql)
{
    struct rows *rows = db_query(db, sql);
    int64_t value = rows_next(rows) ? rows_int(rows, 0) : -1;

    must(rows_end(rows, &error));
    return value;
}

/* Where the dump goes, and what was told of it. */
struct sunk {
    struct buffer text;
    size_t statements;
    uint64_t told;
};

static bool sink_text(void *context, struct text text, struct error *why)
{
    struct sunk *sunk = context;

    (void)why;
    buffer_add(&sunk->text, text.data, text.length);
    sunk->statements++;
    return true;
}

static void sink_rows(void *context, uint64_t rows)
{
    ((struct sunk *)context)->told = rows;
}

static uint64_t dump(const char *table, struct sunk *sunk)
{
    struct dump_sink sink = {.write = sink_text, .progress = sink_rows, .context = sunk};
    uint64_t rows;

    must(db_begin_snapshot(db, &error));
    must(dump_table(db, table, &sink, &rows, &error));
    db_rollback(db);
    return rows;
}

/* As a restore does: a line, without its end and its semicolon. */
static void load(const char *table, const struct sunk *sunk)
{
    const char *at = sunk->text.data, *end;

    while (at && (end = strchr(at, '\n'))) {
        must(load_line(db, table, (struct text){at, (size_t)(end - at) - 1}, &error));
        at = end + 1;
    }
}

static void test_values_come_back_as_they_were(void **state)
{
    struct sunk sunk = {0};

    (void)state;
    run("CREATE TABLE every_type (id BIGINT UNSIGNED PRIMARY KEY, small TINYINT, big BIGINT,"
        " word VARCHAR(80), raw VARBINARY(80), hash BINARY(4), photo MEDIUMBLOB, tag CHAR(3))");
    run("INSERT INTO every_type VALUES"
        " (0, -128, -9223372036854775808, '邻里 🏮 ''quoted'' \\\\ \\n', x'00ff00', x'00000000',"
        "  REPEAT('y', 700000), 'abc'),"
        " (18446744073709551615, 127, 9223372036854775807, '', '', x'deadbeef', NULL, ''),"
        " (7, NULL, NULL, NULL, NULL, NULL, '', NULL)");
    run("CREATE TABLE as_it_was AS SELECT * FROM every_type");
    assert_int_equal(dump("every_type", &sunk), 3);
    assert_true(sunk.statements >= 2); /* a long row ends its statement */
    must(load_clear_table(db, "every_type", &error));
    load("every_type", &sunk);
    assert_int_equal(number("SELECT COUNT(*) FROM every_type"), 3);
    assert_int_equal(
        number("SELECT COUNT(*) FROM every_type e JOIN as_it_was w ON e.id = w.id"
               " AND e.small <=> w.small AND e.big <=> w.big AND BINARY e.word <=> BINARY w.word"
               " AND e.raw <=> w.raw AND e.hash <=> w.hash AND e.photo <=> w.photo"
               " AND BINARY e.tag <=> BINARY w.tag"),
        3);
    buffer_free(&sunk.text);
}

static void test_many_rows_are_many_statements_and_told(void **state)
{
    struct sunk sunk = {0};
    uint64_t rows;

    (void)state;
    run("CREATE TABLE many (id BIGINT PRIMARY KEY, word VARBINARY(600))");
    run("INSERT INTO many SELECT seq, REPEAT('z', 500) FROM seq_1_to_2500");
    assert_int_equal(dump("many", &sunk), 2500);
    assert_true(sunk.statements > 3);
    assert_int_equal(sunk.told, 2000);
    must(load_clear_table(db, "many", &error));
    load("many", &sunk);
    must(load_count(db, "many", &rows, &error));
    assert_int_equal(rows, 2500);
    buffer_free(&sunk.text);
}

/* The promise of one moment: what is committed after the snapshot is not in it. */
static void test_a_dump_is_of_the_snapshots_moment(void **state)
{
    struct sunk sunk = {0};
    struct dump_sink sink = {.write = sink_text, .progress = sink_rows, .context = &sunk};
    struct db *other = db_new(&database.options);
    uint64_t rows;

    (void)state;
    run("CREATE TABLE moving (id BIGINT PRIMARY KEY)");
    run("INSERT INTO moving VALUES (1), (2)");
    must(db_begin_snapshot(db, &error));
    must(db_run(other, &error, "INSERT INTO moving VALUES (3)") == 1);
    must(dump_table(db, "moving", &sink, &rows, &error));
    db_rollback(db);
    assert_int_equal(rows, 2);
    db_free(other);
    buffer_free(&sunk.text);
}

static void test_a_type_that_would_lose_something_is_refused(void **state)
{
    struct sunk sunk = {0};
    struct dump_sink sink = {.write = sink_text, .progress = sink_rows, .context = &sunk};
    uint64_t rows;

    (void)state;
    run("CREATE TABLE odd (id BIGINT PRIMARY KEY, price DECIMAL(10, 2))");
    assert_false(dump_table(db, "odd", &sink, &rows, &error));
    assert_string_equal(error.code, "dump.column");
    assert_non_null(strstr(error.detail, "price"));
}

static void test_only_inserts_into_that_table_are_loaded(void **state)
{
    static const char *const refused[] = {
        "DROP TABLE many",
        "INSERT INTO `many2` (`id`) VALUES (1)",
        "INSERT INTO many (`id`) VALUES (1)",
        "",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(refused); i++) {
        assert_false(load_line(db, "many", (struct text){refused[i], strlen(refused[i])}, &error));
        assert_string_equal(error.code, "load.line");
    }
    assert_false(load_clear_table(db, "many` WHERE 1; --", &error));
    assert_string_equal(error.code, "load.table");
}

/* Last: it empties the database. */
static void test_an_unfinished_load_is_marked_and_undone(void **state)
{
    struct arena *arena = arena_new();
    enum load_state found;
    char *note;

    (void)state;
    must(load_look(db, arena, &found, &note, &error));
    assert_int_equal(found, LOAD_IN_USE);
    must(load_undo(db, &error)); /* not marked: nothing happens */
    assert_int_equal(number("SELECT COUNT(*) FROM many"), 2500);
    must(load_refuse_unfinished(db, &error));
    must(load_begin(db, "linli-20261122T201501Z", &error));
    must(load_look(db, arena, &found, &note, &error));
    assert_int_equal(found, LOAD_UNFINISHED);
    assert_string_equal(note, "linli-20261122T201501Z");
    assert_false(load_refuse_unfinished(db, &error));
    assert_string_equal(error.code, "store.unfinished");
    must(load_undo(db, &error));
    must(load_look(db, arena, &found, &note, &error));
    assert_int_equal(found, LOAD_EMPTY);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_come_back_as_they_were),
        cmocka_unit_test(test_many_rows_are_many_statements_and_told),
        cmocka_unit_test(test_a_dump_is_of_the_snapshots_moment),
        cmocka_unit_test(test_a_type_that_would_lose_something_is_refused),
        cmocka_unit_test(test_only_inserts_into_that_table_are_loaded),
        cmocka_unit_test(test_an_unfinished_load_is_marked_and_undone),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
