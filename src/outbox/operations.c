#include "outbox/operations.h"

#include "outbox/plan.h"

const char *operation_kind_name(enum operation_kind kind)
{
    static const char *const names[] = {
        [OPERATION_RESERVE] = "reserve", [OPERATION_CONFIRM] = "confirm",
        [OPERATION_CANCEL] = "cancel",   [OPERATION_REFUND] = "refund",
        [OPERATION_SETTLE] = "settle",   [OPERATION_UNDO] = "undo",
        [OPERATION_LAPSE] = "lapse",
    };

    return name_from(names, ARRAY_LENGTH(names), (size_t)kind);
}

const char *operation_state_name(enum operation_state state)
{
    static const char *const names[] = {
        [OPERATION_WAITING] = "waiting",   [OPERATION_DONE] = "done",
        [OPERATION_DECLINED] = "declined", [OPERATION_DECIDED] = "decided",
        [OPERATION_DEAD] = "dead",
    };

    return name_from(names, ARRAY_LENGTH(names), (size_t)state);
}

/* --- The table -------------------------------------------------------------------------------- */

bool operations_now(struct db *db, int64_t *now_us, struct error *error)
{
    struct rows *rows = db_query(db, "SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)");

    *now_us = rows_next(rows) ? rows_int(rows, 0) : 0;
    return rows_end(rows, error);
}

bool operations_due(struct db *db, int64_t now_us, struct due *due, size_t most, size_t *count,
                    struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT i.integration_id, i.failures, i.rest_until_us > ? FROM integrations i"
                 " WHERE EXISTS (SELECT 1 FROM operations o"
                 "  WHERE o.state = ? AND o.integration_id = i.integration_id AND o.due_us <= ?)"
                 " ORDER BY i.integration_id LIMIT ?",
                 DB_INT(now_us), DB_INT(OPERATION_WAITING), DB_INT(now_us), DB_INT(most));

    for (*count = 0; rows_next(rows); (*count)++)
        due[*count] = (struct due){.integration_id = rows_id(rows, 0),
                                   .may_call = rows_int(rows, 2) != 0                 ? 0
                                               : rows_int(rows, 1) < BREAKER_FAILURES ? INT32_MAX
                                                                                      : 1};
    return rows_end(rows, error);
}

/* The kinds of operation_is_waited_for are 1, 3 and 8. One that nobody leased yet began when it was
 * written; one that a person sent again begins when it is leased. */
bool operations_of(struct db *db, const struct due_query *query, struct arena *arena,
                   struct lease **leases, size_t *count, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT o.operation_id, o.redemption_id, o.merchant_id, o.kind, o.attempt,"
                 " o.created_us, o.deadline_us, o.querying, o.sent, i.plugin, o.plugin_state"
                 " FROM operations o JOIN integrations i ON i.integration_id = o.integration_id"
                 " WHERE o.state = ? AND o.integration_id = ? AND o.due_us <= ?"
                 " AND (? OR (o.sent = 0 AND o.querying = 0 AND ? >="
                 "  CASE WHEN o.deadline_us > 0 THEN o.deadline_us WHEN o.attempt > 0 THEN ?"
                 "   WHEN o.kind IN (1, 3, 8) THEN o.created_us + ? ELSE o.created_us + ? END))"
                 " ORDER BY o.due_us, o.operation_id LIMIT ?",
                 DB_INT(OPERATION_WAITING), DB_ID(query->integration_id), DB_INT(query->now_us),
                 DB_INT(!query->without_call), DB_INT(query->now_us), DB_INT(INT64_MAX),
                 DB_INT(query->decide_us), DB_INT(query->tell_us), DB_INT(query->most));

    *leases = arena_take(arena, query->most * sizeof **leases);
    for (*count = 0; rows_next(rows); (*count)++) {
        struct text state = rows_text(rows, 10);

        (*leases)[*count] = (struct lease){
            .operation_id = rows_id(rows, 0),
            .redemption_id = rows_id(rows, 1),
            .merchant_id = rows_id(rows, 2),
            .integration_id = query->integration_id,
            .kind = (enum operation_kind)rows_int(rows, 3),
            .attempt = (int32_t)rows_int(rows, 4),
            .created_us = rows_int(rows, 5),
            .deadline_us = rows_int(rows, 6),
            .querying = rows_int(rows, 7) != 0,
            .sent = rows_int(rows, 8) != 0,
            .plugin = rows_copy(rows, 9, arena),
            .plugin_state = {arena_copy(arena, state.data, state.length), state.length},
        };
    }
    return rows_end(rows, error);
}

bool operation_lease(struct db *db, struct lease *lease, uint32_t server, int64_t now_us,
                     int64_t for_us, bool will_send, bool *taken, struct error *error)
{
    int64_t rows = db_run(
        db, error,
        "UPDATE operations SET attempt = attempt + 1, leased_by = ?, due_us = ?, deadline_us = ?,"
        " sent = ? WHERE operation_id = ? AND state = ? AND attempt = ? AND due_us <= ?",
        DB_INT(server), DB_INT(now_us + for_us), DB_INT(lease->deadline_us),
        DB_INT(lease->sent || will_send), DB_ID(lease->operation_id), DB_INT(OPERATION_WAITING),
        DB_INT(lease->attempt), DB_INT(now_us));

    *taken = rows == 1;
    if (*taken)
        lease->attempt++;
    return rows >= 0;
}

bool operation_note(struct db *db, const struct lease *lease, const struct attempt_note *note,
                    struct error *error)
{
    bool goes_on = note->due_us == 0;

    return db_run(db, error,
                  "UPDATE operations SET querying = ?, sent = ?, due_us = IF(?, due_us, ?),"
                  " leased_by = IF(?, leased_by, 0), status = ?, fault = ?, reason = ?,"
                  " plugin_state = ? WHERE operation_id = ? AND state = ? AND attempt = ?",
                  DB_INT(note->querying), DB_INT(note->sent), DB_INT(goes_on), DB_INT(note->due_us),
                  DB_INT(goes_on), DB_INT(note->status), DB_STR(note->fault), DB_TEXT(note->reason),
                  DB_TEXT(note->plugin_state), DB_ID(lease->operation_id),
                  DB_INT(OPERATION_WAITING), DB_INT(lease->attempt)) >= 0;
}

/* --- The breaker ------------------------------------------------------------------------------ */

static bool rest(struct db *db, uint64_t integration_id, int64_t now_us, struct error *error)
{
    struct rows *rows = db_query(db, "SELECT failures FROM integrations WHERE integration_id = ?",
                                 DB_ID(integration_id));
    int64_t failures = rows_next(rows) ? rows_int(rows, 0) : 0;
    int64_t rest_us = breaker_rest_us((int32_t)failures);

    if (!rows_end(rows, error))
        return false;
    return rest_us == 0 ||
           db_run(db, error, "UPDATE integrations SET rest_until_us = ? WHERE integration_id = ?",
                  DB_INT(now_us + rest_us), DB_ID(integration_id)) >= 0;
}

bool integration_failed(struct db *db, uint64_t integration_id, int64_t now_us, struct error *error)
{
    return db_run(db, error,
                  "UPDATE integrations SET failures = LEAST(failures + 1, 1000)"
                  " WHERE integration_id = ?",
                  DB_ID(integration_id)) >= 0 &&
           rest(db, integration_id, now_us, error);
}

bool integration_answered(struct db *db, uint64_t integration_id, struct error *error)
{
    return db_run(db, error,
                  "UPDATE integrations SET failures = 0, rest_until_us = 0"
                  " WHERE integration_id = ? AND failures > 0",
                  DB_ID(integration_id)) >= 0;
}
