#include "jobs/vouchers_return.h"

#include "base/ids.h"
#include "base/json_fields.h"
#include "jobs/crowd.h"
#include "ledger/statement.h"
#include "market/redemption.h"
#include "outbox/inbox.h"

#define SLICE 200

struct item {
    struct redemption_ref cancel;
    char *title;
};

/* The oldest open vouchers; none: all are returned. */
static bool read_slice(struct voucher_return *work, struct item *items, size_t *count,
                       struct error *error)
{
    struct rows *rows =
        db_query(work->db,
                 "SELECT d.redemption_id, d.member_id, d.reward_id, r.title, c.check_id"
                 " FROM redemptions d JOIN rewards r ON r.reward_id = d.reward_id"
                 " LEFT JOIN checks c ON d.state = ? AND c.ref = d.redemption_id AND c.state = 1"
                 " AND c.held = 1"
                 " WHERE d.merchant_id = ? AND d.confirmed_us = 0 AND d.confirmed_by = 0"
                 " AND d.state IN (?, ?) AND d.created_us <= ? AND d.operation_id = 0"
                 " ORDER BY d.redemption_id LIMIT ?",
                 DB_INT(REDEMPTION_CHECKING), DB_ID(work->merchant_id), DB_INT(REDEMPTION_ISSUED),
                 DB_INT(REDEMPTION_CHECKING), DB_INT(work->issued_until_us), DB_INT(SLICE + 1));

    work->more = false;
    for (*count = 0; rows_next(rows); (*count)++) {
        struct redemption_ref *cancel = &items[*count].cancel;

        if (*count == SLICE) {
            work->more = true;
            break;
        }
        cancel->command.kind = &command_cancel;
        cancel->command.actor = work->actor;
        cancel->command.actor_epoch = work->actor_epoch;
        cancel->redemption_id = rows_id(rows, 0);
        cancel->member_id = rows_id(rows, 1);
        cancel->reward_id = rows_id(rows, 2);
        cancel->operation_id = id_next(work->ids);
        items[*count].title = rows_copy(rows, 3, work->arena);
        cancel->check_id = rows_id(rows, 4);
    }
    if (!rows_end(rows, error))
        return false;
    for (size_t i = 0; i < *count; i++)
        if (!wallet_owner(work->db, items[i].cancel.member_id, &items[i].cancel.wallet_id, error))
            return false;
    return true;
}

static bool cancel_slice(struct voucher_return *work, struct item *items, size_t count,
                         struct error *error)
{
    struct crowd *crowd = crowd_new(work->teller);
    size_t submitted = 0, failed;

    while (submitted < count && crowd_submit(crowd, &items[submitted].cancel.command))
        submitted++;
    failed = crowd_wait(crowd) + count - submitted;
    for (size_t i = submitted; i < count; i++)
        items[i].cancel.command.failure = "busy"; /* it was not even taken */
    return failed < count || error_set(error, "store.retry", "the teller has enough to do");
}

struct telling {
    const struct item *item;
    int64_t now_us;
};

static bool tell(struct db *db, void *context, struct error *error)
{
    const struct telling *telling = context;
    const struct redemption_ref *cancel = &telling->item->cancel;
    char points[24];

    points_format(cancel->command.outcome.points, points);
    return inbox_tell(db, cancel->wallet_id, NOTICE_VOUCHER_RETURNED, cancel->redemption_id,
                      json_pack("{s:s, s:s}", "title", telling->item->title, "points", points),
                      telling->now_us, error);
}

static bool count_and_tell(struct voucher_return *work, const struct item *items, size_t count,
                           struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        const struct command *command = &items[i].cancel.command;
        struct telling telling = {&items[i], work->now_us};

        if (command->failure != NULL || command->outcome.refusal != ACCEPTED)
            continue;
        if (command->outcome.state != REDEMPTION_CANCELLED)
            continue; /* its merchant is asked first; the member hears then */
        work->returned++;
        work->points += command->outcome.points;
        if (!db_transaction(work->db, tell, &telling, error))
            return false;
    }
    return true;
}

bool vouchers_return(struct voucher_return *work, struct error *error)
{
    work->more = true;
    for (int slice = 0; work->more && slice < work->slices_most; slice++) {
        struct item *items = arena_take(work->arena, (SLICE + 1) * sizeof *items);
        size_t count;

        if (!read_slice(work, items, &count, error))
            return false;
        if (count == 0)
            return true;
        if (!cancel_slice(work, items, count, error) || !count_and_tell(work, items, count, error))
            return false;
    }
    return true;
}
