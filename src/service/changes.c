#include "service/changes.h"

#include <string.h>

#include "people/audit.h"
#include "service/backfill.h"
#include "service/sign_ups.h"
#include "service/tell.h"

struct changing {
    const struct change *change;
    const struct activity *activity; /* of a correction */
    bool is_news;
    int64_t started_us, ended_us; /* of a record */
    enum refusal refusal;
};

static bool run(struct db *db, bool (*step)(struct db *, void *, struct error *),
                struct changing *changing, enum refusal *refusal, struct error *error)
{
    bool done = db_transaction(db, step, changing, error);

    *refusal = changing->refusal;
    return done;
}

static bool note(struct db *db, const struct change *change, const char *action, struct text before,
                 struct text after, struct error *error)
{
    struct audit audit = {.actor = change->actor,
                          .action = action,
                          .object_id = change->object_id,
                          .before = before,
                          .after = after,
                          .why = change->why};

    return audit_append(db, &audit, change->now_us, error);
}

/* --- Cancelling ------------------------------------------------------------------------------ */

/* Locks the activity and its shifts. `state` 0: there is none; `records` of all of them. */
static bool lock_whole(struct db *db, uint64_t activity_id, int *state, int64_t *records,
                       struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT activity_id, state,"
                                 " (SELECT COUNT(*) FROM records r WHERE r.activity_id ="
                                 "  a.activity_id) FROM activities a"
                                 " WHERE activity_id = ? OR part_of = ? FOR UPDATE",
                                 DB_ID(activity_id), DB_ID(activity_id));

    *state = 0;
    *records = 0;
    while (rows_next(rows)) {
        if (rows_id(rows, 0) == activity_id)
            *state = (int)rows_int(rows, 1);
        *records += rows_int(rows, 2);
    }
    return rows_end(rows, error);
}

static enum refusal cancel_refusal(int state, int64_t records)
{
    if (state == 0)
        return REFUSED_NOT_FOUND;
    if (state == ACTIVITY_CLOSED || state == ACTIVITY_SETTLED || records > 0)
        return REFUSED_WRONG_STATE;
    return ACCEPTED;
}

#define PARTS_MOST 200

/* The activity and its shifts. */
static bool read_parts(struct db *db, uint64_t activity_id, uint64_t parts[PARTS_MOST],
                       size_t *count, struct error *error)
{
    struct rows *rows = db_query(
        db, "SELECT activity_id FROM activities WHERE activity_id = ? OR part_of = ? LIMIT ?",
        DB_ID(activity_id), DB_ID(activity_id), DB_INT(PARTS_MOST));

    for (*count = 0; rows_next(rows); (*count)++)
        parts[*count] = rows_id(rows, 0);
    return rows_end(rows, error);
}

static bool cancel(struct db *db, void *context, struct error *error)
{
    struct changing *changing = context;
    const struct change *change = changing->change;
    uint64_t parts[PARTS_MOST];
    int64_t records;
    size_t count;
    int state;

    if (!lock_whole(db, change->object_id, &state, &records, error))
        return false;
    changing->refusal = cancel_refusal(state, records);
    if (changing->refusal != ACCEPTED || state == ACTIVITY_CANCELLED)
        return true;
    if (!read_parts(db, change->object_id, parts, &count, error))
        return false;
    for (size_t i = 0; i < count; i++)
        if (db_run(db, error, "UPDATE activities SET state = ? WHERE activity_id = ?",
                   DB_INT(ACTIVITY_CANCELLED), DB_ID(parts[i])) < 0 ||
            !tell_everybody(db, parts[i], NOTICE_ACTIVITY_CANCELLED, change->why, change->now_us,
                            error))
            return false;
    return note(db, change, "activity.cancel",
                (struct text){activity_state_name((enum activity_state)state),
                              strlen(activity_state_name((enum activity_state)state))},
                TEXT("cancelled"), error);
}

bool activity_cancel(struct db *db, const struct change *change, enum refusal *refusal,
                     struct error *error)
{
    struct changing changing = {.change = change};

    return run(db, cancel, &changing, refusal, error);
}

/* --- Correcting an activity ------------------------------------------------------------------ */

/* A shift lies within its activity, whichever of the two is moved. */
static bool shifts_fit(struct db *db, const struct activity *activity, bool *fit,
                       struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT 1 FROM activities WHERE (part_of = ? AND (starts_us < ? OR ends_us > ?))"
                 " OR (activity_id = ? AND (starts_us > ? OR ends_us < ?)) LIMIT 1",
                 DB_ID(activity->id), DB_INT(activity->starts_us), DB_INT(activity->ends_us),
                 DB_ID(activity->part_of), DB_INT(activity->starts_us), DB_INT(activity->ends_us));

    *fit = !rows_next(rows);
    return rows_end(rows, error);
}

static enum refusal terms_refusal(const struct changing *changing, int state, int64_t signed_up,
                                  bool fit)
{
    if (state > ACTIVITY_RUNNING)
        return REFUSED_WRONG_STATE;
    return signed_up > changing->activity->capacity || !fit ? REFUSED_TOO_MUCH : ACCEPTED;
}

