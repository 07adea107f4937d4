#include <string.h>

#include "base/clock.h"
#include "store/db_internal.h"
#include "store/dump.h"

/* The mark: a table of its own, so that it is there before any migration is. */
#define MARK "unfinished_restore"

/* A statement with a table's name in it, from the manifest or the database itself. */
static bool is_name(const char *table)
{
    size_t length = strlen(table);

    return length > 0 && length <= 64 &&
           strspn(table, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

static bool run_on_table(struct db *db, const char *format, const char *table, struct error *error)
{
    struct buffer sql = {0};

    if (!is_name(table))
        return error_set(error, "load.table", "'%.64s' is no table of ours", table);
    for (const char *at = format; *at; at++)
        if (*at == '?')
            buffer_printf(&sql, "`%s`", table);
        else
            buffer_add_char(&sql, *at);
    bool done = db_execute_text(db, (struct text){sql.data, sql.length}, error);
    buffer_free(&sql);
    return done;
}

static bool count_tables(struct db *db, int64_t *tables, bool *marked, struct error *error)
{
    struct rows *rows = db_query(db, "SELECT COUNT(*), COUNT(IF(table_name = '" MARK "', 1, NULL))"
                                     " FROM information_schema.tables"
                                     " WHERE table_schema = DATABASE()");

    *tables = 0;
    *marked = false;
    if (rows_next(rows)) {
        *tables = rows_int(rows, 0);
        *marked = rows_int(rows, 1) > 0;
    }
    return rows_end(rows, error);
}

static bool read_note(struct db *db, struct arena *arena, char **note, struct error *error)
{
    struct rows *rows = db_query(db, "SELECT note FROM " MARK);

    *note = rows_next(rows) ? rows_copy(rows, 0, arena) : arena_printf(arena, "an unknown backup");
    return rows_end(rows, error);
}

bool load_look(struct db *db, struct arena *arena, enum load_state *state, char **note,
               struct error *error)
{
    int64_t tables;
    bool marked;

    *note = NULL;
    if (!count_tables(db, &tables, &marked, error))
        return false;
    *state = marked ? LOAD_UNFINISHED : tables > 0 ? LOAD_IN_USE : LOAD_EMPTY;
    return !marked || read_note(db, arena, note, error);
}

bool load_begin(struct db *db, const char *note, struct error *error)
{
    return db_execute_text(db,
                           TEXT("CREATE TABLE " MARK " (note VARCHAR(200) NOT NULL PRIMARY KEY,"
                                " began_us BIGINT NOT NULL) ENGINE = InnoDB CHARACTER SET utf8mb4"),
                           error) &&
           db_run(db, error, "INSERT INTO " MARK " (note, began_us) VALUES (?, ?)", DB_STR(note),
                  DB_INT(clock_now_us())) == 1;
}

bool load_clear_table(struct db *db, const char *table, struct error *error)
{
    return run_on_table(db, "DELETE FROM ?", table, error);
}

bool load_line(struct db *db, const char *table, struct text line, struct error *error)
{
    static const char begin[] = "INSERT INTO `";
    size_t length = strlen(table), head = sizeof(begin) - 1;

    if (line.length < head + length + 1 || memcmp(line.data, begin, head) != 0 ||
        memcmp(line.data + head, table, length) != 0 || line.data[head + length] != '`')
        return error_set(error, "load.line", "a line of table %s is no INSERT into it", table);
    return db_execute_text(db, line, error);
}

bool load_count(struct db *db, const char *table, uint64_t *count, struct error *error)
{
    struct buffer sql = {0};

    *count = 0;
    if (!is_name(table))
        return error_set(error, "load.table", "'%.64s' is no table of ours", table);
    buffer_printf(&sql, "SELECT COUNT(*) FROM `%s`", table);
    struct rows *rows = db_query_values(db, sql.data, (const struct db_value[]){{.type = DB_END}});
    if (rows_next(rows))
        *count = rows_id(rows, 0);
    buffer_free(&sql);
    return rows_end(rows, error);
}

bool load_end(struct db *db, struct error *error)
{
    return db_execute_text(db, TEXT("DROP TABLE " MARK), error);
}

bool load_undo(struct db *db, struct error *error)
{
    struct arena *arena = arena_new();
    struct dump_table *tables;
    size_t count;
    int64_t all;
    bool marked, good;

    good = count_tables(db, &all, &marked, error) &&
           (!marked || dump_list(db, arena, &tables, &count, error));
    for (size_t i = 0; good && marked && i < count; i++)
        if (strcmp(tables[i].name, MARK) != 0)
            good = run_on_table(db, "DROP TABLE ?", tables[i].name, error);
    if (good && marked)
        good = db_execute_text(db, TEXT("DROP TABLE IF EXISTS migrations"), error) &&
               load_end(db, error);
    arena_free(arena);
    return good;
}

bool load_refuse_unfinished(struct db *db, struct error *error)
{
    int64_t tables;
    bool marked;

    if (!count_tables(db, &tables, &marked, error))
        return false;
    return !marked || error_set(error, "store.unfinished",
                                "a restore into this database was interrupted: repeat it, "
                                "`linli restore BACKUP --again …`; nothing is served before");
}
