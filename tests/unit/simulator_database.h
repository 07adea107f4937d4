/*
 * Plays a simulation against a real MariaDB: rows are locked, filled and written by the SQL of
 * their kinds, as the teller does it, in batches of random sizes; what stands for the server's
 * ordinary statements runs as such. In the end every row must be what a book that never left memory
 * has.
 */
#ifndef LINLI_SIMULATOR_DATABASE_H
#define LINLI_SIMULATOR_DATABASE_H

#include "ledger_script.h"

#include "database.h"
#include "store/migrate.h"

/* The SQL of one kind of statement; it must be accepted. */
struct sim_statement {
    const struct command_kind *kind;
    void (*run)(struct db *db, const struct command *command);
};

struct sim_database {
    struct db *db;
    const struct sim_statement *statements;
    size_t statement_count;
    /* Fills the empty tables with what is there from the start. */
    void (*begin)(struct sql *sql);
    /* Selects every row of the tables, and takes them into a book. */
    void (*select_all)(struct sql *sql, int64_t now_us);
    void (*fill_all)(struct book *book, struct db *db);
};

static inline void sim_expect(bool done, const struct error *error, const struct sql *sql)
{
    if (!done)
        fail_msg("%s: %s\n%s", error->code, error->detail, sql ? sql->text.data : "");
}

static inline void sim_send(struct db *db, struct sql *sql)
{
    struct error error = {0};

    if (sql->text.length > 0)
        sim_expect(db_batch(db, sql, &error) && db_batch_end(db, &error), &error, sql);
    sql_clear(sql);
}

/* The rows of the batch's next statement. */
static inline void sim_fill(struct book *book, struct db *db,
                            void (*fill)(struct book *, struct rows *))
{
    struct error error = {0};
    struct rows *rows = db_batch_next(db, &error);

    sim_expect(rows != NULL, &error, NULL);
    fill(book, rows);
    sim_expect(rows_end(rows, &error), &error, NULL);
}

/* --- A batch ---------------------------------------------------------------------------------- */

static inline void sim_select(const struct key_set *keys, int64_t now_us, struct sql *sql)
{
    sql_add(sql, "BEGIN;");
    for (size_t i = 0; i < keys->count; i++)
        if (keys->lists[i].kind->lock)
            keys->lists[i].kind->lock(sql, key_list_keys(&keys->lists[i]));
    for (size_t i = 0; i < keys->count; i++)
        for (size_t j = 0; j < 2; j++)
            if (keys->lists[i].kind->reads[j].select)
                keys->lists[i].kind->reads[j].select(sql, key_list_keys(&keys->lists[i]), now_us);
}

/* As the teller loads: every lock, then every read. Rows without SQL come from the test's store. */
static inline void sim_load_by_sql(struct sim_run *run, struct db *db, const struct key_set *keys,
                                   struct sql *sql)
{
    struct error error = {0};

    sim_select(keys, book_now_us(run->book), sql);
    sim_expect(db_batch(db, sql, &error), &error, sql);
    for (size_t i = 0; i < keys->count; i++) {
        const struct key_list *list = &keys->lists[i];

        if (list->kind->lock)
            sim_fill(run->book, db, list->kind->fill);
        for (size_t j = 0; j < list->count && !list->kind->lock; j++)
            sim_load_row(run, sim_kind_of(run->sim, list->kind), list->keys[j]);
    }
    for (size_t i = 0; i < keys->count; i++)
        for (size_t j = 0; j < 2; j++)
            if (keys->lists[i].kind->reads[j].select)
                sim_fill(run->book, db, keys->lists[i].kind->reads[j].fill);
    sim_expect(db_batch_end(db, &error), &error, sql);
    sql_clear(sql);
}

static inline void sim_save_by_sql(struct sim_run *run, struct db *db, struct sql *sql)
{
    size_t kind_count, count;
    const struct row_kind *const *kinds = book_kinds(run->book, &kind_count);

    for (size_t i = 0; i < kind_count; i++) {
        struct row *const *rows = book_changed(run->book, kinds[i], &count);

        if (kinds[i]->write && count > 0)
            kinds[i]->write(sql, rows, count);
        for (size_t j = 0; j < count && !kinds[i]->write; j++)
            sim_save_row(run, sim_kind_of(run->sim, kinds[i]), rows[j]);
    }
    sql_add(sql, "COMMIT;");
    sim_send(db, sql);
}

static inline void sim_run_batch_by_sql(struct sim_run *run, const struct sim_database *database,
                                        size_t first, size_t count, const struct key_set *keys)
{
    struct sql sql = {0};

    book_clear(run->book);
    book_begin(run->book, 1, ++run->height, run->sim->steps[first].now_us);
    sim_load_by_sql(run, database->db, keys, &sql);
    for (size_t i = 0; i < count; i++)
        sim_apply(run, run->book, first + i);
    sim_collect(run);
    sim_save_by_sql(run, database->db, &sql);
    sql_free(&sql);
}

/* --- A run ------------------------------------------------------------------------------------ */

