#include "service/evidence.h"

#include <stdlib.h>

#include "people/members.h"

/* --- Notes and photos ------------------------------------------------------------------------ */

struct showing {
    const struct evidence *evidence;
    enum refusal refusal;
};

/* Holds the record's row, so that many at once do not pass the limit. */
static bool lock_record(struct db *db, struct showing *showing, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT r.state, (SELECT COUNT(*) FROM evidence e"
                                 "  WHERE e.record_id = r.record_id)"
                                 " FROM records r WHERE r.record_id = ? FOR UPDATE",
                                 DB_ID(showing->evidence->record_id));

    showing->refusal = REFUSED_NOT_FOUND;
    if (rows_next(rows))
        showing->refusal = rows_int(rows, 0) == RECORD_REJECTED ? REFUSED_WRONG_STATE
                           : rows_int(rows, 1) >= EVIDENCE_MOST ? REFUSED_TOO_MUCH
                                                                : ACCEPTED;
    return rows_end(rows, error);
}

/* Whose record it is, and that they are not erased meanwhile. */
static bool hold_member(struct db *db, const struct showing *showing, bool *there,
                        struct error *error)
{
    struct rows *rows = db_query(db, "SELECT member_id FROM records WHERE record_id = ?",
                                 DB_ID(showing->evidence->record_id));
    uint64_t member_id = rows_next(rows) ? rows_id(rows, 0) : 0;

    return rows_end(rows, error) && member_hold(db, member_id, there, error);
}

static bool add(struct db *db, void *context, struct error *error)
{
    struct showing *showing = context;
    const struct evidence *evidence = showing->evidence;
    bool there;

    showing->refusal = REFUSED_NOT_FOUND;
    if (!hold_member(db, showing, &there, error))
        return false;
    if (!there)
        return true;
    if (!lock_record(db, showing, error))
        return false;
    return showing->refusal != ACCEPTED ||
           db_run(db, error,
                  "INSERT INTO evidence (evidence_id, record_id, added_by, added_us, media_type,"
                  " note, photo) VALUES (?, ?, ?, ?, ?, ?, ?)",
                  DB_ID(evidence->id), DB_ID(evidence->record_id), DB_ID(evidence->added_by),
                  DB_INT(evidence->added_us), DB_STR(evidence->media_type), DB_TEXT(evidence->note),
                  DB_TEXT(evidence->photo)) >= 0;
}

bool evidence_add(struct db *db, const struct evidence *evidence, enum refusal *refusal,
                  struct error *error)
{
    struct showing showing = {.evidence = evidence};
    bool done = db_transaction(db, add, &showing, error);

    *refusal = showing.refusal;
    return done;
}

static struct text copied(struct rows *rows, unsigned column, struct arena *arena)
{
    struct text text = rows_text(rows, column);

    return (struct text){arena_copy(arena, text.data, text.length), text.length};
}

static void read_evidence(struct rows *rows, struct arena *arena, struct evidence *evidence)
{
    *evidence = (struct evidence){
        .id = rows_id(rows, 0),
        .record_id = rows_id(rows, 1),
        .added_by = rows_id(rows, 2),
        .added_us = rows_int(rows, 3),
        .media_type = rows_copy(rows, 4, arena),
        .note = copied(rows, 5, arena),
    };
}

bool evidence_list(struct db *db, uint64_t record_id, struct arena *arena, struct evidence **list,
                   size_t *count, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT evidence_id, record_id, added_by, added_us, media_type, note FROM evidence"
                 " WHERE record_id = ? ORDER BY evidence_id LIMIT ?",
                 DB_ID(record_id), DB_INT(EVIDENCE_MOST));

    *list = arena_take(arena, EVIDENCE_MOST * sizeof **list);
    for (*count = 0; rows_next(rows); (*count)++)
        read_evidence(rows, arena, &(*list)[*count]);
    return rows_end(rows, error);
}

enum find evidence_find(struct db *db, uint64_t evidence_id, struct arena *arena,
                        struct evidence *evidence, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT evidence_id, record_id, added_by, added_us, media_type, note, photo"
                 " FROM evidence WHERE evidence_id = ?",
                 DB_ID(evidence_id));
    bool found = rows_next(rows);

    if (found) {
        read_evidence(rows, arena, evidence);
        evidence->photo = copied(rows, 6, arena);
    }
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

bool evidence_remove(struct db *db, uint64_t evidence_id, struct error *error)
{
    return db_run(db, error, "DELETE FROM evidence WHERE evidence_id = ?", DB_ID(evidence_id)) >= 0;
}
