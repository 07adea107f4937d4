#include "people/audit.h"

#include <string.h>

bool audit_append(struct db *db, const struct audit *audit, int64_t now_us, struct error *error)
{
    return db_run(db, error,
                  "INSERT INTO audit_trail"
                  " (at_us, actor, action, object_id, value_before, value_after, reason)"
                  " VALUES (?, ?, ?, ?, ?, ?, ?)",
                  DB_INT(now_us), DB_ID(audit->actor), DB_STR(audit->action),
                  DB_ID(audit->object_id), DB_TEXT(audit->before), DB_TEXT(audit->after),
                  DB_TEXT(audit->why)) == 1;
}

static void then_text(struct sql *sql, struct text text)
{
    sql_add(sql, ",");
    sql_add_bytes(sql, text.data, text.length);
}

void audit_add(struct sql *sql, const struct audit *audit, int64_t now_us)
{
    sql_add(sql, "INSERT INTO audit_trail"
                 " (at_us, actor, object_id, action, value_before, value_after, reason) VALUES (");
    sql_add_int(sql, now_us);
    sql_add(sql, ",");
    sql_add_id(sql, audit->actor);
    sql_add(sql, ",");
    sql_add_id(sql, audit->object_id);
    then_text(sql, (struct text){audit->action, strlen(audit->action)});
    then_text(sql, audit->before);
    then_text(sql, audit->after);
    then_text(sql, audit->why);
    sql_add(sql, ")");
    sql_end(sql);
}

static struct text copied(struct rows *rows, unsigned column, struct arena *arena)
{
    struct text text = rows_text(rows, column);

    return (struct text){arena_copy(arena, text.data, text.length), text.length};
}

static void read_entry(struct rows *rows, struct arena *arena, struct audit_entry *entry)
{
    *entry = (struct audit_entry){
        .audit_id = rows_id(rows, 0),
        .at_us = rows_int(rows, 1),
        .audit = {.actor = rows_id(rows, 2),
                  .action = rows_copy(rows, 3, arena),
                  .object_id = rows_id(rows, 4),
                  .before = copied(rows, 5, arena),
                  .after = copied(rows, 6, arena),
                  .why = copied(rows, 7, arena)},
    };
}

bool audit_list(struct db *db, const struct audit_query *query, struct arena *arena,
                struct audit_entry **entries, size_t *count, uint64_t *next, struct error *error)
{
    struct rows *rows = db_query(
        db,
        "SELECT audit_id, at_us, actor, action, object_id, value_before, value_after, reason"
        " FROM audit_trail"
        " WHERE (? = 0 OR audit_id < ?) AND (? = 0 OR object_id = ?) AND (? = 0 OR actor = ?)"
        " ORDER BY audit_id DESC LIMIT ?",
        DB_ID(query->before_id), DB_ID(query->before_id), DB_ID(query->object_id),
        DB_ID(query->object_id), DB_ID(query->actor), DB_ID(query->actor),
        DB_INT(query->limit + 1));

    *entries = arena_take(arena, query->limit * sizeof(**entries));
    *count = 0;
    *next = 0;
    while (rows_next(rows)) {
        if (*count == query->limit)
            *next = (*entries)[*count - 1].audit_id; /* one more row: there is a next page */
        else
            read_entry(rows, arena, &(*entries)[(*count)++]);
    }
    return rows_end(rows, error);
}
