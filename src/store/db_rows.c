/*
 * Reading results. A prepared statement's row lies in its bound columns, a batch's row in the
 * Connector's text; the accessors read either.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/db_internal.h"

#define MOST_KEPT (64 * 1024) /* bytes of a column's buffer from one query to the next */

static struct rows *rows_failed(struct db *db)
{
    struct rows *rows = memory_new(sizeof(*rows));

    *rows = (struct rows){.db = db, .open = true, .failed = true, .error = db->error};
    return rows;
}

/* Runs it and, unless it streams, fetches the whole result. NULL: db->error says why. */
static struct rows *rows_try(struct db *db, const char *sql, const struct db_value *values,
                             bool streaming)
{
    struct statement *statement = statement_prepare(db, sql);

    if (!statement)
        return NULL;
    ASSERT(statement->column_count > 0);
    if (!statement_execute(db, statement, values))
        return NULL;
    if (mysql_stmt_bind_result(statement->handle, statement->results) != 0 ||
        (!streaming && mysql_stmt_store_result(statement->handle) != 0)) {
        db_fail_statement(db, statement);
        return NULL;
    }
    statement->rows =
        (struct rows){.db = db, .statement = statement, .open = true, .streaming = streaming};
    return &statement->rows;
}

/* A query may safely run twice: outside a transaction, one that met a dying connection does. */
static struct rows *rows_start(struct db *db, const char *sql, const struct db_value *values,
                               bool streaming)
{
    struct rows *rows = NULL;

    for (int attempt = 0; attempt < 2 && !rows; attempt++) {
        if (!db_ready(db))
            break;
        rows = rows_try(db, sql, values, streaming);
        if (db->kind != DB_LOST || db->broken != DB_OK)
            break;
    }
    return rows ? rows : rows_failed(db);
}

struct rows *db_query_values(struct db *db, const char *sql, const struct db_value *values)
{
    return rows_start(db, sql, values, false);
}

struct rows *db_stream_values(struct db *db, const char *sql, const struct db_value *values)
{
    struct rows *rows = rows_start(db, sql, values, true);

    if (!rows->failed)
        db->streaming = rows;
    return rows;
}

static bool rows_fail(struct rows *rows)
{
    struct db *db = rows->db;

    rows->failed = true;
    if (db->streaming == rows)
        db->streaming = NULL;
    db_fail_statement(db, rows->statement);
    rows->error = db->error;
    return false;
}

/* Fetches what did not fit into bigger buffers, which the following rows then use as well. */
static bool grow_columns(struct rows *rows)
{
    struct statement *statement = rows->statement;

    for (unsigned i = 0; i < statement->column_count; i++) {
        struct column *column = &statement->columns[i];
        if (column->is_integer || column->is_null || column->length <= column->capacity)
            continue;
        column->capacity = column->length + column->length / 2;
        column->bytes = memory_resize(column->bytes, column->capacity, 1);
        statement->results[i].buffer = column->bytes;
        statement->results[i].buffer_length = column->capacity;
        if (mysql_stmt_fetch_column(statement->handle, &statement->results[i], i, 0) != 0)
            return rows_fail(rows);
    }
    if (mysql_stmt_bind_result(statement->handle, statement->results) != 0)
        return rows_fail(rows);
    return true;
}

bool rows_next(struct rows *rows)
{
    ASSERT(rows->open);
    if (rows->failed)
        return false;
    if (rows->result) {
        rows->row = mysql_fetch_row(rows->result);
        rows->lengths = rows->row ? mysql_fetch_lengths(rows->result) : NULL;
        return rows->row != NULL;
    }
    switch (mysql_stmt_fetch(rows->statement->handle)) {
    case 0: return true;
    case MYSQL_NO_DATA: return false;
    case MYSQL_DATA_TRUNCATED: return grow_columns(rows);
    default: return rows_fail(rows);
    }
}

