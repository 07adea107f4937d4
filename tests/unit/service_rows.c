/*
 * The SQL of market's and service's rows against a real database: worlds of the whole product are
 * played in batches whose stock, redemptions, statements and records are locked, filled and written
 * by their row kinds. In the end every row must be what a book that never left memory has.
 */
#include "product_world.h"
#include "simulator_database.h"

#include "market/statements.h"
#include "service/erase.h"

#define WORLDS 6

static struct database server;
static struct db *db;

/* --- The server's ordinary statements --------------------------------------------------------- */

static void insert_records(struct db *to, const struct command *command)
{
    const struct check_in *want = (const struct check_in *)command;
    struct error error = {0};

    for (size_t i = 0; i < want->count; i++) {
        const struct record *record = &want->records[i];

        sim_expect(db_run(to, &error,
                          "INSERT INTO records (record_id, activity_id, member_id, state, grade,"
                          " started_us, ended_us, minutes, points, reviewed_by, reviewed_us, note,"
                          " proposed_by, notice_until_us)"
                          " VALUES (?, ?, ?, ?, ?, ?, 0, ?, 0, 0, 0, 'kept', ?, ?)",
                          DB_ID(record->row.key), DB_ID(record->activity_id),
                          DB_ID(record->member_id), DB_INT(record->state), DB_INT(record->grade),
                          DB_INT(record->started_us), DB_INT(record->minutes),
                          DB_ID(record->proposed_by), DB_INT(record->notice_until_us)) == 1,
                   &error, NULL);
    }
}

static void end_record(struct db *to, const struct command *command)
{
    const struct check_out *want = (const struct check_out *)command;
    struct error error = {0};

    sim_expect(db_run(to, &error,
                      "UPDATE records SET state = ?, ended_us = ?, minutes = ?"
                      " WHERE record_id = ? AND state = ?",
                      DB_INT(RECORD_PENDING), DB_INT(want->ended_us), DB_INT(want->minutes),
                      DB_ID(want->record_id), DB_INT(RECORD_OPEN)) >= 0,
               &error, NULL);
}

static void update_terms(struct db *to, const struct command *command)
{
    const struct change_terms *want = (const struct change_terms *)command;
    const struct reward reward = {.id = want->reward_id,
                                  .merchant_id = merchant_of(want->reward_id)};
    struct error error = {0};

    sim_expect(reward_change_terms(to, &reward, want->seen_version, &want->terms, &error) ==
                   FIND_FOUND,
               &error, NULL);
}

static void insert_period(struct db *to, const struct command *command)
{
    const struct open_period *want = (const struct open_period *)command;
    struct error error = {0};

    sim_expect(db_run(to, &error,
                      "INSERT INTO statements (statement_id, merchant_id, state, from_us,"
                      " cut_off_us, line_count, points, reimburse_fen, opened_by, opened_us)"
                      " VALUES (?, ?, ?, 0, ?, 0, 0, 0, 0, 0)",
                      DB_ID(want->statement_id), DB_ID(want->merchant_id),
                      DB_INT(STATEMENT_FILLING), DB_INT(want->cut_off_us)) == 1,
               &error, NULL);
}

static void end_period(struct db *to, const struct command *command)
{
    const struct close_period *want = (const struct close_period *)command;
    struct error error = {0};

    sim_expect(statement_close(to, want->statement_id, 0, &error), &error, NULL);
}

static void withdraw_held(struct db *to, const struct command *command)
{
    const struct erase *want = (const struct erase *)command;
    struct error error = {0};

    sim_expect(service_withdraw_held(to, want->member_id, want->at_us, &error), &error, NULL);
}

/* --- The tables ------------------------------------------------------------------------------- */

