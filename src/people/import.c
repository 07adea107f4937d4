#include "people/import.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "people/audit.h"
#include "people/due_lists.h"
#include "people/import_internal.h"

#define SLICE    700 /* members in a transaction: at most six rows each */
#define LEASE_US (15 * SECOND_US)

enum import_states { STAGING = 1, DONE, UNDONE };

struct importing {
    const struct keyring *keyring;
    struct id_maker *ids;
    const struct import_wanted *wanted;
    struct import_rows rows;
    uint64_t import_id;
    size_t staged, slice;
    bool busy;
};

/* --- its row --------------------------------------------------------------------------------- */

/* One at a time: two of the same file would be each other's "phone taken". The lock on the table's
 * only staging row is what decides. */
static bool begin(struct db *db, void *context, struct error *error)
{
    struct importing *importing = context;
    int64_t now_us = clock_now_us();
    struct rows *rows = db_query(
        db, "SELECT import_id FROM imports WHERE state = ? AND lease_until_us > ? FOR UPDATE",
        DB_INT(STAGING), DB_INT(now_us));

    importing->busy = rows_next(rows);
    if (!rows_end(rows, error))
        return false;
    if (importing->busy)
        return true;
    return db_run(db, error,
                  "INSERT INTO imports (import_id, state, row_count, staged, actor, began_us,"
                  " ended_us, lease_until_us) VALUES (?, ?, ?, 0, ?, ?, 0, ?)",
                  DB_ID(importing->import_id), DB_INT(STAGING), DB_INT(importing->rows.count),
                  DB_ID(importing->wanted->actor), DB_INT(now_us), DB_INT(now_us + LEASE_US)) == 1;
}

/* --- slices ---------------------------------------------------------------------------------- */

/* Whoever was slower than their lease may have been cleaned away: then no more is added. */
static bool renew(struct db *db, const struct importing *importing, struct error *error)
{
    int64_t renewed = db_run(
        db, error,
        "UPDATE imports SET staged = ?, lease_until_us = ? WHERE import_id = ? AND state = ?",
        DB_INT(importing->staged + importing->slice), DB_INT(clock_now_us() + LEASE_US),
        DB_ID(importing->import_id), DB_INT(STAGING));

    if (renewed == 0)
        return error_set(error, "import.lost", "the import took too long and was undone");
    return renewed == 1;
}

static bool stage_slice(struct db *db, void *context, struct error *error)
{
    struct importing *importing = context;
    uint64_t ids[SLICE];

    for (size_t i = 0; i < importing->slice; i++)
        ids[i] = id_next(importing->ids);
    return renew(db, importing, error) &&
           members_insert(db, importing->keyring, &importing->rows.members[importing->staged], ids,
                          importing->slice, clock_now_us(), error);
}

static bool stage(struct db *db, struct importing *importing, struct error *error)
{
    const struct import_wanted *wanted = importing->wanted;

    for (size_t i = 0; i < importing->rows.count; i++)
        importing->rows.members[i].import_id = importing->import_id;
    while (importing->staged < importing->rows.count) {
        size_t left = importing->rows.count - importing->staged;
        importing->slice = left < SLICE ? left : SLICE;
        if (!db_transaction(db, stage_slice, importing, error))
            return false;
        importing->staged += importing->slice;
        if (wanted->progress)
            wanted->progress(wanted->context, importing->staged, importing->rows.count);
    }
    return true;
}

/* --- the end --------------------------------------------------------------------------------- */

/* The one row that shows all the others. */
static bool show(struct db *db, void *context, struct error *error)
{
    const struct importing *importing = context;
    char after[48];
    int length = snprintf(after, sizeof(after), "{\"members\":%zu}", importing->rows.count);
    int64_t now_us = clock_now_us();
    int64_t shown =
        db_run(db, error,
               "UPDATE imports SET state = ?, ended_us = ? WHERE import_id = ?"
               " AND state = ?",
               DB_INT(DONE), DB_INT(now_us), DB_ID(importing->import_id), DB_INT(STAGING));

    if (shown == 0)
        return error_set(error, "import.lost", "the import took too long and was undone");
    return shown == 1 && audit_append(db,
                                      &(struct audit){.actor = importing->wanted->actor,
                                                      .action = "member.import",
                                                      .object_id = importing->import_id,
                                                      .after = {after, (size_t)length}},
                                      now_us, error);
}

/* At once, not by the keeper: the file may come again corrected. An error here is not the one to
 * tell, and the keeper finds what is left. */
