/*
 * The ledger's SQL against a real database: random worlds are played in batches whose wallets and
 * proposals are loaded and written by their row kinds. In the end every row must be what a book
 * that never left memory has.
 */
#include "ledger_world.h"
#include "simulator_database.h"

#define WORLDS 6

static struct database server;
static struct db *db;

static void play_world(uint64_t *random)
{
    static const struct sim_statement statements[] = {{&statement_propose, sim_insert_proposal}};
    const struct sim_database database = {
        .db = db,
        .statements = statements,
        .statement_count = ARRAY_LENGTH(statements),
        .begin = sim_begin_ledger,
        .select_all = sim_select_ledger,
        .fill_all = sim_fill_ledger,
    };
    struct script *script = world_script(random);
    const struct sim sim = {
        .kinds = world_kinds,
        .kind_count = ARRAY_LENGTH(world_kinds),
        .steps = script->steps,
        .step_count = WORLD_STEPS,
        .begin = open_wallets,
        .check = sim_check_nothing,
    };

    sim_play_by_sql(&sim, &database, random);
    script_free(script);
}

static void the_database_has_what_the_book_has(void **state)
{
    uint64_t random = 7;

    (void)state;
    for (int i = 0; i < WORLDS; i++)
        play_world(&random);
}

/* An award that came twice past every guard must stop the batch, not add to the first. */
static void a_new_lot_that_is_there_already_is_a_duplicate(void **state)
{
    struct book *book = book_new();
    struct transfer award = {.kind = TRANSFER_AWARD, .from = account_of(ACCOUNT_ISSUANCE, 0)};
    struct error error = {0};
    struct sql sql = {0};
    size_t count;

    (void)state;
    sim_begin_ledger(&sql);
    sim_send(db, &sql);
    for (int round = 0; round < 2; round++) {
        book_clear(book);
        book_begin(book, 1, 1, 0);
        wallet_credit(book, book_add(book, &wallet_rows, 1), &award, 5, 100, DAY_US, LOT_RECORD, 1);
        struct row *const *rows = book_changed(book, &wallet_rows, &count);
        sql_clear(&sql);
        wallet_rows.write(&sql, rows, count);
        bool sent = db_batch(db, &sql, &error) && db_batch_end(db, &error);
        assert_int_equal(sent, round == 0);
    }
    assert_int_equal(db_error_kind(db), DB_DUPLICATE);
    sql_free(&sql);
    book_free(book);
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
        cmocka_unit_test(a_new_lot_that_is_there_already_is_a_duplicate),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
