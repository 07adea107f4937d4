/*
 * The ledger's SQL against a real database: random worlds are played in batches whose wallets and
 * proposals are loaded and written by their row kinds. In the end every row must be what a book
 * that never left memory has.
 */
#include "ledger_world.h"

#include "database.h"
#include "store/migrate.h"

#define WORLDS 6

static struct database database;
static struct db *db;

/* Proposals are made by an ordinary insert; the world's command for it makes a row. */
static void write_new_proposals(struct sql *sql, struct row *const *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct proposal *proposal = (const struct proposal *)rows[i];

        if (!proposal->row.is_new)
            continue;
        sql_add(sql, "INSERT INTO proposals (proposal_id, kind, state, member_id, subject, points,"
                     " reason, proposed_by, proposed_us, decided_by, decided_us) VALUES (");
        sql_add_id(sql, proposal->row.key);
        sql_add(sql, ",");
        sql_add_int(sql, proposal->kind);
        sql_add(sql, ",0,");
        sql_add_id(sql, proposal->member_id);
        sql_add(sql, ",");
        sql_add_id(sql, proposal->subject);
        sql_add(sql, ",");
        sql_add_int(sql, proposal->points);
        sql_add(sql, ",'',");
        sql_add_id(sql, proposal->proposed_by);
        sql_add(sql, ",0,0,0)");
        sql_end(sql);
    }
}

static void send(struct sql *sql)
{
    struct error error = {0};

    if (sql->text.length > 0 && (!db_batch(db, sql, &error) || !db_batch_end(db, &error)))
        fail_msg("%s: %s\n%s", error.code, error.detail, sql->text.data);
    sql_clear(sql);
}

static void fill(struct book *book, void (*take)(struct book *, struct rows *))
{
    struct error error = {0};
    struct rows *rows = db_batch_next(db, &error);

    if (!rows)
        fail_msg("%s: %s", error.code, error.detail);
    take(book, rows);
    assert_true(rows_end(rows, &error));
}

/* As the teller loads: every lock, then every read. Rows without SQL come from the test's store. */
static void load(struct sim_run *run, const struct key_set *keys, struct sql *sql)
{
    struct error error = {0};
    int64_t now_us = book_now_us(run->book);

    sql_add(sql, "BEGIN;");
    for (size_t i = 0; i < keys->count; i++)
        if (keys->lists[i].kind->lock)
            keys->lists[i].kind->lock(sql, key_list_keys(&keys->lists[i]));
    for (size_t i = 0; i < keys->count; i++)
        for (size_t j = 0; j < 2; j++)
            if (keys->lists[i].kind->reads[j].select)
                keys->lists[i].kind->reads[j].select(sql, key_list_keys(&keys->lists[i]), now_us);
    if (!db_batch(db, sql, &error))
        fail_msg("%s: %s\n%s", error.code, error.detail, sql->text.data);
    for (size_t i = 0; i < keys->count; i++)
        if (keys->lists[i].kind->lock)
            fill(run->book, keys->lists[i].kind->fill);
        else
            for (size_t j = 0; j < keys->lists[i].count; j++)
                sim_load_row(run, sim_kind_of(run->sim, keys->lists[i].kind),
                             keys->lists[i].keys[j]);
    for (size_t i = 0; i < keys->count; i++)
        for (size_t j = 0; j < 2; j++)
            if (keys->lists[i].kind->reads[j].select)
                fill(run->book, keys->lists[i].kind->reads[j].fill);
    assert_true(db_batch_end(db, &error));
    sql_clear(sql);
}

static void save(struct sim_run *run, struct sql *sql)
{
    size_t kind_count, count;
    const struct row_kind *const *kinds = book_kinds(run->book, &kind_count);

    for (size_t i = 0; i < kind_count; i++) {
        struct row *const *rows = book_changed(run->book, kinds[i], &count);

        if (kinds[i] == &proposal_rows)
            write_new_proposals(sql, rows, count);
        if (kinds[i]->write && count > 0)
            kinds[i]->write(sql, rows, count);
        for (size_t j = 0; j < count && !kinds[i]->write; j++)
            sim_save_row(run, sim_kind_of(run->sim, kinds[i]), rows[j]);
    }
    sql_add(sql, "COMMIT;");
    send(sql);
}

