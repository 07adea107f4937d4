#include "market/disputes.h"

#include "market/settlement.h"
#include "people/audit.h"
#include "people/who.h"

const char *dispute_state_name(enum dispute_state state)
{
    static const char *const names[] = {
        [DISPUTE_OPEN] = "open", [DISPUTE_ACCEPTED] = "accepted", [DISPUTE_REJECTED] = "rejected"};

    return name_from(names, ARRAY_LENGTH(names), (size_t)state);
}

/* --- Opening ---------------------------------------------------------------------------------- */

/* What the line is worth as it stands. */
static bool look_at_line(struct db *db, struct dispute_opening *opening, int64_t *fen,
                         struct error *error)
{
    struct rows *rows = db_query(
        db,
        "SELECT s.merchant_id, d.reimburse_fen, s.drafted_us, q.dispute_id IS NOT NULL"
        " FROM statement_lines l JOIN statements s ON s.statement_id = l.statement_id"
        " JOIN redemptions d ON d.redemption_id = l.redemption_id"
        " LEFT JOIN disputes q ON q.redemption_id = l.redemption_id"
        " WHERE l.redemption_id = ? AND l.statement_id = ? AND s.state <> ?"
        " AND (? = 0 OR s.merchant_id = ?)",
        DB_ID(opening->redemption_id), DB_ID(opening->statement_id), DB_INT(STATEMENT_FILLING),
        DB_ID(opening->merchant_id), DB_ID(opening->merchant_id));

    opening->verdict = DISPUTE_NO_LINE;
    if (rows_next(rows)) {
        opening->merchant_id = rows_id(rows, 0);
        *fen = rows_int(rows, 1);
        opening->verdict = rows_int(rows, 3) != 0 ? DISPUTE_THERE
                           : rows_int(rows, 2) + DISPUTE_WITHIN_US < opening->now_us
                               ? DISPUTE_TOO_LATE
                               : DISPUTE_DONE;
    }
    return rows_end(rows, error);
}

static bool open_in_transaction(struct db *db, void *context, struct error *error)
{
    struct dispute_opening *opening = context;
    const struct audit audit = {.actor = opening->actor,
                                .action = "statement.dispute",
                                .object_id = opening->redemption_id,
                                .why = opening->reason};
    int64_t fen = 0;

    if (!look_at_line(db, opening, &fen, error))
        return false;
    if (opening->verdict != DISPUTE_DONE)
        return true;
    return db_run(db, error,
                  "INSERT INTO disputes (dispute_id, statement_id, redemption_id, merchant_id,"
                  " state, fen, claimed_fen, reason, opened_by, opened_us, due_us)"
                  " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                  DB_ID(opening->id), DB_ID(opening->statement_id), DB_ID(opening->redemption_id),
                  DB_ID(opening->merchant_id), DB_INT(DISPUTE_OPEN),
                  DB_INT(opening->claimed_fen - fen), DB_INT(opening->claimed_fen),
                  DB_TEXT(opening->reason), DB_ID(opening->actor), DB_INT(opening->now_us),
                  DB_INT(opening->now_us + DISPUTE_ANSWERED_US)) == 1 &&
           audit_append(db, &audit, opening->now_us, error);
}

bool dispute_open(struct db *db, struct dispute_opening *opening, struct error *error)
{
    if (db_transaction(db, open_in_transaction, opening, error))
        return true;
    if (db_error_kind(db) != DB_DUPLICATE)
        return false;
    opening->verdict = DISPUTE_THERE; /* another hand was faster */
    return true;
}

/* --- Deciding --------------------------------------------------------------------------------- */

/* One person may have an account of the merchant and another of the programme. */
static bool is_own(struct db *db, const struct dispute_decision *decision, bool *own,
                   struct error *error)
{
    struct rows *rows = db_query(
        db,
        "SELECT 1 FROM disputes q JOIN accounts a"
        " ON a.account_id = q.opened_by OR (a.scope_id = q.merchant_id AND a.role IN (?, ?))"
        " WHERE q.dispute_id = ? AND (a.account_id = ? OR a.person_id ="
        "  (SELECT me.person_id FROM accounts me WHERE me.account_id = ? AND me.person_id <> 0))"
        " LIMIT 1",
        DB_INT(ROLE_CLERK), DB_INT(ROLE_MANAGER), DB_ID(decision->dispute_id),
        DB_ID(decision->actor), DB_ID(decision->actor));

    *own = rows_next(rows);
    return rows_end(rows, error);
}

