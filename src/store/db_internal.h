/*
 * What the db_*.c files share; nobody outside them includes this but migrate.c
 * and load.c.
 *
 * Life of a call: db_ready (nothing else under way, transaction not broken, connected), the
 * protocol's functions of the Connector, and on failure db_fail, which classifies, words the error
 * and lets go of a lost connection.
 */
#ifndef LINLI_DB_INTERNAL_H
#define LINLI_DB_INTERNAL_H

#include <mysql.h>

#include "store/db.h"

/* One column of a prepared statement's current row. */
struct column {
    bool is_integer; /* in `number`; everything else is in `bytes` as the server sent it */
    bool is_unsigned;
    my_bool is_null;
    my_bool truncated;
    unsigned long length;
    unsigned long capacity;
    int64_t number;
    char *bytes;
    char digits[24]; /* `number` written out, when somebody asks for its text */
};

/* A result being read: of a prepared statement (binary protocol), of a batch (text protocol), or,
 * with neither, only a failure. */
struct rows {
    struct db *db;
    struct statement *statement;
    MYSQL_RES *result;
    MYSQL_ROW row;
    unsigned long *lengths;
    bool open;      /* between the query and rows_end */
    bool streaming; /* the server still holds rows for us */
    bool failed;
    struct error error;
};

/* A prepared statement in its connection's cache. While its rows are open it is not to be run
 * again: the same text run meanwhile gets a second one. */
struct statement {
    struct statement *next;
    uint64_t hash;
    char *sql;
    MYSQL_STMT *handle;
    MYSQL_BIND *parameters;
    MYSQL_BIND *results;
    struct column *columns;
    unsigned parameter_count, column_count;
    bool detached; /* its connection is gone: freed by rows_end */
    struct rows rows;
};

struct db {
    const struct db_options *options;
    MYSQL *mysql;                 /* NULL: not connected */
    struct statement *statements; /* most recently used first */
    unsigned statement_count;
    uint64_t jitter;
    uint64_t sessions; /* connections made so far */

    enum db_error_kind kind; /* of the last call, with its words */
    struct error error;

    bool transaction;            /* between db_begin and db_commit or db_rollback */
    bool entered_in_transaction; /* when the current call began */
    enum db_error_kind broken;   /* not DB_OK: the transaction died; only db_rollback goes on */
    bool commit_unknown;         /* COMMIT was sent and its answer lost */
    struct rows *streaming;      /* owns the wire until its rows_end */

    struct {
        bool active;     /* from db_batch to db_batch_end */
        bool more;       /* another result can be read */
        bool multi;      /* this session takes several statements in one text */
        bool first;      /* no result was read yet */
        unsigned number; /* of the statement whose result is read, from 1 */
        struct rows rows;
    } batch;
};

/* db_connect.c */
bool db_ready(struct db *db) MUST_CHECK; /* connects when it must; false: db->error says why */
void db_disconnect(struct db *db);
bool db_in_transaction(const struct db *db);          /* as the server last told */
void db_sleep_jitter(struct db *db, int64_t most_us); /* between half of it and all */

/* db_error.c. All return false. */
bool db_fail(struct db *db, const char *sql);
bool db_fail_statement(struct db *db, struct statement *statement);
bool db_fail_batch(struct db *db);
bool db_fail_as(struct db *db, enum db_error_kind kind, const char *code, const char *detail);
bool db_tell(const struct db *db, struct error *error); /* copies the last error out */
enum db_error_kind db_classify(unsigned number);

/* db_statement.c */
struct statement *statement_prepare(struct db *db, const char *sql);
bool statement_execute(struct db *db, struct statement *statement,
                       const struct db_value *values) MUST_CHECK;
void statement_free(struct statement *statement);

/* One statement as plain text, for what is program text without values: BEGIN, DDL. */
bool db_execute_text(struct db *db, struct text sql, struct error *error) MUST_CHECK;

#endif