/* A statement lives as long as its connection: one long value must not stay in memory with it. */
static void shrink_columns(struct statement *statement)
{
    for (unsigned i = 0; i < statement->column_count; i++) {
        struct column *column = &statement->columns[i];
        if (column->capacity <= MOST_KEPT)
            continue;
        column->capacity = MOST_KEPT;
        column->bytes = memory_resize(column->bytes, MOST_KEPT, 1);
        statement->results[i].buffer = column->bytes;
        statement->results[i].buffer_length = MOST_KEPT;
    }
}

static void rows_release(struct rows *rows)
{
    struct db *db = rows->db;
    struct statement *statement = rows->statement;

    if (db->streaming == rows)
        db->streaming = NULL;
    rows->open = false;
    if (rows->result) { /* db->batch.rows, used again by the next result */
        mysql_free_result(rows->result);
        rows->result = NULL;
    } else if (!statement) {
        free(rows);
    } else if (statement->detached) {
        statement_free(statement);
    } else {
        mysql_stmt_free_result(statement->handle);
        shrink_columns(statement);
    }
}

bool rows_end(struct rows *rows, struct error *error)
{
    bool good = !rows->failed;

    ASSERT(rows->open);
    if (!good && error)
        *error = rows->error;
    rows_release(rows);
    return good;
}

/* The current row's column, when it is of a prepared statement. */
static struct column *bound_column(const struct rows *rows, unsigned column)
{
    ASSERT(rows->open && !rows->failed);
    if (!rows->statement)
        return NULL;
    ASSERT(column < rows->statement->column_count);
    return &rows->statement->columns[column];
}

/* The column's text as the server sent it; {NULL, 0} for NULL. */
static struct text raw_text(const struct rows *rows, unsigned column)
{
    const struct column *bound = bound_column(rows, column);

    if (bound)
        return bound->is_null ? (struct text){0} : (struct text){bound->bytes, bound->length};
    ASSERT(rows->row && column < mysql_num_fields(rows->result));
    return (struct text){rows->row[column], rows->lengths[column]};
}

/* Digits up to a decimal point: SUM and the like come as DECIMAL text. */
static uint64_t parse_digits(const char *at, const char *end)
{
    uint64_t value = 0;

    for (; at < end && *at >= '0' && *at <= '9'; at++) {
        bool fits = !__builtin_mul_overflow(value, 10, &value) &&
                    !__builtin_add_overflow(value, (uint64_t)(*at - '0'), &value);
        ASSERT(fits);
    }
    return value;
}

bool rows_is_null(struct rows *rows, unsigned column)
{
    const struct column *bound = bound_column(rows, column);

    return bound ? bound->is_null : raw_text(rows, column).data == NULL;
}

int64_t rows_int(struct rows *rows, unsigned column)
{
    const struct column *bound = bound_column(rows, column);

    if (bound && bound->is_integer)
        return bound->is_null ? 0 : bound->number;
    struct text text = raw_text(rows, column);
    if (text.length == 0)
        return 0;
    if (text.data[0] == '-')
        return (int64_t)(0 - parse_digits(text.data + 1, text.data + text.length));
    return (int64_t)parse_digits(text.data, text.data + text.length);
}

uint64_t rows_id(struct rows *rows, unsigned column)
{
    return (uint64_t)rows_int(rows, column);
}

struct text rows_text(struct rows *rows, unsigned column)
{
    struct column *bound = bound_column(rows, column);

    if (!bound || !bound->is_integer || bound->is_null)
        return raw_text(rows, column);
    int length = snprintf(bound->digits, sizeof(bound->digits),
                          bound->is_unsigned ? "%" PRIu64 : "%" PRId64, bound->number);
    return (struct text){bound->digits, (size_t)length};
}

char *rows_copy(struct rows *rows, unsigned column, struct arena *arena)
{
    struct text text = rows_text(rows, column);

    return text.data ? arena_copy(arena, text.data, text.length) : NULL;
}

void rows_bytes(struct rows *rows, unsigned column, void *out, size_t length)
{
    struct text text = rows_text(rows, column);

    ASSERT(text.data && text.length == length);
    memcpy(out, text.data, length);
}
