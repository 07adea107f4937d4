#include "store/dump.h"

#include <string.h>

#define STATEMENT_BYTES (512 * 1024) /* about; far below any max_allowed_packet */
#define COLUMNS_MOST    64
#define PROGRESS_ROWS   1000

bool dump_list(struct db *db, struct arena *arena, struct dump_table **tables, size_t *count,
               struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT COUNT(*) FROM information_schema.tables"
                     " WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'");
    size_t most = rows_next(rows) ? (size_t)rows_int(rows, 0) : 0;

    *count = 0;
    if (!rows_end(rows, error))
        return false;
    *tables = arena_take(arena, (most + 1) * sizeof(**tables));
    rows = db_query(db, "SELECT table_name, COALESCE(table_rows, 0) FROM information_schema.tables"
                        " WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
                        "   AND table_name <> 'migrations' ORDER BY table_name");
    while (*count < most && rows_next(rows))
        (*tables)[(*count)++] =
            (struct dump_table){.name = rows_copy(rows, 0, arena), .estimate = rows_id(rows, 1)};
    return rows_end(rows, error);
}

/* --- One table -------------------------------------------------------------------------------- */

enum shape { SHAPE_UNKNOWN, SHAPE_INT, SHAPE_UINT, SHAPE_BYTES };

struct columns {
    struct buffer names; /* "`a`, `b`" */
    enum shape shapes[COLUMNS_MOST];
    unsigned count;
};

/* Every other type loses something as hexadecimal (dates, fractions) or is not used. */
static enum shape shape_of(struct text type, bool is_unsigned)
{
    static const char *const integers[] = {"tinyint", "smallint", "mediumint", "int", "bigint"};
    static const char *const bytes[] = {"varchar",  "char",       "varbinary",  "binary",
                                        "tinyblob", "blob",       "mediumblob", "longblob",
                                        "tinytext", "mediumtext", "text",       "longtext"};

    for (size_t i = 0; i < ARRAY_LENGTH(integers); i++)
        if (type.length == strlen(integers[i]) && memcmp(type.data, integers[i], type.length) == 0)
            return is_unsigned ? SHAPE_UINT : SHAPE_INT;
    for (size_t i = 0; i < ARRAY_LENGTH(bytes); i++)
        if (type.length == strlen(bytes[i]) && memcmp(type.data, bytes[i], type.length) == 0)
            return SHAPE_BYTES;
    return SHAPE_UNKNOWN;
}

/* False, with the error set, for a column that a dump cannot hold. */
static bool add_column(struct columns *columns, const char *table, struct rows *rows,
                       struct error *error)
{
    struct text name = rows_text(rows, 0);
    enum shape shape = shape_of(rows_text(rows, 1), rows_int(rows, 2) != 0);

    if (shape == SHAPE_UNKNOWN || columns->count == COLUMNS_MOST)
        return error_set(error, "dump.column", "column %.*s of %s cannot be dumped",
                         TEXT_ARGS(name), table);
    buffer_printf(&columns->names, "%s`%.*s`", columns->count ? ", " : "", TEXT_ARGS(name));
    columns->shapes[columns->count++] = shape;
    return true;
}

static bool read_columns(struct db *db, const char *table, struct columns *columns,
                         struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT column_name, data_type, column_type LIKE '%unsigned%'"
                 " FROM information_schema.columns"
                 " WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position",
                 DB_STR(table));
    bool known = true;

    while (known && rows_next(rows))
        known = add_column(columns, table, rows, error);
    bool read = rows_end(rows, known ? error : NULL);
    return known && read;
}

static void add_value(struct sql *sql, struct rows *rows, unsigned column, enum shape shape)
{
    struct text bytes;

    if (rows_is_null(rows, column)) {
        sql_add_null(sql);
    } else if (shape == SHAPE_INT) {
        sql_add_int(sql, rows_int(rows, column));
    } else if (shape == SHAPE_UINT) {
        sql_add_id(sql, rows_id(rows, column));
    } else {
        bytes = rows_text(rows, column);
        sql_add_bytes(sql, bytes.data, bytes.length);
    }
}

static void add_row(struct sql *sql, struct rows *rows, const struct columns *columns)
{
    for (unsigned i = 0; i < columns->count; i++) {
        sql_add_literal(sql, i == 0 ? "(" : ",", 1);
        add_value(sql, rows, i, columns->shapes[i]);
    }
    sql_add(sql, ")");
}

/* Ends the statement and hands it on; a new one begins with the next row. */
static bool write_statement(struct sql *sql, const struct dump_sink *sink, struct error *error)
{
    if (sql->text.length == 0)
        return true;
    sql_add(sql, ";\n");
    bool written =
        sink->write(sink->context, (struct text){sql->text.data, sql->text.length}, error);
    sql_clear(sql);
    return written;
}

static bool write_rows(struct rows *rows, const char *table, const struct columns *columns,
                       const struct dump_sink *sink, uint64_t *count, struct error *error)
{
    struct sql sql = {0};
    bool good = true;

    while (good && rows_next(rows)) {
        if (sql.text.length == 0)
            buffer_printf(&sql.text, "INSERT INTO `%s` (%s) VALUES ", table, columns->names.data);
        else
            sql_add(&sql, ",");
        add_row(&sql, rows, columns);
        if (++*count % PROGRESS_ROWS == 0)
            sink->progress(sink->context, *count);
        if (sql.text.length >= STATEMENT_BYTES)
            good = write_statement(&sql, sink, error);
    }
    good = good && write_statement(&sql, sink, error);
    sql_free(&sql);
    return good;
}

bool dump_table(struct db *db, const char *table, const struct dump_sink *sink, uint64_t *rows,
                struct error *error)
{
    struct columns columns = {0};
    struct buffer select = {0};

    *rows = 0;
    bool good = read_columns(db, table, &columns, error);
    if (good) {
        buffer_printf(&select, "SELECT %s FROM `%s`", columns.names.data, table);
        struct rows *all =
            db_stream_values(db, select.data, (const struct db_value[]){{.type = DB_END}});
        good = write_rows(all, table, &columns, sink, rows, error);
        bool read = rows_end(all, good ? error : NULL);
        good = good && read;
    }
    buffer_free(&select);
    buffer_free(&columns.names);
    return good;
}
