/*
 * Disputes: each is about a line of a statement of its merchant, whose voucher was settled, and
 * says by how much it is off. What was decided was decided by somebody else than its merchant, who
 * is in the audit trail; what was accepted stands on the merchant's next statement. They move no
 * points, so they are held against statements, redemptions, accounts and the trail.
 */
#include "market/disputes.h"
#include "market/redemption.h"
#include "market/verify.h"
#include "people/who.h"

#define CLOCKS_US MINUTE_US /* between a decision and a statement that knew of it, or did not */

/* A dispute with what it talks about; a 0 is not there. */
struct seen {
    uint64_t id, statement_id, redemption_id, merchant_id;
    enum dispute_state state;
    int64_t fen, difference_fen; /* as kept, and of the claim and the voucher */
    int64_t opened_us, due_us, decided_us, escalated_us;
    uint64_t decided_by, corrected_on;
    uint64_t line_statement, statement_merchant, voucher_merchant; /* of a line that was drafted */
    enum redemption_state voucher_state;
    bool has_decider, has_entry; /* an account that may decide; its entry in the audit trail */
    uint64_t correction_merchant;
    int64_t correction_us; /* when that statement was opened */
    uint64_t next_id;      /* the merchant's first statement that was surely opened afterwards */
    int64_t next_us;
};

static struct seen read_row(struct rows *rows)
{
    return (struct seen){
        .id = rows_id(rows, 0),
        .statement_id = rows_id(rows, 1),
        .redemption_id = rows_id(rows, 2),
        .merchant_id = rows_id(rows, 3),
        .state = (enum dispute_state)rows_int(rows, 4),
        .fen = rows_int(rows, 5),
        .difference_fen = rows_int(rows, 6),
        .opened_us = rows_int(rows, 7),
        .due_us = rows_int(rows, 8),
        .decided_us = rows_int(rows, 9),
        .escalated_us = rows_int(rows, 10),
        .decided_by = rows_id(rows, 11),
        .corrected_on = rows_id(rows, 12),
        .line_statement = rows_id(rows, 13),
        .statement_merchant = rows_id(rows, 14),
        .voucher_merchant = rows_id(rows, 15),
        .voucher_state = (enum redemption_state)rows_int(rows, 16),
        .has_decider = rows_int(rows, 17) != 0,
        .has_entry = rows_int(rows, 18) != 0,
        .correction_merchant = rows_id(rows, 19),
        .correction_us = rows_int(rows, 20),
        .next_id = rows_id(rows, 21),
        .next_us = rows_int(rows, 22),
    };
}

/* Where what was accepted must stand. The next statement takes it when it is opened; which of two
 * came first is not asked of clocks that were a moment apart. */
static uint64_t correction_of(const struct seen *seen)
{
    bool is_next = seen->correction_merchant == seen->merchant_id &&
                   seen->corrected_on != seen->statement_id &&
                   seen->correction_us >= seen->decided_us - CLOCKS_US &&
                   (seen->next_id == 0 || seen->correction_us <= seen->next_us);

    if (seen->state != DISPUTE_ACCEPTED || seen->fen == 0)
        return 0;
    return is_next ? seen->corrected_on : seen->next_id;
}

static int64_t at_least(int64_t least, int64_t value)
{
    return value < least ? least : value;
}

/* What is open was decided by nobody. */
static bool decision_fits(const struct seen *seen, struct row_name name, struct misfit *misfit)
{
    bool is_open = seen->state == DISPUTE_OPEN;
    struct check checks[] = {
        {"decided_by", CHECK_NUMBER, is_open ? 0 : (int64_t)seen->decided_by,
         (int64_t)seen->decided_by},
        {"decided_us", CHECK_NUMBER, is_open ? 0 : at_least(seen->opened_us, seen->decided_us),
         seen->decided_us},
        {"corrected_on", CHECK_NUMBER, (int64_t)correction_of(seen), (int64_t)seen->corrected_on},
        {"escalated_us", CHECK_NUMBER,
         seen->escalated_us == 0 ? 0 : at_least(seen->due_us, seen->escalated_us),
         seen->escalated_us},
        {0},
    };

    if (!row_fits(misfit, name, checks))
        return false;
    if (!is_open && !seen->has_decider)
        return row_differs(misfit, name, "decided_by somebody who is not of the merchant",
                           "nobody who may decide");
    if (!is_open && !seen->has_entry)
        return row_differs(misfit, name, "its decision in the audit trail", "no such entry");
    return true;
}

