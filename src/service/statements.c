#include "service/statements.h"

#include <stdlib.h>

#include "service/tell.h"

struct forgotten {
    uint64_t record_id, activity_id, member_id;
    int64_t now_us;
};

/* Conditional: the member may check out, and another keeper may ask, at the same moment. */
static bool ask(struct db *db, void *context, struct error *error)
{
    const struct forgotten *record = context;
    int64_t changed =
        db_run(db, error,
               "UPDATE records SET state = ?, statement_until_us = ?"
               " WHERE record_id = ? AND state = ?",
               DB_INT(RECORD_NEEDS_STATEMENT), DB_INT(record->now_us + STATEMENT_TIME_US),
               DB_ID(record->record_id), DB_INT(RECORD_OPEN));

    if (changed <= 0)
        return changed == 0;
    return tell_of_activity(db, record->activity_id, &record->member_id, 1, NOTICE_STATEMENT_NEEDED,
                            (struct text){0}, record->now_us, error);
}

bool statements_ask(struct db *db, int64_t now_us, int most, struct error *error)
{
    struct forgotten *records = memory_new((size_t)most * sizeof *records);
    struct rows *rows =
        db_query(db,
                 "SELECT r.record_id, r.activity_id, r.member_id FROM activities a"
                 " JOIN records r ON r.activity_id = a.activity_id AND r.state = ?"
                 " WHERE a.state IN (?, ?) AND a.ends_us <= ? LIMIT ?",
                 DB_INT(RECORD_OPEN), DB_INT(ACTIVITY_RUNNING), DB_INT(ACTIVITY_CLOSED),
                 DB_INT(now_us - CHECK_OUT_LATE_US), DB_INT(most));
    size_t count = 0;
    bool done;

    for (; rows_next(rows); count++)
        records[count] =
            (struct forgotten){rows_id(rows, 0), rows_id(rows, 1), rows_id(rows, 2), now_us};
    done = rows_end(rows, error);
    for (size_t i = 0; done && i < count; i++)
        done = db_transaction(db, ask, &records[i], error);
    free(records);
    return done;
}

/* --- The member's words ---------------------------------------------------------------------- */

struct stating {
    const struct statement *statement;
    struct activity activity; /* its times */
    int64_t started_us;
    enum refusal refusal;
};

static enum refusal refusal_of(const struct stating *stating, int state, int64_t until_us)
{
    const struct statement *statement = stating->statement;

    if (state != RECORD_NEEDS_STATEMENT)
        return REFUSED_WRONG_STATE;
    if (statement->now_us > until_us)
        return REFUSED_NOT_OPEN;
    if (statement->left_us <= stating->started_us || statement->left_us > stating->activity.ends_us)
        return REFUSED_TOO_MUCH;
    return ACCEPTED;
}

static bool lock_record(struct db *db, struct stating *stating, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT r.state, r.statement_until_us, r.started_us, a.starts_us, a.ends_us"
                 " FROM records r JOIN activities a ON a.activity_id = r.activity_id"
                 " WHERE r.record_id = ? AND r.member_id = ? FOR UPDATE",
                 DB_ID(stating->statement->record_id), DB_ID(stating->statement->member_id));

    stating->refusal = REFUSED_NOT_FOUND;
    if (rows_next(rows)) {
        stating->started_us = rows_int(rows, 2);
        stating->activity =
            (struct activity){.starts_us = rows_int(rows, 3), .ends_us = rows_int(rows, 4)};
        stating->refusal = refusal_of(stating, (int)rows_int(rows, 0), rows_int(rows, 1));
    }
    return rows_end(rows, error);
}

static bool state_time(struct db *db, void *context, struct error *error)
{
    struct stating *stating = context;
    const struct statement *statement = stating->statement;

    if (!lock_record(db, stating, error))
        return false;
    return stating->refusal != ACCEPTED ||
           db_run(db, error,
                  "UPDATE records SET state = ?, stated = 1, ended_us = ?, minutes = ?"
                  " WHERE record_id = ?",
                  DB_INT(RECORD_PENDING), DB_INT(statement->left_us),
                  DB_INT(activity_minutes(&stating->activity, stating->started_us,
                                          statement->left_us)),
                  DB_ID(statement->record_id)) >= 0;
}

bool statement_make(struct db *db, const struct statement *statement, enum refusal *refusal,
                    struct error *error)
{
    struct stating stating = {.statement = statement};
    bool done = db_transaction(db, state_time, &stating, error);

    *refusal = stating.refusal;
    return done;
}