/* Its outcome, which the server would not have, is the one that a book gives. */
static inline void sim_run_statement_by_sql(struct sim_run *run,
                                            const struct sim_database *database, size_t step,
                                            const struct outcome *outcome)
{
    const struct command *command = run->sim->steps[step].command;
    size_t i = 0;

    while (i < database->statement_count && database->statements[i].kind != command->kind)
        i++;
    assert_true(i < database->statement_count);
    database->statements[i].run(database->db, command);
    run->outcomes[step] = *outcome;
}

static inline void sim_run_by_sql(struct sim_run *run, const struct sim_database *database,
                                  const struct sim_run *singly, uint64_t *random)
{
    struct key_set keys = {0};

    for (size_t first = 0; first < run->sim->step_count;) {
        size_t count = sim_gather(run, first, 1 + random_below(random, 20), &keys);

        if (count > 0)
            sim_run_batch_by_sql(run, database, first, count, &keys);
        else
            sim_run_statement_by_sql(run, database, first, &singly->outcomes[first]);
        first += count > 0 ? count : 1;
    }
    key_set_free(&keys);
}

/* Everything goes into the store, which then is a whole book. */
static inline void sim_read_database(struct sim_run *run, const struct sim_database *database)
{
    struct error error = {0};
    struct sql sql = {0};

    database->select_all(&sql, run->sim->steps[run->sim->step_count - 1].now_us);
    sim_expect(db_batch(database->db, &sql, &error), &error, &sql);
    database->fill_all(run->store, database->db);
    sim_expect(db_batch_end(database->db, &error), &error, &sql);
    sql_free(&sql);
}

static inline void sim_begin_empty(struct book *book, void *context)
{
    (void)book;
    (void)context;
}

/* Both runs: in memory one by one, and in the database. */
static inline void sim_play_by_sql(const struct sim *sim, const struct sim_database *database,
                                   uint64_t *random)
{
    struct sim in_database = *sim;
    struct sim_run singly, batched;
    struct sql sql = {0};

    sim_run_start(&singly, sim, false);
    sim_run_singly(&singly);
    database->begin(&sql);
    sim_send(database->db, &sql);
    in_database.begin = sim_begin_empty;
    sim_run_start(&batched, &in_database, true);
    batched.db = database->db;
    sim_run_by_sql(&batched, database, &singly, random);
    sim_read_database(&batched, database);
    sim_compare(&singly, &batched);
    sim_run_end(&singly);
    sim_run_end(&batched);
    sql_free(&sql);
}

/* For a run that nothing but the database is held against. */
static inline void sim_check_nothing(struct book *book, const struct command *command,
                                     const struct outcome *outcome, void *context)
{
    (void)book;
    (void)command;
    (void)outcome;
    (void)context;
}

/* --- The ledger's own tables ------------------------------------------------------------------ */

static inline void sim_begin_ledger(struct sql *sql)
{
    sql_add(sql, "DELETE FROM wallets;DELETE FROM lots;DELETE FROM limit_uses;"
                 "DELETE FROM proposals;");
    for (uint64_t id = 1; id <= MEMBERS; id++) {
        sql_add(sql, "INSERT INTO wallets (member_id, version, available, held, owed, state,"
                     " merged_into) VALUES (");
        sql_add_id(sql, id);
        sql_add(sql, ",0,0,0,0,0,0);");
    }
}

static inline void sim_select_ledger(struct sql *sql, int64_t now_us)
{
    uint64_t ids[WORLD_STEPS];
    struct row_keys wallets = {ids, MEMBERS}, proposals = {ids, WORLD_STEPS};

    for (size_t i = 0; i < WORLD_STEPS; i++)
        ids[i] = i + 1;
    wallet_rows.lock(sql, wallets);
    proposal_rows.lock(sql, proposals);
    sql_add(sql, "SELECT member_id, lot_id, points, remaining, gone, expires_us, source, grade,"
                 " state FROM lots;");
    wallet_rows.reads[1].select(sql, wallets, now_us);
}

static inline void sim_fill_ledger(struct book *book, struct db *db)
{
    sim_fill(book, db, wallet_rows.fill);
    sim_fill(book, db, proposal_rows.fill);
    sim_fill(book, db, wallet_fill_lots);
    sim_fill(book, db, wallet_rows.reads[1].fill);
}

/* As the API does it. */
static inline void sim_insert_proposal(struct db *db, const struct command *command)
{
    const struct propose *want = (const struct propose *)command;
    struct error error = {0};

    sim_expect(db_run(db, &error,
                      "INSERT INTO proposals (proposal_id, kind, state, member_id, subject, points,"
                      " reason, proposed_by, proposed_us, decided_by, decided_us)"
                      " VALUES (?, ?, 0, ?, ?, ?, '', ?, 0, 0, 0)",
                      DB_ID(want->proposal_id), DB_INT(want->kind), DB_ID(want->member_id),
                      DB_ID(want->subject), DB_INT(want->points), DB_ID(command->actor)) == 1,
               &error, NULL);
}

/* A server of the test's own with the schema in it. */
static inline int sim_database_start(struct database *server, struct db **db, void **state)
{
    struct error error = {0};

    if (database_start(server, state) != 0)
        return -1;
    *db = db_new(&server->options);
    return db_connect(*db, &error) && migrate(*db, NULL, &error) ? 0 : -1;
}

#endif
