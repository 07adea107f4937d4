/*
 * What is being checked and was not answered by the day that was promised. A redemption is
 * released: who was kept waiting is not also sent away. An earning stays where it is, since nobody
 * awards points by doing nothing. Whoever can decide is reminded once a day while anything waits.
 */
#include "base/clock.h"
#include "base/ids.h"
#include "jobs/jobs.h"
#include "jobs/sweep.h"
#include "ledger/check.h"
#include "ledger/statement.h"
#include "market/redemption.h"
#include "outbox/inbox.h"
#include "people/accounts.h"
#include "service/review_queue.h"

#define REMINDED_MOST 500 /* staff a run */

/* --- Release ---------------------------------------------------------------------------------- */

static struct rows *due_checks(struct db *db, int64_t from_us, int64_t until_us)
{
    return db_query(db,
                    "SELECT c.due_us, c.check_id, d.redemption_id, d.member_id, d.reward_id"
                    " FROM checks c JOIN redemptions d ON d.redemption_id = c.ref"
                    " WHERE c.state = ? AND c.due_us >= ? AND c.due_us <= ? AND c.held = 1"
                    " AND c.kind = ? ORDER BY c.due_us LIMIT ?",
                    DB_INT(CHECK_OPEN), DB_INT(from_us), DB_INT(until_us), DB_INT(LINLI_REDEEM),
                    DB_INT(SWEEP_SLICE));
}

static struct command *release(struct job_context *context, struct rows *rows, struct error *error)
{
    struct redemption_ref *ref = arena_take(context->arena, sizeof *ref);

    ref->command.kind = &command_release;
    ref->check_id = rows_id(rows, 1);
    ref->redemption_id = rows_id(rows, 2);
    ref->member_id = rows_id(rows, 3);
    ref->reward_id = rows_id(rows, 4);
    ref->operation_id = id_next(context->ids);
    ref->reason = TEXT("约定日期内未答复，予以通过 (not answered in time)");
    return wallet_owner(context->db, ref->member_id, &ref->wallet_id, error) ? &ref->command : NULL;
}

bool checks_release(struct job_context *context, struct error *error)
{
    static const struct sweep sweep = {"checks", due_checks, release};

    return sweep_run(&sweep, context, error);
}

/* --- Reminders -------------------------------------------------------------------------------- */

struct reminder {
    uint64_t account_id, under;
    int32_t day;
    int64_t open, overdue, now_us;
};

/* Locks the account, so that of two keepers one tells, and the other sees that. */
static bool remind(struct db *db, void *context, struct error *error)
{
    const struct reminder *reminder = context;
    char open[24], overdue[24];
    bool told;
    struct rows *rows = db_query(db, "SELECT 1 FROM accounts WHERE account_id = ? FOR UPDATE",
                                 DB_ID(reminder->account_id));

    if (!rows_end(rows, error))
        return false;
    rows = db_query(db, "SELECT 1 FROM notices WHERE account_id = ? AND kind = ? AND ref = ?",
                    DB_ID(reminder->account_id), DB_INT(NOTICE_CHECKS_WAIT), DB_INT(reminder->day));
    told = rows_next(rows);
    if (!rows_end(rows, error))
        return false;
    snprintf(open, sizeof open, "%lld", (long long)reminder->open);
    snprintf(overdue, sizeof overdue, "%lld", (long long)reminder->overdue);
    return told || inbox_tell(db, reminder->account_id, NOTICE_CHECKS_WAIT, (uint64_t)reminder->day,
                              json_pack("{s:s, s:s}", "count", open, "overdue", overdue),
                              reminder->now_us, error);
}

/* Administrators, and coordinators with their unit, who were not reminded today. */
static bool read_staff(struct job_context *context, int32_t day, struct reminder *list,
                       size_t *count, struct error *error)
{
    struct rows *rows = db_query(
        context->db,
        "SELECT a.account_id, IF(a.role = ?, a.scope_id, 0) FROM accounts a"
        " WHERE a.role IN (?, ?) AND a.state = ? AND NOT EXISTS (SELECT 1 FROM notices n"
        "  WHERE n.account_id = a.account_id AND n.kind = ? AND n.ref = ?) LIMIT ?",
        DB_INT(ROLE_COORDINATOR), DB_INT(ROLE_COORDINATOR), DB_INT(ROLE_ADMINISTRATOR),
        DB_INT(ACCOUNT_IS_ACTIVE), DB_INT(NOTICE_CHECKS_WAIT), DB_INT(day), DB_INT(REMINDED_MOST));

    for (*count = 0; rows_next(rows); (*count)++)
        list[*count] = (struct reminder){.account_id = rows_id(rows, 0),
                                         .under = rows_id(rows, 1),
                                         .day = day,
                                         .now_us = context->now_us};
    return rows_end(rows, error);
}

bool checks_remind(struct job_context *context, struct error *error)
{
    int32_t day = calendar_day(context->now_us, (int)context->programme->utc_offset_minutes);
    struct reminder *list = arena_take(context->arena, REMINDED_MOST * sizeof *list);
    int64_t open, overdue;
    size_t count;

    if (!review_count(context->db, 0, context->now_us, &open, &overdue, error))
        return false;
    if (open == 0)
        return true;
    if (!read_staff(context, day, list, &count, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!review_count(context->db, list[i].under, context->now_us, &list[i].open,
                          &list[i].overdue, error))
            return false;
        if (list[i].open > 0 && !db_transaction(context->db, remind, &list[i], error))
            return false;
    }
    return true;
}
