/*
 * Prepared statements: cached per connection by their text, parameters bound by value.
 */
#include <stdlib.h>
#include <string.h>

#include "store/db_internal.h"

/* More than the program's statements; only text that is made anew each time could pass it, and
 * then the least recently used go. */
#define CACHE_SIZE 256
/* Where a column's buffer begins; it grows to the longest value met. */
#define FIRST_CAPACITY 256

struct db_value db_string_value(const char *text)
{
    if (!text)
        return DB_NULL;
    return DB_TEXT(((struct text){text, strlen(text)}));
}

/* FNV-1a: a microsecond at most, where a round trip takes fifty. */
static uint64_t hash_text(const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(1099511628211);
    return hash;
}

static struct statement *find_cached(struct db *db, const char *sql, uint64_t hash)
{
    for (struct statement **at = &db->statements; *at; at = &(*at)->next) {
        struct statement *statement = *at;
        if (statement->hash != hash || statement->rows.open || strcmp(statement->sql, sql) != 0)
            continue;
        *at = statement->next;
        statement->next = db->statements;
        db->statements = statement;
        return statement;
    }
    return NULL;
}

static void forget_oldest(struct db *db)
{
    struct statement **oldest = NULL;

    for (struct statement **at = &db->statements; *at; at = &(*at)->next)
        if (!(*at)->rows.open)
            oldest = at;
    if (!oldest)
        return;
    struct statement *statement = *oldest;
    *oldest = statement->next;
    db->statement_count--;
    statement_free(statement);
}

static bool is_integer(enum enum_field_types type)
{
    switch (type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR: return true;
    default: return false;
    }
}

static void bind_column(struct column *column, MYSQL_BIND *bind, const MYSQL_FIELD *field)
{
    column->is_integer = is_integer(field->type);
    column->is_unsigned = field->flags & UNSIGNED_FLAG;
    bind->is_null = &column->is_null;
    bind->length = &column->length;
    bind->error = &column->truncated;
    if (column->is_integer) {
        bind->buffer_type = MYSQL_TYPE_LONGLONG;
        bind->is_unsigned = column->is_unsigned;
        bind->buffer = &column->number;
        bind->buffer_length = sizeof(column->number);
        return;
    }
    column->capacity = field->length < FIRST_CAPACITY ? field->length + 1 : FIRST_CAPACITY;
    column->bytes = memory_new(column->capacity);
    bind->buffer_type = MYSQL_TYPE_STRING;
    bind->buffer = column->bytes;
    bind->buffer_length = column->capacity;
}

static void bind_columns(struct statement *statement)
{
    MYSQL_RES *shape = mysql_stmt_result_metadata(statement->handle);

    if (!shape)
        return;
    statement->column_count = mysql_num_fields(shape);
    statement->columns = memory_new(statement->column_count * sizeof(*statement->columns));
    statement->results = memory_new(statement->column_count * sizeof(*statement->results));
    for (unsigned i = 0; i < statement->column_count; i++)
        bind_column(&statement->columns[i], &statement->results[i],
                    mysql_fetch_field_direct(shape, i));
    mysql_free_result(shape);
}

/* Takes it from the cache or makes it; NULL: db->error says why. */
struct statement *statement_prepare(struct db *db, const char *sql)
{
    uint64_t hash = hash_text(sql);
    struct statement *statement = find_cached(db, sql, hash);

    if (statement)
        return statement;
    if (db->statement_count >= CACHE_SIZE)
        forget_oldest(db);
    statement = memory_new(sizeof(*statement));
    statement->hash = hash;
    statement->sql = strdup(sql);
    statement->handle = mysql_stmt_init(db->mysql);
    ASSERT(statement->sql && statement->handle);
    if (mysql_stmt_prepare(statement->handle, sql, strlen(sql)) != 0) {
        db_fail_statement(db, statement);
        statement_free(statement);
        return NULL;
    }
    statement->parameter_count = (unsigned)mysql_stmt_param_count(statement->handle);
    statement->parameters = memory_new((statement->parameter_count + 1) * sizeof(MYSQL_BIND));
    bind_columns(statement);
    statement->next = db->statements;
    db->statements = statement;
    db->statement_count++;
    return statement;
}

void statement_free(struct statement *statement)
{
    mysql_stmt_close(statement->handle);
    for (unsigned i = 0; i < statement->column_count; i++)
        free(statement->columns[i].bytes);
    free(statement->columns);
    free(statement->results);
    free(statement->parameters);
    free(statement->sql);
    free(statement);
}

/* The Connector only reads through these pointers. */
static void bind_value(MYSQL_BIND *bind, const struct db_value *value)
{
    *bind = (MYSQL_BIND){0};
    switch (value->type) {
    case DB_VALUE_INT:
    case DB_VALUE_UINT:
        bind->buffer_type = MYSQL_TYPE_LONGLONG;
        bind->is_unsigned = value->type == DB_VALUE_UINT;
        bind->buffer = (void *)(uintptr_t)&value->number;
        return;
    case DB_VALUE_BYTES:
        /* STRING for binary columns too: a binary parameter would make a comparison with a text
         * column binary, past its index. */
        bind->buffer_type = MYSQL_TYPE_STRING;
        bind->buffer = (void *)(uintptr_t)(value->bytes.data ? value->bytes.data : "");
        bind->buffer_length = value->bytes.length;
        return;
    case DB_VALUE_NULL: bind->buffer_type = MYSQL_TYPE_NULL; return;
    case DB_END: break;
    }
    ASSERT(value->type != DB_END);
}

bool statement_execute(struct db *db, struct statement *statement, const struct db_value *values)
{
    unsigned count = 0;

    for (; values[count].type != DB_END; count++) {
        ASSERT(count < statement->parameter_count);
        bind_value(&statement->parameters[count], &values[count]);
    }
    ASSERT(count == statement->parameter_count);
    if (count > 0 && mysql_stmt_bind_param(statement->handle, statement->parameters) != 0)
        return db_fail_statement(db, statement);
    if (mysql_stmt_execute(statement->handle) != 0)
        return db_fail_statement(db, statement);
    return true;
}

int64_t db_run_values(struct db *db, struct error *error, const char *sql,
                      const struct db_value *values)
{
    struct statement *statement = db_ready(db) ? statement_prepare(db, sql) : NULL;

    if (!statement) {
        db_tell(db, error);
        return -1;
    }
    ASSERT(statement->column_count == 0);
    if (!statement_execute(db, statement, values)) {
        db_tell(db, error);
        return -1;
    }
    return (int64_t)mysql_stmt_affected_rows(statement->handle);
}

bool db_execute_text(struct db *db, struct text sql, struct error *error)
{
    if (!db_ready(db))
        return db_tell(db, error);
    if (mysql_real_query(db->mysql, sql.data, sql.length) == 0)
        return true;
    db_fail(db, sql.data);
    return db_tell(db, error);
}