static void give_up(struct db *db, uint64_t import_id)
{
    struct error ignored;

    if (db_run(db, &ignored, "UPDATE imports SET lease_until_us = 0 WHERE import_id = ?",
               DB_ID(import_id)) == 1)
        (void)!import_prune(db, clock_now_us(), IMPORT_ROWS_MOST, &ignored);
}

static enum import_answer run(struct db *db, struct importing *importing, struct error *error)
{
    if (!db_transaction(db, begin, importing, error))
        return IMPORT_BROKEN;
    if (importing->busy)
        return IMPORT_BUSY;
    if (!stage(db, importing, error) || !db_transaction(db, show, importing, error)) {
        give_up(db, importing->import_id);
        return IMPORT_BROKEN;
    }
    /* They are shown whatever comes of the lists of those due, which a later one finds again. */
    return due_came_by_import(db, importing->import_id, error) ? IMPORT_DONE : IMPORT_BROKEN;
}

enum import_answer members_import(struct db *db, const struct keyring *keyring,
                                  struct id_maker *ids, const struct import_wanted *wanted,
                                  struct arena *arena, struct import_report *report,
                                  struct error *error)
{
    struct importing importing = {.keyring = keyring, .ids = ids, .wanted = wanted};
    enum import_answer answer = IMPORT_BROKEN;

    *report = (struct import_report){0};
    /* Of one that died: its phones would be taken. */
    if (import_prune(db, clock_now_us(), IMPORT_ROWS_MOST, error) &&
        import_check(db, keyring, wanted, clock_now_us(), arena, &importing.rows, report, error))
        answer = report->fault_count ? IMPORT_FAULTY : IMPORT_DONE;
    if (answer == IMPORT_DONE && !wanted->dry_run) {
        importing.import_id = id_next(ids);
        answer = run(db, &importing, error);
        report->import_id = answer == IMPORT_DONE ? importing.import_id : 0;
    }
    import_rows_free(&importing.rows);
    return answer;
}

/* --- those that died ------------------------------------------------------------------------- */

static bool find_dead(struct db *db, int64_t now_us, uint64_t *import_id, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT import_id FROM imports WHERE state = ?"
                                 " AND lease_until_us <= ? ORDER BY import_id LIMIT 1",
                                 DB_INT(STAGING), DB_INT(now_us));

    *import_id = rows_next(rows) ? rows_id(rows, 0) : 0;
    return rows_end(rows, error);
}

struct undoing {
    uint64_t import_id;
    int64_t removed;
};

/* The import's row is locked, so that a slow importer and its undoing never mix. */
static bool undo_slice(struct db *db, void *context, struct error *error)
{
    struct undoing *undoing = context;
    struct rows *rows = db_query(db, "SELECT 1 FROM imports WHERE import_id = ? FOR UPDATE",
                                 DB_ID(undoing->import_id));

    (void)rows_next(rows);
    if (!rows_end(rows, error))
        return false;
    undoing->removed = members_remove_staged(db, undoing->import_id, SLICE, error);
    if (undoing->removed != 0)
        return undoing->removed > 0;
    return db_run(db, error, "UPDATE imports SET state = ?, ended_us = ? WHERE import_id = ?",
                  DB_INT(UNDONE), DB_INT(clock_now_us()), DB_ID(undoing->import_id)) == 1;
}

bool import_prune(struct db *db, int64_t now_us, int most, struct error *error)
{
    struct undoing undoing;

    for (int removed = 0; removed < most; removed += (int)undoing.removed) {
        if (!find_dead(db, now_us, &undoing.import_id, error))
            return false;
        if (undoing.import_id == 0)
            return true;
        if (!db_transaction(db, undo_slice, &undoing, error))
            return false;
    }
    return true;
}

bool import_list(struct db *db, struct arena *arena, size_t most, struct import_state **imports,
                 size_t *count, struct error *error)
{
    static const char *const names[] = {"", "staging", "done", "undone"};
    struct rows *rows = db_query(db,
                                 "SELECT import_id, actor, state, row_count, staged, began_us,"
                                 " ended_us FROM imports ORDER BY began_us DESC LIMIT ?",
                                 DB_INT(most));

    *imports = arena_take(arena, most * sizeof(**imports));
    *count = 0;
    while (rows_next(rows))
        (*imports)[(*count)++] = (struct import_state){
            .import_id = rows_id(rows, 0),
            .actor = rows_id(rows, 1),
            .state = names[rows_int(rows, 2) & 3],
            .rows = rows_int(rows, 3),
            .staged = rows_int(rows, 4),
            .began_us = rows_int(rows, 5),
            .ended_us = rows_int(rows, 6),
        };
    return rows_end(rows, error);
}