static void insert_stock(struct sql *sql, uint64_t reward_id, const struct reward_terms *terms)
{
    const int64_t numbers[] = {terms->state,
                               terms->price,
                               terms->reimburse_fen,
                               1,
                               terms->limit_count,
                               terms->limit_days,
                               terms->valid_us,
                               0,
                               0,
                               0,
                               0};

    sql_add(sql, "INSERT INTO stock (reward_id, merchant_id, state, price, reimburse_fen,"
                 " terms_version, limit_count, limit_days, valid_us, initial, free, held, sold)"
                 " VALUES (");
    sql_add_id(sql, reward_id);
    sql_add(sql, ",");
    sql_add_id(sql, merchant_of(reward_id));
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
        sql_add(sql, ",");
        sql_add_int(sql, numbers[i]);
    }
    sql_add(sql, ");");
}

static void begin_tables(struct sql *sql)
{
    sim_begin_ledger(sql);
    sql_add(sql, "DELETE FROM stock;DELETE FROM redemptions;DELETE FROM records;"
                 "DELETE FROM checks;DELETE FROM statements;DELETE FROM statement_lines;DELETE "
                 "FROM merchants;");
    for (uint64_t id = FIRST_MERCHANT; id < FIRST_MERCHANT + MERCHANTS; id++) {
        sql_add(sql, "INSERT INTO merchants (merchant_id, name, sector, address, state, created_us)"
                     " VALUES (");
        sql_add_id(sql, id);
        sql_add(sql, ",'',1,'',0,0);");
    }
    for (size_t i = 0; i < REWARDS; i++)
        insert_stock(sql, FIRST_REWARD + i, &first_terms[i]);
}

static void lock_from(const struct row_kind *kind, struct sql *sql, uint64_t first, size_t count)
{
    uint64_t ids[WORLD_STEPS * COME_MOST];

    for (size_t i = 0; i < count; i++)
        ids[i] = first + i;
    kind->lock(sql, (struct row_keys){ids, count});
}

static void select_tables(struct sql *sql, int64_t now_us)
{
    sim_select_ledger(sql, now_us);
    lock_from(&stock_rows, sql, FIRST_REWARD, REWARDS);
    lock_from(&redemption_rows, sql, VOUCHER_BASE, WORLD_STEPS);
    lock_from(&statement_rows, sql, PERIOD_BASE, WORLD_STEPS);
    sql_add(sql, "SELECT redemption_id, statement_id, confirmed_us FROM statement_lines;");
    lock_from(&record_rows, sql, LOT_BASE, WORLD_STEPS * COME_MOST);
    lock_from(&check_rows, sql, CHECK_BASE, WORLD_STEPS);
}

static void fill_lines(struct book *book, struct rows *rows)
{
    while (rows_next(rows)) {
        struct statement_line *line = book_add(book, &statement_line_rows, rows_id(rows, 0));

        line->statement_id = rows_id(rows, 1);
        line->confirmed_us = rows_int(rows, 2);
    }
}

static void fill_tables(struct book *book, struct db *from)
{
    sim_fill_ledger(book, from);
    sim_fill(book, from, stock_rows.fill);
    sim_fill(book, from, redemption_rows.fill);
    sim_fill(book, from, statement_rows.fill);
    sim_fill(book, from, fill_lines);
    sim_fill(book, from, record_rows.fill);
    sim_fill(book, from, check_rows.fill);
}

static void play_world(uint64_t *random)
{
    static const struct sim_statement statements[] = {
        {&statement_propose, sim_insert_proposal}, {&statement_check_in, insert_records},
        {&statement_check_out, end_record},        {&statement_change_terms, update_terms},
        {&statement_open_period, insert_period},   {&statement_close_period, end_period},
        {&statement_erase, withdraw_held},
    };
    const struct sim_database database = {
        .db = db,
        .statements = statements,
        .statement_count = ARRAY_LENGTH(statements),
        .begin = begin_tables,
        .select_all = select_tables,
        .fill_all = fill_tables,
    };
    struct script *script = product_script(random);
    const struct sim sim = {
        .kinds = product_kinds,
        .kind_count = ARRAY_LENGTH(product_kinds),
        .steps = script->steps,
        .step_count = WORLD_STEPS,
        .begin = product_begin,
        .look_up = product_look_up,
        .check = sim_check_nothing,
    };

    sim_play_by_sql(&sim, &database, random);
    script_free(script);
}

