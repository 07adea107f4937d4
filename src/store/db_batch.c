/*
 * Several statements in one round trip. db_batch only sends: the server works while the caller may
 * do something else until db_batch_next.
 */
#include <string.h>

#include "store/db_internal.h"

/* Once a connection: only those that batch ever take several statements in one text. */
static bool allow_batches(struct db *db)
{
    if (db->batch.multi)
        return true;
    if (mysql_set_server_option(db->mysql, MYSQL_OPTION_MULTI_STATEMENTS_ON) != 0)
        return db_fail(db, "multi-statements on");
    db->batch.multi = true;
    return true;
}

bool db_batch(struct db *db, const struct sql *sql, struct error *error)
{
    ASSERT(sql->text.length > 0);
    if (!db_ready(db) || !allow_batches(db))
        return db_tell(db, error);
    db->batch.number = 1;
    if (mysql_send_query(db->mysql, sql->text.data, sql->text.length) != 0) {
        db_fail_batch(db);
        return db_tell(db, error);
    }
    db->batch.active = db->batch.more = db->batch.first = true;
    return true;
}

/* Steps to the next statement's answer; false at the end and on failure. */
static bool step(struct db *db)
{
    if (!db->batch.more)
        return false;
    if (!db->batch.first && !mysql_more_results(db->mysql)) {
        db->batch.more = false;
        return false;
    }
    db->batch.number += !db->batch.first;
    bool failed = db->batch.first ? mysql_read_query_result(db->mysql) != 0
                                  : mysql_next_result(db->mysql) != 0;
    db->batch.first = false;
    if (!failed)
        return true;
    db->batch.more = false;
    return db_fail_batch(db);
}

struct rows *db_batch_next(struct db *db, struct error *error)
{
    struct rows *rows = &db->batch.rows;

    ASSERT(db->batch.active && !rows->open);
    while (step(db)) {
        if (mysql_field_count(db->mysql) == 0)
            continue;
        MYSQL_RES *result = mysql_store_result(db->mysql);
        if (!result) {
            db->batch.more = false;
            db_fail_batch(db);
            break;
        }
        *rows = (struct rows){.db = db, .result = result, .open = true};
        return rows;
    }
    if (db->kind != DB_OK)
        db_tell(db, error);
    return NULL;
}

bool db_batch_end(struct db *db, struct error *error)
{
    bool good = true;

    ASSERT(db->batch.active);
    if (db->batch.rows.open)
        good = rows_end(&db->batch.rows, error);
    for (struct rows *rows; (rows = db_batch_next(db, error));)
        good = rows_end(rows, error) && good;
    db->batch.active = false;
    return (good && db->kind == DB_OK) || db_tell(db, error);
}
