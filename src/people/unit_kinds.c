#include "people/unit_kinds.h"

#include "people/audit.h"

bool unit_kind_list(struct db *db, struct arena *arena, struct unit_kind **kinds, size_t *count,
                    struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT code, name_zh, name_en, position FROM unit_kinds"
                                 " ORDER BY position, code LIMIT ?",
                                 DB_INT(UNIT_KINDS_MOST));

    *kinds = arena_take(arena, UNIT_KINDS_MOST * sizeof(**kinds));
    *count = 0;
    while (rows_next(rows))
        (*kinds)[(*count)++] = (struct unit_kind){
            .code = rows_copy(rows, 0, arena),
            .name_zh = rows_copy(rows, 1, arena),
            .name_en = rows_copy(rows, 2, arena),
            .position = rows_int(rows, 3),
        };
    return rows_end(rows, error);
}

struct writing {
    const struct new_unit_kind *kind;
    int64_t now_us;
};

static bool write_kind(struct db *db, void *context, struct error *error)
{
    const struct writing *writing = context;
    const struct new_unit_kind *kind = writing->kind;

    return db_run(db, error,
                  "INSERT INTO unit_kinds (code, name_zh, name_en, position) VALUES (?, ?, ?, ?)"
                  " ON DUPLICATE KEY UPDATE name_zh = VALUES(name_zh), name_en = VALUES(name_en),"
                  " position = VALUES(position)",
                  DB_TEXT(kind->code), DB_TEXT(kind->name_zh), DB_TEXT(kind->name_en),
                  DB_INT(kind->position)) >= 0 &&
           audit_append(db,
                        &(struct audit){
                            .actor = kind->actor, .action = "unit_kind.write", .after = kind->code},
                        writing->now_us, error);
}

bool unit_kind_write(struct db *db, const struct new_unit_kind *kind, int64_t now_us,
                     struct error *error)
{
    struct writing writing = {kind, now_us};

    return db_transaction(db, write_kind, &writing, error);
}