/* --- The tests -------------------------------------------------------------------------------- */

static int64_t ask(const char *query)
{
    struct error error = {0};
    struct rows *rows = db_query(db, query);
    int64_t answer = rows_next(rows) ? rows_int(rows, 0) : -1;

    sim_expect(rows_end(rows, &error), &error, NULL);
    return answer;
}

static void the_database_has_what_the_book_has(void **state)
{
    int64_t lines = 0, used = 0, withdrawn = 0;
    uint64_t random = 12;

    (void)state;
    for (int i = 0; i < WORLDS; i++) {
        play_world(&random);
        lines += ask("SELECT COUNT(*) FROM statement_lines");
        used += ask("SELECT COUNT(*) FROM redemptions WHERE confirmed_us > 0");
        withdrawn += ask("SELECT COUNT(*) FROM checks WHERE state = 4 AND kind = 1");
        assert_int_equal(ask("SELECT COUNT(*) FROM records WHERE note <> 'kept'"), 0);
    }
    assert_true(lines > 0 && used > lines && withdrawn > 0);
}

static bool write_redemption(struct redemption *redemption)
{
    struct row *rows[] = {&redemption->row};
    struct error error = {0};
    struct sql sql = {0};

    redemption_rows.write(&sql, rows, 1);
    bool sent = db_batch(db, &sql, &error) && db_batch_end(db, &error);
    sql_free(&sql);
    return sent;
}

/* A voucher that came twice past every guard must stop the batch, not bring the first one back to
 * life; so must one whose code is another's. */
static void a_new_redemption_that_is_there_already_is_a_duplicate(void **state)
{
    struct redemption first = {
        .row = {.key = 1, .is_new = true}, .state = REDEMPTION_CONFIRMED, .code_hash = {1}};
    struct redemption same = {
        .row = {.key = 1, .is_new = true}, .state = REDEMPTION_ISSUED, .code_hash = {2}};
    struct redemption same_code = {
        .row = {.key = 2, .is_new = true}, .state = REDEMPTION_ISSUED, .code_hash = {1}};

    (void)state;
    assert_int_equal(db_run(db, NULL, "DELETE FROM redemptions") >= 0, true);
    assert_true(write_redemption(&first));
    assert_false(write_redemption(&same));
    assert_int_equal(db_error_kind(db), DB_DUPLICATE);
    assert_false(write_redemption(&same_code));
    assert_int_equal(db_error_kind(db), DB_DUPLICATE);
    assert_int_equal(ask("SELECT state FROM redemptions"), REDEMPTION_CONFIRMED);
}

/* Terms that changed while a batch held the row's counts would be lost if it wrote them. */
static void only_the_counts_of_stock_are_written(void **state)
{
    struct stock stock = {.row = {.key = FIRST_REWARD},
                          .initial = 9,
                          .free = 4,
                          .held = 3,
                          .sold = 2,
                          .price = 77,
                          .terms_version = 9};
    struct row *rows[] = {&stock.row};
    struct sql sql = {0};

    (void)state;
    begin_tables(&sql);
    stock_rows.write(&sql, rows, 1);
    sim_send(db, &sql);
    assert_int_equal(ask("SELECT free FROM stock WHERE reward_id = 501"), 4);
    assert_int_equal(ask("SELECT held FROM stock WHERE reward_id = 501"), 3);
    assert_int_equal(ask("SELECT sold FROM stock WHERE reward_id = 501"), 2);
    assert_int_equal(ask("SELECT price FROM stock WHERE reward_id = 501"), first_terms[0].price);
    assert_int_equal(ask("SELECT terms_version FROM stock WHERE reward_id = 501"), 1);
    sql_free(&sql);
}

static int set_up(void **state)
{
    return sim_database_start(&server, &db, state);
}

static int tear_down(void **state)
{
    db_free(db);
    return database_stop(&server, state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_database_has_what_the_book_has),
        cmocka_unit_test(a_new_redemption_that_is_there_already_is_a_duplicate),
        cmocka_unit_test(only_the_counts_of_stock_are_written),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