static bool correct_refusal(struct db *db, struct changing *changing, struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT state, signed_up FROM activities WHERE activity_id = ? FOR UPDATE",
                 DB_ID(changing->change->object_id));
    bool found = rows_next(rows), fit;
    int state = found ? (int)rows_int(rows, 0) : 0;
    int64_t signed_up = found ? rows_int(rows, 1) : 0;

    if (!rows_end(rows, error) || !shifts_fit(db, changing->activity, &fit, error))
        return false;
    changing->refusal = found ? terms_refusal(changing, state, signed_up, fit) : REFUSED_NOT_FOUND;
    return true;
}

static bool write_activity(struct db *db, const struct activity *activity, struct error *error)
{
    return db_run(db, error,
                  "UPDATE activities SET category = ?, title = ?, description = ?, place = ?,"
                  " starts_us = ?, ends_us = ?, capacity = ?, skill = ?, age_note = ?,"
                  " insurance_note = ?, latitude_e6 = ?, longitude_e6 = ?, radius_m = ?,"
                  " difficulty = ?"
                  " WHERE activity_id = ?",
                  DB_INT(activity->category), DB_STR(activity->title),
                  DB_STR(activity->description), DB_STR(activity->place),
                  DB_INT(activity->starts_us), DB_INT(activity->ends_us),
                  DB_INT(activity->capacity), DB_STR(activity->skill), DB_STR(activity->age_note),
                  DB_STR(activity->insurance_note), DB_INT(activity->latitude_e6),
                  DB_INT(activity->longitude_e6), DB_INT(activity->radius_m),
                  DB_INT(activity->difficulty), DB_ID(activity->id)) >= 0;
}

static bool correct_activity(struct db *db, void *context, struct error *error)
{
    struct changing *changing = context;
    const struct change *change = changing->change;

    if (!correct_refusal(db, changing, error))
        return false;
    if (changing->refusal != ACCEPTED)
        return true;
    if (!write_activity(db, changing->activity, error) ||
        !waitlist_fill(db, change->object_id, change->now_us, error))
        return false;
    if (changing->is_news && !tell_everybody(db, change->object_id, NOTICE_ACTIVITY_CHANGED,
                                             change->why, change->now_us, error))
        return false;
    return note(db, change, "activity.correct", change->before, change->after, error);
}

bool activity_correct(struct db *db, const struct change *change, const struct activity *activity,
                      bool is_news, enum refusal *refusal, struct error *error)
{
    struct changing changing = {.change = change, .activity = activity, .is_news = is_news};

    return run(db, correct_activity, &changing, refusal, error);
}

/* --- Correcting a record --------------------------------------------------------------------- */

struct corrected {
    uint64_t activity_id, member_id;
    int state;
    struct activity activity; /* its times */
};

static bool lock_record(struct db *db, uint64_t record_id, struct corrected *found,
                        struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT r.activity_id, r.member_id, r.state, a.starts_us, a.ends_us"
                 " FROM records r JOIN activities a ON a.activity_id = r.activity_id"
                 " WHERE r.record_id = ? FOR UPDATE",
                 DB_ID(record_id));

    *found = (struct corrected){0};
    if (rows_next(rows)) {
        found->activity_id = rows_id(rows, 0);
        found->member_id = rows_id(rows, 1);
        found->state = (int)rows_int(rows, 2);
        found->activity.starts_us = rows_int(rows, 3);
        found->activity.ends_us = rows_int(rows, 4);
    }
    return rows_end(rows, error);
}

static enum refusal record_refusal(const struct corrected *found, uint64_t person_id)
{
    if (found->state == 0)
        return REFUSED_NOT_FOUND;
    if (found->member_id == person_id)
        return REFUSED_OWN_RECORD;
    if (found->state == RECORD_CHECKING)
        return REFUSED_BEING_CHECKED;
    if (found->state == RECORD_APPROVED || found->state == RECORD_REJECTED)
        return REFUSED_WRONG_STATE;
    return ACCEPTED;
}

/* One that was entered afterwards is proposed anew, and noticed anew. */
static bool correct_record(struct db *db, void *context, struct error *error)
{
    struct changing *changing = context;
    const struct change *change = changing->change;
    struct corrected found;

    if (!lock_record(db, change->object_id, &found, error))
        return false;
    changing->refusal = record_refusal(&found, change->person_id);
    if (changing->refusal != ACCEPTED)
        return true;
    return db_run(
               db, error,
               "UPDATE records SET state = ?, started_us = ?, ended_us = ?, minutes = ?,"
               " proposed_by = IF(grade = ?, ?, 0), notice_until_us = IF(grade = ?, ?, 0)"
               " WHERE record_id = ?",
               DB_INT(RECORD_PENDING), DB_INT(changing->started_us), DB_INT(changing->ended_us),
               DB_INT(activity_minutes(&found.activity, changing->started_us, changing->ended_us)),
               DB_INT(GRADE_D), DB_ID(change->actor), DB_INT(GRADE_D),
               DB_INT(change->now_us + PUBLIC_NOTICE_US), DB_ID(change->object_id)) >= 0 &&
           tell_of_activity(db, found.activity_id, &found.member_id, 1, NOTICE_RECORD_CORRECTED,
                            change->why, change->now_us, error) &&
           note(db, change, "record.correct", change->before, change->after, error);
}

bool record_correct(struct db *db, const struct change *change, int64_t started_us,
                    int64_t ended_us, enum refusal *refusal, struct error *error)
{
    struct changing changing = {.change = change, .started_us = started_us, .ended_us = ended_us};

    return run(db, correct_record, &changing, refusal, error);
}
