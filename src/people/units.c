#include "people/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "people/audit.h"

#define PATH_SIZE 512 /* 24 levels of a 53-bit number and a slash: 410 bytes at most */

struct making {
    struct id_maker *ids;
    const struct new_unit *wanted;
    int64_t now_us;
    uint64_t unit_id;
    enum people_answer answer;
};

/* The parent's path, "/" for a root; an empty one when there is no such parent. The parent does not
 * move meanwhile. */
static bool read_parent_path(struct db *db, uint64_t parent_id, char out[PATH_SIZE],
                             struct error *error)
{
    snprintf(out, PATH_SIZE, "%s", parent_id == 0 ? "/" : "");
    if (parent_id == 0)
        return true;
    struct rows *rows = db_query(db, "SELECT path FROM units WHERE unit_id = ? LOCK IN SHARE MODE",
                                 DB_ID(parent_id));
    if (rows_next(rows))
        snprintf(out, PATH_SIZE, "%.*s", TEXT_ARGS(rows_text(rows, 0)));
    return rows_end(rows, error);
}

static unsigned path_levels(const char *path)
{
    unsigned levels = 0;

    for (const char *at = path + 1; (at = strchr(at, '/')); at++)
        levels++;
    return levels;
}

static bool insert_unit(struct db *db, struct making *making, const char *parent_path,
                        struct error *error)
{
    const struct new_unit *wanted = making->wanted;
    char path[PATH_SIZE];

    making->unit_id = id_next(making->ids);
    int length = snprintf(path, sizeof(path), "%s%" PRIu64 "/", parent_path, making->unit_id);
    ASSERT(length < PATH_SIZE);
    return db_run(db, error,
                  "INSERT INTO units (unit_id, parent_id, kind, name, path, created_us)"
                  " VALUES (?, ?, ?, ?, ?, ?)",
                  DB_ID(making->unit_id), DB_ID(wanted->parent_id), DB_TEXT(wanted->kind),
                  DB_TEXT(wanted->name), DB_STR(path), DB_INT(making->now_us)) == 1;
}

static bool make_unit(struct db *db, void *context, struct error *error)
{
    struct making *making = context;
    char parent_path[PATH_SIZE];

    making->answer = PEOPLE_BROKEN;
    if (!read_parent_path(db, making->wanted->parent_id, parent_path, error))
        return false;
    if (parent_path[0] == '\0')
        return making->answer = PEOPLE_NO_UNIT, true;
    if (path_levels(parent_path) >= UNIT_LEVELS_MOST)
        return making->answer = PEOPLE_TOO_DEEP, true;
    making->answer = PEOPLE_DONE;
    return insert_unit(db, making, parent_path, error) &&
           audit_append(db,
                        &(struct audit){.actor = making->wanted->actor,
                                        .action = "unit.create",
                                        .object_id = making->unit_id,
                                        .after = making->wanted->name},
                        making->now_us, error);
}

enum people_answer unit_create(struct db *db, struct id_maker *ids, const struct new_unit *new_unit,
                               int64_t now_us, uint64_t *unit_id, struct error *error)
{
    struct making making = {.ids = ids, .wanted = new_unit, .now_us = now_us};

    if (!db_transaction(db, make_unit, &making, error))
        return PEOPLE_BROKEN;
    *unit_id = making.unit_id;
    return making.answer;
}

static void read_unit(struct rows *rows, struct arena *arena, struct unit *unit)
{
    *unit = (struct unit){
        .unit_id = rows_id(rows, 0),
        .parent_id = rows_id(rows, 1),
        .kind = rows_copy(rows, 2, arena),
        .name = rows_copy(rows, 3, arena),
        .path = rows_copy(rows, 4, arena),
        .created_us = rows_int(rows, 5),
    };
}

enum find unit_find(struct db *db, uint64_t unit_id, struct arena *arena, struct unit *unit,
                    struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT unit_id, parent_id, kind, name, path, created_us"
                                 " FROM units WHERE unit_id = ?",
                                 DB_ID(unit_id));
    bool found = rows_next(rows);

    if (found)
        read_unit(rows, arena, unit);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

bool unit_contains(struct db *db, uint64_t ancestor_id, uint64_t unit_id)
{
    struct error error;
    struct rows *rows =
        db_query(db, "SELECT ? = 0 OR path LIKE CONCAT('%/', ?, '/%') FROM units WHERE unit_id = ?",
                 DB_ID(ancestor_id), DB_ID(ancestor_id), DB_ID(unit_id));
    bool contains = rows_next(rows) && rows_int(rows, 0) != 0;

    if (rows_end(rows, &error))
        return contains;
    LOG(ERROR, "units.contains", LOG_STR("code", error.code), LOG_STR("detail", error.detail));
    return false;
}

bool unit_list(struct db *db, const struct unit_query *query, struct arena *arena,
               struct unit **units, size_t *count, uint64_t *next, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT unit_id, parent_id, kind, name, path, created_us FROM units"
                 " WHERE unit_id > ? AND (? = 0 OR parent_id = ?)"
                 "   AND (? = 0 OR path LIKE CONCAT('%/', ?, '/%'))"
                 " ORDER BY unit_id LIMIT ?",
                 DB_ID(query->after_id), DB_ID(query->parent_id), DB_ID(query->parent_id),
                 DB_ID(query->under), DB_ID(query->under), DB_INT(query->limit + 1));

    *units = arena_take(arena, query->limit * sizeof(**units));
    *count = 0;
    *next = 0;
    while (rows_next(rows)) {
        if (*count == query->limit)
            *next = (*units)[*count - 1].unit_id;
        else
            read_unit(rows, arena, &(*units)[(*count)++]);
    }
    return rows_end(rows, error);
}