static bool dispute_verdict(void *context, struct rows *rows, struct misfit *misfit)
{
    const struct seen seen = read_row(rows);
    const struct row_name name = {.table = "disputes", .column = "dispute_id", .key = seen.id};
    bool has_state = seen.state >= DISPUTE_OPEN && seen.state <= DISPUTE_REJECTED;
    bool is_settled = seen.voucher_state == REDEMPTION_SETTLED;
    struct check checks[] = {
        {"statement_id", CHECK_NUMBER, (int64_t)seen.line_statement, (int64_t)seen.statement_id},
        {"redemption_id (settled)", CHECK_NUMBER, is_settled ? (int64_t)seen.redemption_id : 0,
         (int64_t)seen.redemption_id},
        {"merchant_id", CHECK_NUMBER, (int64_t)seen.statement_merchant, (int64_t)seen.merchant_id},
        {"merchant_id (of the voucher)", CHECK_NUMBER, (int64_t)seen.voucher_merchant,
         (int64_t)seen.merchant_id},
        {"state", CHECK_NUMBER, has_state ? (int64_t)seen.state : DISPUTE_OPEN, seen.state},
        {"fen", CHECK_NUMBER, seen.difference_fen, seen.fen},
        {0},
    };

    (void)context;
    return row_fits(misfit, name, checks) && decision_fits(&seen, name, misfit);
}

/* Who was given another role since may have decided when they were not of the merchant. */
static enum verdict compare(void *state, struct verify *verify)
{
    return verify_rows(
        verify,
        db_stream(
            verify_db(verify),
            "SELECT q.dispute_id, q.statement_id, q.redemption_id, q.merchant_id, q.state, q.fen,"
            " COALESCE(q.claimed_fen - d.reimburse_fen, q.fen), q.opened_us, q.due_us,"
            " q.decided_us, q.escalated_us, q.decided_by, q.corrected_on,"
            " IF(s.state <> 0, l.statement_id, 0), s.merchant_id, d.merchant_id, d.state,"
            " a.account_id IS NOT NULL AND (a.scope_id <> q.merchant_id OR a.role NOT IN (?, ?)"
            "  OR EXISTS (SELECT 1 FROM audit_trail r WHERE r.object_id = a.account_id"
            "  AND r.action = 'staff.set_role' AND r.at_us >= q.decided_us)),"
            " EXISTS (SELECT 1 FROM audit_trail t WHERE t.object_id = q.dispute_id"
            "  AND t.action = 'statement.dispute_decide' AND t.actor = q.decided_by"
            "  AND t.value_after = IF(q.state = ?, 'accepted', 'rejected')),"
            " c.merchant_id, c.opened_us, n.statement_id, n.opened_us"
            " FROM disputes q"
            " LEFT JOIN statement_lines l ON l.redemption_id = q.redemption_id"
            " LEFT JOIN statements s ON s.statement_id = l.statement_id"
            " LEFT JOIN redemptions d ON d.redemption_id = q.redemption_id"
            " LEFT JOIN accounts a ON a.account_id = q.decided_by AND a.account_id <> q.opened_by"
            " LEFT JOIN statements c ON c.statement_id = q.corrected_on"
            " LEFT JOIN statements n ON n.statement_id = (SELECT f.statement_id FROM statements f"
            "  WHERE f.merchant_id = q.merchant_id AND f.opened_us > q.decided_us + ?"
            "  ORDER BY f.opened_us LIMIT 1)"
            " ORDER BY q.dispute_id",
            DB_INT(ROLE_CLERK), DB_INT(ROLE_MANAGER), DB_INT(DISPUTE_ACCEPTED), DB_INT(CLOCKS_US)),
        dispute_verdict, state);
}

const struct verifier verifier_disputes = {.name = "disputes", .compare = compare};
