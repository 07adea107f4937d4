/*
 * Transactions. What may run again is decided by db_error.c; here it does.
 */
#include "store/db_internal.h"

#define MOST_ATTEMPTS  5
#define FIRST_PAUSE_US (4 * 1000)

bool db_begin(struct db *db, struct error *error)
{
    /* Twice, as for a query: a BEGIN that met a dying connection did nothing. */
    for (int attempt = 0; attempt < 2; attempt++) {
        if (!db_ready(db))
            break;
        ASSERT(!db->entered_in_transaction);
        if (mysql_real_query(db->mysql, "BEGIN", 5) == 0) {
            db->transaction = true;
            db->commit_unknown = false;
            return true;
        }
        db_fail(db, "BEGIN");
        if (db->kind != DB_LOST)
            break;
    }
    return db_tell(db, error);
}

/* The level only for this transaction, so that the connection stays what others expect of it. */
bool db_begin_snapshot(struct db *db, struct error *error)
{
    struct sql sql = {0};

    sql_add(&sql, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    sql_end(&sql);
    sql_add(&sql, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
    sql_end(&sql);
    bool begun = db_batch(db, &sql, error) && db_batch_end(db, error);
    sql_free(&sql);
    return begun;
}

bool db_commit(struct db *db, struct error *error)
{
    ASSERT(db->transaction);
    if (!db_ready(db))
        return db_tell(db, error);
    if (mysql_real_query(db->mysql, "COMMIT", 6) == 0) {
        db->transaction = false;
        return true;
    }
    db_fail(db, "COMMIT");
    db->commit_unknown = db->kind == DB_LOST;
    if (db->commit_unknown)
        db->error.code = "store.unknown";
    return db_tell(db, error);
}

void db_rollback(struct db *db)
{
    enum db_error_kind kind = db->kind;
    struct error error = db->error;

    ASSERT(!db->streaming);
    bool read = !db->batch.active || db_batch_end(db, NULL);
    if (db->mysql && (!read || db_in_transaction(db)) &&
        mysql_real_query(db->mysql, "ROLLBACK", 8) != 0)
        db_disconnect(db); /* the server rolls back what has no connection */
    db->transaction = db->entered_in_transaction = false;
    db->broken = DB_OK;
    db->kind = kind; /* the caller still wants to know what had failed */
    db->error = error;
}

/* One run of `work` and its COMMIT. On failure the transaction is over and `again` says whether
 * the whole of it may run once more. */
static bool attempt(struct db *db, bool (*work)(struct db *db, void *context, struct error *error),
                    void *context, struct error *error, bool *again)
{
    *again = false;
    if (!db_begin(db, error))
        return false;
    if (work(db, context, error) && db_commit(db, error))
        return true;
    *again = db->broken != DB_OK && !db->commit_unknown;
    db_rollback(db);
    return false;
}

bool db_transaction(struct db *db, bool (*work)(struct db *db, void *context, struct error *error),
                    void *context, struct error *error)
{
    int64_t pause_us = FIRST_PAUSE_US;
    bool again = true;

    for (int attempts = 1; attempts <= MOST_ATTEMPTS; attempts++, pause_us *= 2) {
        if (attempt(db, work, context, error, &again))
            return true;
        if (!again)
            return false;
        if (attempts < MOST_ATTEMPTS)
            db_sleep_jitter(db, pause_us);
    }
    return false;
}
