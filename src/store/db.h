/*
 * store: MariaDB. One `struct db` is one connection used by one thread at a time.
 *
 * Two ways to run SQL. Everywhere but the teller: a literal statement with bound parameters,
 * prepared once a connection and cached. The teller: text made by store/sql.h, several statements
 * in one round trip.
 *
 *   struct rows *rows = db_query(db, "SELECT name FROM units WHERE unit_id = ?", DB_ID(id));
 *   while (rows_next(rows))
 *       name = rows_text(rows, 0, arena);
 *   if (!rows_end(rows, error)) …
 *
 * A lost connection is found at the next call, which reconnects with backoff (for as long as
 * database.connect_timeout) unless a transaction was open; db_error_kind tells what to do. One that
 * the server closed while idle is found before anything is sent, so that the call just succeeds.
 *
 * A transaction that met DB_LOST or DB_RETRY is over: until db_rollback every call fails with the
 * same kind, so that no statement of it ever runs by itself. That holds for one that a batch began
 * as well. Errors show key names and program text, never values.
 */
#ifndef LINLI_DB_H
#define LINLI_DB_H

#include "base/arena.h"
#include "base/base.h"
#include "base/config.h"
#include "store/sql.h"

struct db;
struct rows;

struct db_options {
    char *url; /* mysql://user:password@host:port/name or mysql://user@/name?socket=/path;
                  empty: the embedded server */
    char *tls_ca, *tls_cert, *tls_key;
    bool tls_required;
    int64_t connect_timeout_us, io_timeout_us;
};
extern const struct config_entry db_config[];

enum db_error_kind {
    DB_OK,
    DB_LOST,      /* connection gone; if a COMMIT was under way its result is unknown */
    DB_RETRY,     /* 1020, 1205, 1213: rolled back, the whole transaction may run again */
    DB_DUPLICATE, /* 1062 */
    DB_BROKEN,    /* anything else: a bug or an operator's matter */
};

/* Does not connect yet. `options` must outlive the connection. */
struct db *db_new(const struct db_options *options);
void db_free(struct db *db);
/* Connects if not connected. One try. */
bool db_connect(struct db *db, struct error *error) MUST_CHECK;
bool db_is_connected(const struct db *db);
/* How often it has connected: another number, another session, perhaps another server. */
uint64_t db_sessions(const struct db *db);
enum db_error_kind db_error_kind(const struct db *db); /* of the last call */

struct db_value {
    enum { DB_END, DB_VALUE_INT, DB_VALUE_UINT, DB_VALUE_BYTES, DB_VALUE_NULL } type;
    int64_t number;
    struct text bytes;
};
#define DB_INT(v)      ((struct db_value){.type = DB_VALUE_INT, .number = (int64_t)(v)})
#define DB_ID(v)       ((struct db_value){.type = DB_VALUE_UINT, .number = (int64_t)(v)})
#define DB_TEXT(v)     ((struct db_value){.type = DB_VALUE_BYTES, .bytes = (v)})
#define DB_BYTES(p, n) DB_TEXT(((struct text){(const char *)(p), (n)}))
#define DB_STR(s)      db_string_value(s) /* NULL becomes SQL NULL */
#define DB_NULL        ((struct db_value){.type = DB_VALUE_NULL})
struct db_value db_string_value(const char *text);

/* A statement that returns rows. Never NULL: failure shows in rows_end. The result is buffered
 * whole unless db_stream is used, so other statements may run before rows_end. */
#define db_query(...) db_query_with(__VA_ARGS__, {0})
#define db_query_with(db, sql, ...)                                                                \
    db_query_values((db), (sql), (const struct db_value[]){__VA_ARGS__})
struct rows *db_query_values(struct db *db, const char *sql, const struct db_value *values)
    __attribute__((returns_nonnull));
/* The same, row by row from the server: for long reads such as verify. Nothing else may run on
 * this connection until rows_end. */
#define db_stream(...) db_stream_with(__VA_ARGS__, {0})
#define db_stream_with(db, sql, ...)                                                               \
    db_stream_values((db), (sql), (const struct db_value[]){__VA_ARGS__})
struct rows *db_stream_values(struct db *db, const char *sql, const struct db_value *values)
    __attribute__((returns_nonnull));

bool rows_next(struct rows *rows);
/* Frees the result; false when anything had failed. Always called, exactly once. */
bool rows_end(struct rows *rows, struct error *error) MUST_CHECK;
int64_t rows_int(struct rows *rows, unsigned column); /* NULL reads as 0 */
uint64_t rows_id(struct rows *rows, unsigned column);
struct text rows_text(struct rows *rows, unsigned column); /* valid until the next row */
char *rows_copy(struct rows *rows, unsigned column, struct arena *arena); /* NULL stays NULL */
bool rows_is_null(struct rows *rows, unsigned column);
/* Copies a fixed-size binary column; asserts the length. */
void rows_bytes(struct rows *rows, unsigned column, void *out, size_t length);

/* A statement without rows; returns the number of rows that its WHERE matched, changed or not
 * (ON DUPLICATE KEY UPDATE: 1 for a new row, 2 for a changed one), or -1 (see db_error_kind). */
#define db_run(...) db_run_with(__VA_ARGS__, {0})
#define db_run_with(db, error, sql, ...)                                                           \
    db_run_values((db), (error), (sql), (const struct db_value[]){__VA_ARGS__})
int64_t db_run_values(struct db *db, struct error *error, const char *sql,
                      const struct db_value *values) MUST_CHECK;

/* READ COMMITTED everywhere (set per session when connecting). */
bool db_begin(struct db *db, struct error *error) MUST_CHECK;
/* A transaction that only reads, all of it as the database was at this moment: for long looks at
 * everything. Ended by db_rollback. */
bool db_begin_snapshot(struct db *db, struct error *error) MUST_CHECK;
bool db_commit(struct db *db, struct error *error) MUST_CHECK;
/* Safe at any time, but while rows stream; ends a batch under way. Costs nothing where no
 * transaction is open. db_error_kind goes on telling what had failed. */
void db_rollback(struct db *db);

/*
 * Runs `work` in a transaction, again from the start on DB_RETRY (up to 5 times, with jitter) or on
 * a connection lost before COMMIT. `work` returns false to give up: rolled back, its error kept.
 * A COMMIT whose answer was lost is an error "store.unknown": the caller must look.
 */
bool db_transaction(struct db *db, bool (*work)(struct db *db, void *context, struct error *error),
                    void *context, struct error *error) MUST_CHECK;

/*
 * Several statements in one round trip, from the teller's builder. Results come in order:
 * db_batch_next steps to the next statement's rows. On failure the rest was not run. db_batch only
 * sends: the failure of a statement, the first one too, shows in db_batch_next and db_batch_end.
 * After a db_batch that succeeded db_batch_end (or db_rollback) must follow.
 *
 *   if (!db_batch(db, sql, error)) …;
 *   while ((rows = db_batch_next(db, error)) …
 */
bool db_batch(struct db *db, const struct sql *sql, struct error *error) MUST_CHECK;
/* The next result that has columns (statements without are stepped over), buffered; NULL when
 * there are no more or on failure: then db_error_kind is not DB_OK. rows_end each before the next.
 */
struct rows *db_batch_next(struct db *db, struct error *error);
/* Reads what is left; true when every statement succeeded. */
bool db_batch_end(struct db *db, struct error *error) MUST_CHECK;

/* A bounded pool of connections is not needed: each thread owns one. */

#endif
