#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "people/audit.h"
#include "service/evidence.h"

struct entering {
    const struct activity_counts *counts;
    enum refusal refusal;
};

enum find activity_counts_find(struct db *db, uint64_t activity_id, struct activity_counts *counts,
                               struct error *error)
{
    struct rows *rows = db_query(
        db,
        "SELECT volunteers, attendances, residents, households, cases, entered_by, entered_us"
        " FROM activity_counts WHERE activity_id = ?",
        DB_ID(activity_id));
    bool found = rows_next(rows);

    *counts = (struct activity_counts){.activity_id = activity_id};
    if (found) {
        counts->volunteers = (int32_t)rows_int(rows, 0);
        counts->attendances = (int32_t)rows_int(rows, 1);
        counts->residents = (int32_t)rows_int(rows, 2);
        counts->households = (int32_t)rows_int(rows, 3);
        counts->cases = (int32_t)rows_int(rows, 4);
        counts->entered_by = rows_id(rows, 5);
        counts->entered_us = rows_int(rows, 6);
    }
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

static bool lock_activity(struct db *db, struct entering *entering, struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT state IN (?, ?, ?) FROM activities WHERE activity_id = ? FOR UPDATE",
                 DB_INT(ACTIVITY_RUNNING), DB_INT(ACTIVITY_CLOSED), DB_INT(ACTIVITY_SETTLED),
                 DB_ID(entering->counts->activity_id));

    entering->refusal = REFUSED_NOT_FOUND;
    if (rows_next(rows))
        entering->refusal = rows_int(rows, 0) ? ACCEPTED : REFUSED_WRONG_STATE;
    return rows_end(rows, error);
}

static bool write_counts(struct db *db, const struct activity_counts *counts, struct error *error)
{
    return db_run(db, error,
                  "REPLACE INTO activity_counts (activity_id, volunteers, attendances, residents,"
                  " households, cases, entered_by, entered_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                  DB_ID(counts->activity_id), DB_INT(counts->volunteers),
                  DB_INT(counts->attendances), DB_INT(counts->residents),
                  DB_INT(counts->households), DB_INT(counts->cases), DB_ID(counts->entered_by),
                  DB_INT(counts->entered_us)) >= 0;
}

static char *counts_text(const struct activity_counts *counts)
{
    json_t *object = json_pack("{s:i, s:i, s:i, s:i, s:i}", "volunteers", counts->volunteers,
                               "attendances", counts->attendances, "residents", counts->residents,
                               "households", counts->households, "cases", counts->cases);
    char *text = json_dumps(object, JSON_COMPACT);

    ASSERT(text);
    json_decref(object);
    return text;
}

static bool note(struct db *db, const struct activity_counts *before,
                 const struct activity_counts *after, struct error *error)
{
    char *old = counts_text(before), *new = counts_text(after);
    struct audit audit = {
        .actor = after->entered_by,
        .action = "activity.counts",
        .object_id = after->activity_id,
        .before = {old, before->entered_us ? strlen(old) : 0},
        .after = {new, strlen(new)},
    };
    bool done = audit_append(db, &audit, after->entered_us, error);

    free(old);
    free(new);
    return done;
}

static bool enter(struct db *db, void *context, struct error *error)
{
    struct entering *entering = context;
    struct activity_counts before;

    if (!lock_activity(db, entering, error))
        return false;
    if (entering->refusal != ACCEPTED)
        return true;
    return activity_counts_find(db, entering->counts->activity_id, &before, error) != FIND_FAILED &&
           write_counts(db, entering->counts, error) && note(db, &before, entering->counts, error);
}

bool activity_counts_enter(struct db *db, const struct activity_counts *counts,
                           enum refusal *refusal, struct error *error)
{
    struct entering entering = {.counts = counts};
    bool done = db_transaction(db, enter, &entering, error);

    *refusal = entering.refusal;
    return done;
}