static void run_in_database(struct sim_run *run, uint64_t *random)
{
    struct key_set keys = {0};
    struct sql sql = {0};

    for (size_t first = 0; first < run->sim->step_count;) {
        size_t count = sim_gather(run->sim, first, 1 + random_below(random, 20), &keys);

        book_clear(run->book);
        book_begin(run->book, 1, ++run->height, run->sim->steps[first].now_us);
        load(run, &keys, &sql);
        for (size_t i = 0; i < count; i++)
            sim_apply(run, first + i);
        sim_collect(run);
        save(run, &sql);
        first += count;
    }
    key_set_free(&keys);
    sql_free(&sql);
}

/* --- What the database has in the end ----------------------------------------------------------
 */

static void read_all_lots(struct sql *sql)
{
    sql_add(sql, "SELECT member_id, lot_id, points, remaining, gone, expires_us, source, grade,"
                 " state FROM lots;");
}

/* Everything goes into the store, which then is a whole book. */
static void read_database(struct sim_run *run, int64_t now_us)
{
    uint64_t members[MEMBERS], proposals[WORLD_STEPS];
    struct error error = {0};
    struct sql sql = {0};

    for (size_t i = 0; i < MEMBERS; i++)
        members[i] = i + 1;
    for (size_t i = 0; i < WORLD_STEPS; i++)
        proposals[i] = i + 1;
    struct row_keys wallets = {members, MEMBERS};
    wallet_rows.lock(&sql, wallets);
    proposal_rows.lock(&sql, (struct row_keys){proposals, WORLD_STEPS});
    read_all_lots(&sql);
    wallet_rows.reads[1].select(&sql, wallets, now_us);
    assert_true(db_batch(db, &sql, &error));
    fill(run->store, wallet_rows.fill);
    fill(run->store, proposal_rows.fill);
    fill(run->store, wallet_fill_lots);
    fill(run->store, wallet_rows.reads[1].fill);
    assert_true(db_batch_end(db, &error));
    sql_free(&sql);
}

static void begin_database(void)
{
    struct sql sql = {0};

    sql_add(&sql, "DELETE FROM wallets;DELETE FROM lots;DELETE FROM limit_uses;"
                  "DELETE FROM proposals;");
    for (uint64_t id = 1; id <= MEMBERS; id++) {
        sql_add(&sql, "INSERT INTO wallets (member_id, version, available, held, owed, state,"
                      " merged_into) VALUES (");
        sql_add_id(&sql, id);
        sql_add(&sql, ",0,0,0,0,0,0);");
    }
    send(&sql);
    sql_free(&sql);
}

static void open_nothing(struct book *book, void *context)
{
    (void)book;
    (void)context;
}

static void check_nothing(struct book *book, const struct command *command,
                          const struct outcome *outcome, void *context)
{
    (void)book;
    (void)command;
    (void)outcome;
    (void)context;
}

static void play_world(uint64_t *random)
{
    struct script *script = script_write(random);
    struct sim sim = {
        .kinds = world_kinds,
        .kind_count = ARRAY_LENGTH(world_kinds),
        .steps = script->steps,
        .step_count = WORLD_STEPS,
        .begin = open_wallets,
        .check = check_nothing,
    };
    struct sim_run singly, batched;

    sim_run_start(&singly, &sim, false);
    sim_run_singly(&singly);
    sim.begin = open_nothing;
    begin_database();
    sim_run_start(&batched, &sim, true);
    run_in_database(&batched, random);
    read_database(&batched, script->steps[WORLD_STEPS - 1].now_us);
    sim_compare(&singly, &batched);
    sim_run_end(&singly);
    sim_run_end(&batched);
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
    begin_database();
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
    struct error error = {0};

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
        cmocka_unit_test(the_database_has_what_the_book_has),
        cmocka_unit_test(a_new_lot_that_is_there_already_is_a_duplicate),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
