#include "people/affiliations.h"

#include <inttypes.h>
#include <stdio.h>

#include "people/audit.h"
#include "people/member_seal.h"

bool affiliation_list(struct db *db, uint64_t member_id, struct arena *arena,
                      struct affiliation **list, size_t *count, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT a.kind, a.unit_id, a.from_us, a.to_us, u.name"
                                 " FROM affiliations a JOIN units u ON u.unit_id = a.unit_id"
                                 " WHERE a.member_id = ? ORDER BY a.kind, a.from_us DESC LIMIT 200",
                                 DB_ID(member_id));

    *list = arena_take(arena, 200 * sizeof(**list));
    *count = 0;
    while (rows_next(rows))
        (*list)[(*count)++] = (struct affiliation){
            .kind = (enum affiliation_kind)rows_int(rows, 0),
            .unit_id = rows_id(rows, 1),
            .from_us = rows_int(rows, 2),
            .to_us = rows_int(rows, 3),
            .unit_name = rows_copy(rows, 4, arena),
        };
    return rows_end(rows, error);
}

enum find affiliation_at(struct db *db, uint64_t member_id, enum affiliation_kind kind,
                         int64_t at_us, uint64_t *unit_id, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT unit_id FROM affiliations WHERE member_id = ? AND kind = ?"
                                 " AND from_us <= ? AND to_us > ?",
                                 DB_ID(member_id), DB_INT(kind), DB_INT(at_us), DB_INT(at_us));
    bool found = rows_next(rows);

    if (found)
        *unit_id = rows_id(rows, 0);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

/* --- moving ---------------------------------------------------------------------------------- */

struct moving {
    const struct keyring *keyring;
    const struct move *move;
    int64_t now_us;
    bool has_present;
    uint64_t present_unit;
    int64_t present_from_us;
    enum people_answer answer;
};

/* The member's row serialises moves. False in *found: nobody, or nobody any more. */
static bool lock_member(struct db *db, struct moving *moving, bool *found, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT 1 FROM members WHERE member_id = ? AND erased_us = 0"
                                 " AND merged_into = 0 FOR UPDATE",
                                 DB_ID(moving->move->member_id));

    *found = rows_next(rows);
    return rows_end(rows, error);
}

static bool read_present(struct db *db, struct moving *moving, struct error *error)
{
    const struct move *move = moving->move;
    struct rows *rows =
        db_query(db,
                 "SELECT unit_id, from_us FROM affiliations"
                 " WHERE member_id = ? AND kind = ? AND to_us = ?",
                 DB_ID(move->member_id), DB_INT(move->kind), DB_INT(AFFILIATION_STILL));

    moving->has_present = rows_next(rows);
    if (moving->has_present) {
        moving->present_unit = rows_id(rows, 0);
        moving->present_from_us = rows_int(rows, 1);
    }
    return rows_end(rows, error);
}

static bool unit_exists(struct db *db, uint64_t unit_id, bool *exists, struct error *error)
{
    struct rows *rows = db_query(db, "SELECT 1 FROM units WHERE unit_id = ?", DB_ID(unit_id));

    *exists = rows_next(rows);
    return rows_end(rows, error);
}

/* One that began at the same instant was a slip: it is replaced, not kept as history. */
static bool close_present(struct db *db, const struct moving *moving, struct error *error)
{
    const struct move *move = moving->move;

    if (!moving->has_present)
        return true;
    if (moving->present_from_us == move->from_us)
        return db_run(db, error,
                      "DELETE FROM affiliations WHERE member_id = ? AND kind = ? AND from_us = ?",
                      DB_ID(move->member_id), DB_INT(move->kind), DB_INT(move->from_us)) == 1;
    return db_run(db, error,
                  "UPDATE affiliations SET to_us = ? WHERE member_id = ? AND kind = ?"
                  " AND from_us = ?",
                  DB_INT(move->from_us), DB_ID(move->member_id), DB_INT(move->kind),
                  DB_INT(moving->present_from_us)) == 1;
}

/* The keyed hash of name and unit moves along. */
static bool update_residence(struct db *db, const struct moving *moving, struct error *error)
{
    const struct move *move = moving->move;
    uint8_t likeness[LIKENESS_SIZE];
    struct arena *arena = arena_new();
    char *name;
    bool read = member_names(db, moving->keyring, &move->member_id, 1, arena, &name, error);

    if (read && name)
        member_likeness(moving->keyring, (struct text){name, __builtin_strlen(name)}, move->unit_id,
                        likeness);
    bool updated =
        read &&
        db_run(db, error, "UPDATE members SET unit_id = ?, likeness = ? WHERE member_id = ?",
               DB_ID(move->unit_id), name ? DB_BYTES(likeness, LIKENESS_SIZE) : DB_NULL,
               DB_ID(move->member_id)) == 1;
    arena_free(arena);
    return updated;
}

static bool open_next(struct db *db, const struct moving *moving, struct error *error)
{
    const struct move *move = moving->move;

    if (move->unit_id == 0)
        return true;
    return db_run(db, error,
                  "INSERT INTO affiliations (member_id, kind, from_us, to_us, unit_id)"
                  " VALUES (?, ?, ?, ?, ?)",
                  DB_ID(move->member_id), DB_INT(move->kind), DB_INT(move->from_us),
                  DB_INT(AFFILIATION_STILL), DB_ID(move->unit_id)) == 1 &&
           (move->kind != AFFILIATION_RESIDENCE || update_residence(db, moving, error));
}

static bool audit_move(struct db *db, const struct moving *moving, struct error *error)
{
    const struct move *move = moving->move;
    char before[24], after[24];
    int from = snprintf(before, sizeof(before), "%" PRIu64, moving->present_unit);
    int to = snprintf(after, sizeof(after), "%" PRIu64, move->unit_id);

    return audit_append(db,
                        &(struct audit){.actor = move->actor,
                                        .action = move->kind == AFFILIATION_RESIDENCE
                                                      ? "member.move"
                                                      : "member.change_work_unit",
                                        .object_id = move->member_id,
                                        .before = {before, (size_t)from},
                                        .after = {after, (size_t)to}},
                        moving->now_us, error);
}

static bool run_move(struct db *db, void *context, struct error *error)
{
    struct moving *moving = context;
    const struct move *move = moving->move;
    bool found, exists = true;

    moving->answer = PEOPLE_NOT_FOUND;
    if (!lock_member(db, moving, &found, error))
        return false;
    if (!found)
        return true;
    if (!read_present(db, moving, error) ||
        (move->unit_id && !unit_exists(db, move->unit_id, &exists, error)))
        return false;
    moving->answer = PEOPLE_NO_UNIT;
    if (!exists || (move->unit_id == 0 && move->kind == AFFILIATION_RESIDENCE))
        return true;
    moving->answer = PEOPLE_BAD_TIME;
    if (move->from_us > moving->now_us ||
        (moving->has_present && move->from_us < moving->present_from_us))
        return true;
    moving->answer = PEOPLE_DONE;
    if (moving->has_present && moving->present_unit == move->unit_id)
        return true;
    return close_present(db, moving, error) && open_next(db, moving, error) &&
           audit_move(db, moving, error);
}

enum people_answer affiliation_move(struct db *db, const struct keyring *keyring,
                                    const struct move *move, int64_t now_us, struct error *error)
{
    struct moving moving = {.keyring = keyring, .move = move, .now_us = now_us};

    return db_transaction(db, run_move, &moving, error) ? moving.answer : PEOPLE_BROKEN;
}
