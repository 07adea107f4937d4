/*
 * Which errors are worth a retry, and what is said about them. A message of the server may quote
 * values, and values may be personal: those quotations are masked before anything is logged.
 */
#include <errmsg.h>
#include <mysqld_error.h>
#include <stdio.h>
#include <string.h>

#include "store/db_internal.h"

enum db_error_kind db_classify(unsigned number)
{
    switch (number) {
    case 0: return DB_OK;
    case CR_CONNECTION_ERROR:
    case CR_CONN_HOST_ERROR:
    case CR_IPSOCK_ERROR:
    case CR_UNKNOWN_HOST:
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case CR_SERVER_LOST_EXTENDED:
    case CR_SERVER_HANDSHAKE_ERR:
    case CR_MALFORMED_PACKET:
    case ER_CON_COUNT_ERROR:
    case ER_TOO_MANY_USER_CONNECTIONS:
    case ER_SERVER_SHUTDOWN:
    case ER_CONNECTION_KILLED:
    case ER_QUERY_INTERRUPTED: /* what a statement under way says first */
    case ER_NEW_ABORTING_CONNECTION:
    case ER_UNKNOWN_COM_ERROR: /* how a Galera node says that it is not part of the cluster */
        return DB_LOST;
    case ER_CHECKREAD:
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_LOCK_DEADLOCK: return DB_RETRY;
    case ER_DUP_ENTRY: return DB_DUPLICATE;
    default: return DB_BROKEN;
    }
}

static const char *code_of(enum db_error_kind kind)
{
    static const char *const codes[] = {
        [DB_OK] = "",
        [DB_LOST] = "store.lost",
        [DB_RETRY] = "store.retry",
        [DB_DUPLICATE] = "store.duplicate",
        [DB_BROKEN] = "store.broken",
    };
    return codes[kind];
}

/* Where the value that a message quotes ends: the last of the words that may follow one. */
static const char *quotation_end(const char *from)
{
    static const char *const after[] = {"' for key ", "' for column ", "' at line ", "' at row "};
    const char *end = NULL;

    for (size_t i = 0; i < ARRAY_LENGTH(after); i++)
        for (const char *at = from; (at = strstr(at, after[i])); at++)
            if (!end || at > end)
                end = at;
    return end ? end : strrchr(from, '\'');
}

/* "Duplicate entry '138…' for key 'phone'" becomes "Duplicate entry '…' for key 'phone'". */
static void mask_values(char *out, size_t size, const char *message, bool mask_near)
{
    static const char *const before[] = {"entry '", "value: '", "value '", "near '"};

    for (size_t i = 0; i < ARRAY_LENGTH(before) - (mask_near ? 0 : 1); i++) {
        const char *from = strstr(message, before[i]);
        if (!from)
            continue;
        from += strlen(before[i]);
        const char *end = quotation_end(from);
        snprintf(out, size, "%.*s…%s", (int)(from - message), message, end ? end : "'");
        return;
    }
    snprintf(out, size, "%s", message);
}

/* A transaction that met these is over on the server, or must be: everything until db_rollback
 * fails, so that nothing of it can run outside of it. */
static void break_transaction(struct db *db)
{
    if (db->kind != DB_LOST && db->kind != DB_RETRY)
        return;
    if (db->transaction || db->entered_in_transaction || db_in_transaction(db))
        db->broken = db->kind;
    if (db->kind == DB_LOST)
        db_disconnect(db);
}

static bool fail(struct db *db, unsigned number, const char *message, const char *where,
                 bool mask_near)
{
    char masked[160];

    mask_values(masked, sizeof(masked), message, mask_near);
    db->kind = db_classify(number);
    if (db->kind == DB_OK) {
        /* The Connector failed without a word: who knows what is on the wire now. */
        db->kind = DB_LOST;
        snprintf(masked, sizeof(masked), "the answer could not be read");
    }
    error_set(&db->error, code_of(db->kind), "%s (%u) in: %.60s", masked, number, where);
    break_transaction(db);
    return false;
}

bool db_fail(struct db *db, const char *sql)
{
    return fail(db, mysql_errno(db->mysql), mysql_error(db->mysql), sql, false);
}

/* An error while rows stream in is set on the connection only. */
bool db_fail_statement(struct db *db, struct statement *statement)
{
    if (mysql_stmt_errno(statement->handle) == 0)
        return db_fail(db, statement->sql);
    return fail(db, mysql_stmt_errno(statement->handle), mysql_stmt_error(statement->handle),
                statement->sql, false);
}

bool db_fail_batch(struct db *db)
{
    char where[48];

    snprintf(where, sizeof(where), "statement %u of a batch", db->batch.number);
    return fail(db, mysql_errno(db->mysql), mysql_error(db->mysql), where, true);
}

bool db_fail_as(struct db *db, enum db_error_kind kind, const char *code, const char *detail)
{
    db->kind = kind;
    error_set(&db->error, code ? code : code_of(kind), "%s", detail);
    break_transaction(db);
    return false;
}

bool db_tell(const struct db *db, struct error *error)
{
    if (error)
        *error = db->error;
    return false;
}
