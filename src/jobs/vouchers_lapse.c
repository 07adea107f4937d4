/*
 * Vouchers that nobody used in time: the points go back to the member, the piece to the shelf. The
 * cursor is the expiry up to which all is done, as for lots.
 */
#include "jobs/crowd.h"
#include "jobs/jobs.h"
#include "ledger/statement.h"
#include "market/redemption.h"

#define SLICE        200
#define SLICES_MOST  50 /* a run */
#define LOOK_BACK_US HOUR_US

/* Submits a slice. Returns the vouchers found, -1 on failure; `done_until` moves to the last one's
 * expiry if every one of them was served. */
static int lapse_slice(struct job_context *context, int64_t *done_until, struct error *error)
{
    struct rows *rows =
        db_query(context->db,
                 "SELECT redemption_id, member_id, reward_id, expires_us"
                 " FROM redemptions WHERE expires_us >= ? AND expires_us <= ?"
                 " AND state = ? ORDER BY expires_us LIMIT 200",
                 DB_INT(*done_until), DB_INT(context->now_us), DB_INT(REDEMPTION_ISSUED));
    struct crowd *crowd = crowd_new(context->teller);
    int64_t last_us = *done_until;
    bool taken = true;
    size_t failed;
    int found = 0;

    while (taken && rows_next(rows)) {
        struct redemption_ref *lapse = arena_take(context->arena, sizeof *lapse);

        lapse->command.kind = &command_lapse;
        lapse->redemption_id = rows_id(rows, 0);
        lapse->member_id = rows_id(rows, 1);
        lapse->reward_id = rows_id(rows, 2);
        last_us = rows_int(rows, 3);
        found++;
        taken = wallet_owner(context->db, lapse->member_id, &lapse->wallet_id, error) &&
                crowd_submit(crowd, &lapse->command);
    }
    failed = crowd_wait(crowd);
    if (!rows_end(rows, error))
        return -1;
    if (failed > 0 || !taken) {
        error_set(error, "jobs.teller_busy", "%zu of %d vouchers were not served", failed, found);
        return -1;
    }
    *done_until = found == SLICE ? last_us : context->now_us - LOOK_BACK_US;
    return found;
}

bool vouchers_lapse(struct job_context *context, struct error *error)
{
    int64_t done_until = (int64_t)context->cursor;

    for (int slice = 0; slice < SLICES_MOST && !*context->stopping; slice++) {
        int found = lapse_slice(context, &done_until, error);

        if (found < 0)
            return false;
        context->cursor = (uint64_t)done_until;
        if (found < SLICE)
            break;
    }
    return true;
}