static bool decide(struct db *db, void *context, struct error *error)
{
    struct dispute_decision *decision = context;
    const struct audit audit = {.actor = decision->actor,
                                .action = "statement.dispute_decide",
                                .object_id = decision->dispute_id,
                                .after = decision->accepted ? TEXT("accepted") : TEXT("rejected"),
                                .why = decision->answer};
    int64_t changed;
    bool own;

    decision->verdict = DISPUTE_IS_OWN;
    if (!is_own(db, decision, &own, error) || own)
        return own;
    changed = db_run(db, error,
                     "UPDATE disputes SET state = ?, answer = ?, decided_by = ?, decided_us = ?"
                     " WHERE dispute_id = ? AND state = ?",
                     DB_INT(decision->accepted ? DISPUTE_ACCEPTED : DISPUTE_REJECTED),
                     DB_TEXT(decision->answer), DB_ID(decision->actor), DB_INT(decision->now_us),
                     DB_ID(decision->dispute_id), DB_INT(DISPUTE_OPEN));
    decision->verdict = changed == 1 ? DISPUTE_DECIDED : DISPUTE_NOT_OPEN;
    return changed == 0 || (changed == 1 && audit_append(db, &audit, decision->now_us, error));
}

bool dispute_decide(struct db *db, struct dispute_decision *decision, struct error *error)
{
    return db_transaction(db, decide, decision, error);
}

bool disputes_correct(struct db *db, uint64_t merchant_id, uint64_t statement_id,
                      struct error *error)
{
    return db_run(db, error,
                  "UPDATE disputes SET corrected_on = ? WHERE merchant_id = ? AND state = ?"
                  " AND corrected_on = 0 AND fen <> 0",
                  DB_ID(statement_id), DB_ID(merchant_id), DB_INT(DISPUTE_ACCEPTED)) >= 0;
}

/* --- Looking ---------------------------------------------------------------------------------- */

#define DISPUTE_COLUMNS                                                                            \
    "SELECT q.dispute_id, q.statement_id, q.redemption_id, q.merchant_id, q.state, q.fen, m.name," \
    " q.reason, q.answer, q.opened_by, q.decided_by, q.opened_us, q.due_us, q.decided_us,"         \
    " q.corrected_on, q.escalated_us, q.claimed_fen IS NOT NULL, q.claimed_fen"                    \
    " FROM disputes q JOIN merchants m ON m.merchant_id = q.merchant_id "

static void read_dispute(struct rows *rows, struct arena *arena, struct dispute *dispute)
{
    *dispute = (struct dispute){
        .id = rows_id(rows, 0),
        .statement_id = rows_id(rows, 1),
        .redemption_id = rows_id(rows, 2),
        .merchant_id = rows_id(rows, 3),
        .state = (enum dispute_state)rows_int(rows, 4),
        .fen = rows_int(rows, 5),
        .merchant_name = rows_copy(rows, 6, arena),
        .reason = rows_copy(rows, 7, arena),
        .answer = rows_copy(rows, 8, arena),
        .opened_by = rows_id(rows, 9),
        .decided_by = rows_id(rows, 10),
        .opened_us = rows_int(rows, 11),
        .due_us = rows_int(rows, 12),
        .decided_us = rows_int(rows, 13),
        .corrected_on = rows_id(rows, 14),
        .escalated_us = rows_int(rows, 15),
        .has_claim = rows_int(rows, 16) != 0,
        .claimed_fen = rows_int(rows, 17),
    };
}

enum find dispute_find(struct db *db, uint64_t dispute_id, struct arena *arena,
                       struct dispute *dispute, struct error *error)
{
    struct rows *rows = db_query(db, DISPUTE_COLUMNS "WHERE q.dispute_id = ?", DB_ID(dispute_id));
    bool found = rows_next(rows);

    if (found)
        read_dispute(rows, arena, dispute);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

bool dispute_list(struct db *db, const struct dispute_filter *filter, uint64_t after, int64_t limit,
                  struct arena *arena, struct dispute **disputes, size_t *count,
                  struct error *error)
{
    struct rows *rows = db_query(
        db,
        DISPUTE_COLUMNS "WHERE q.dispute_id > ? AND (? = 0 OR q.merchant_id = ?)"
                        " AND (? = 0 OR q.statement_id = ?) AND (? = 0 OR q.state = ?)"
                        " AND (? = 0 OR (q.state = 1 AND q.due_us < ?))"
                        " ORDER BY q.dispute_id LIMIT ?",
        DB_ID(after), DB_ID(filter->merchant_id), DB_ID(filter->merchant_id),
        DB_ID(filter->statement_id), DB_ID(filter->statement_id), DB_INT(filter->state),
        DB_INT(filter->state), DB_INT(filter->late_us), DB_INT(filter->late_us), DB_INT(limit));

    *disputes = arena_take(arena, (size_t)limit * sizeof **disputes);
    for (*count = 0; rows_next(rows); (*count)++)
        read_dispute(rows, arena, &(*disputes)[*count]);
    return rows_end(rows, error);
}

bool dispute_count(struct db *db, uint64_t merchant_id, int64_t now_us,
                   struct dispute_counts *counts, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT COUNT(*), COUNT(IF(due_us < ?, 1, NULL)) FROM disputes"
                 " WHERE state = ? AND (? = 0 OR merchant_id = ?)",
                 DB_INT(now_us), DB_INT(DISPUTE_OPEN), DB_ID(merchant_id), DB_ID(merchant_id));

    *counts = (struct dispute_counts){0};
    if (rows_next(rows))
        *counts = (struct dispute_counts){rows_int(rows, 0), rows_int(rows, 1)};
    return rows_end(rows, error);
}
