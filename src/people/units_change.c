/*
 * Units renamed and moved. A unit's path is kept in every unit below it, so that a move rewrites
 * the paths of a whole branch at once.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "people/audit.h"
#include "people/units.h"

struct changing {
    const struct unit_change *change;
    struct arena *arena;
    int64_t now_us;
    enum people_answer answer;
};

static bool note(struct db *db, const struct changing *changing, const char *action,
                 struct text before, struct text after, struct error *error)
{
    return audit_append(db,
                        &(struct audit){.actor = changing->change->actor,
                                        .action = action,
                                        .object_id = changing->change->unit_id,
                                        .before = before,
                                        .after = after,
                                        .why = changing->change->why},
                        changing->now_us, error);
}

/* --- renaming -------------------------------------------------------------------------------- */

static bool rename_unit(struct db *db, void *context, struct error *error)
{
    struct changing *changing = context;
    const struct unit_change *change = changing->change;
    struct rows *rows =
        db_query(db, "SELECT name FROM units WHERE unit_id = ? FOR UPDATE", DB_ID(change->unit_id));
    const char *before = rows_next(rows) ? rows_copy(rows, 0, changing->arena) : NULL;

    if (!rows_end(rows, error))
        return false;
    changing->answer = before ? PEOPLE_DONE : PEOPLE_NOT_FOUND;
    return !before || (db_run(db, error, "UPDATE units SET name = ? WHERE unit_id = ?",
                              DB_TEXT(change->name), DB_ID(change->unit_id)) == 1 &&
                       note(db, changing, "unit.rename", text_from(before), change->name, error));
}

/* --- moving ---------------------------------------------------------------------------------- */

/* The unit and its new parent, and how deep the branch below the unit goes. */
struct move {
    char *path, *parent_path;
    uint64_t parent_id;
    unsigned levels, parent_levels, deepest;
};

static unsigned levels_of(const char *path)
{
    unsigned levels = 0;

    for (const char *at = path + 1; (at = strchr(at, '/')); at++)
        levels++;
    return levels;
}

static bool is_below(const char *path, const char *branch)
{
    return strncmp(path, branch, strlen(branch)) == 0;
}

/* Locks every unit, in order of id: moves are rare, and two at once must not make a circle.
 * Whoever makes a unit holds its parent meanwhile, so that no path is made from an old one. */
static bool look(struct db *db, struct changing *changing, struct move *move, struct error *error)
{
    const struct unit_change *change = changing->change;
    struct rows *rows =
        db_query(db, "SELECT unit_id, parent_id, path FROM units ORDER BY unit_id FOR UPDATE");

    *move = (struct move){.parent_path =
                              change->parent_id == 0 ? arena_printf(changing->arena, "/") : NULL};
    while (rows_next(rows)) {
        if (rows_id(rows, 0) == change->unit_id) {
            move->path = rows_copy(rows, 2, changing->arena);
            move->parent_id = rows_id(rows, 1);
        }
        if (rows_id(rows, 0) == change->parent_id)
            move->parent_path = rows_copy(rows, 2, changing->arena);
    }
    if (!rows_end(rows, error))
        return false;
    changing->answer = !move->path          ? PEOPLE_NOT_FOUND
                       : !move->parent_path ? PEOPLE_NO_UNIT
                                            : PEOPLE_DONE;
    return true;
}

static bool measure(struct db *db, struct changing *changing, struct move *move,
                    struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT COALESCE(MAX(LENGTH(path) - LENGTH(REPLACE(path, '/', '')"
                                 ")), 0) FROM units WHERE path LIKE CONCAT(?, '%')",
                                 DB_STR(move->path));

    move->levels = levels_of(move->path);
    move->parent_levels = levels_of(move->parent_path);
    move->deepest = rows_next(rows) ? (unsigned)rows_int(rows, 0) - 1 : 0; /* slashes but one */
    if (!rows_end(rows, error))
        return false;
    if (is_below(move->parent_path, move->path))
        changing->answer = PEOPLE_INSIDE_ITSELF;
    else if (move->parent_levels + move->deepest - move->levels + 1 > UNIT_LEVELS_MOST)
        changing->answer = PEOPLE_TOO_DEEP;
    return true;
}

static bool write_paths(struct db *db, const struct unit_change *change, const struct move *move,
                        struct arena *arena, struct error *error)
{
    const char *path = arena_printf(arena, "%s%" PRIu64 "/", move->parent_path, change->unit_id);

    return db_run(db, error, "UPDATE units SET parent_id = ? WHERE unit_id = ?",
                  DB_ID(change->parent_id), DB_ID(change->unit_id)) == 1 &&
           db_run(db, error,
                  "UPDATE units SET path = CONCAT(?, SUBSTRING(path, ?))"
                  " WHERE path LIKE CONCAT(?, '%')",
                  DB_STR(path), DB_INT(strlen(move->path) + 1), DB_STR(move->path)) > 0;
}

static bool move_unit(struct db *db, void *context, struct error *error)
{
    struct changing *changing = context;
    const struct unit_change *change = changing->change;
    struct move move;

    if (!look(db, changing, &move, error))
        return false;
    if (changing->answer != PEOPLE_DONE || move.parent_id == change->parent_id)
        return true;
    if (!measure(db, changing, &move, error))
        return false;
    if (changing->answer != PEOPLE_DONE)
        return true;
    return write_paths(db, change, &move, changing->arena, error) &&
           note(db, changing, "unit.move",
                text_from(arena_printf(changing->arena, "%" PRIu64, move.parent_id)),
                text_from(arena_printf(changing->arena, "%" PRIu64, change->parent_id)), error);
}

/* --- both ------------------------------------------------------------------------------------ */

static enum people_answer change_unit(struct db *db, const struct unit_change *change,
                                      bool (*work)(struct db *, void *, struct error *),
                                      int64_t now_us, struct error *error)
{
    struct changing changing = {.change = change, .arena = arena_new(), .now_us = now_us};
    bool done = db_transaction(db, work, &changing, error);

    arena_free(changing.arena);
    return done ? changing.answer : PEOPLE_BROKEN;
}

enum people_answer unit_rename(struct db *db, const struct unit_change *change, int64_t now_us,
                               struct error *error)
{
    return change_unit(db, change, rename_unit, now_us, error);
}

enum people_answer unit_move(struct db *db, const struct unit_change *change, int64_t now_us,
                             struct error *error)
{
    return change_unit(db, change, move_unit, now_us, error);
}
