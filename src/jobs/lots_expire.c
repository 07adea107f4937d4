/*
 * Lots whose time has come: what is left in them moves from the wallet to the expired account. The
 * book treats such lots as dead already, so nothing hurries, not even on 31 December when
 * everybody's points expire at once: slices of low priority, the longest dead first.
 *
 * The cursor is the expiry up to which all is done, so that the lots of earlier years, which have
 * nothing left, are not read again and again. No lot is given an expiry in the past; the look back
 * is for transactions that took their time.
 */
#include "jobs/crowd.h"
#include "jobs/jobs.h"

#define SLICE        200
#define SLICES_MOST  50 /* a run */
#define LOOK_BACK_US HOUR_US

/* Submits a slice. Returns the lots found, -1 on failure; `done_until` moves to the last one's
 * expiry if every one of them was served. */
static int expire_slice(struct job_context *context, int64_t *done_until, struct error *error)
{
    struct rows *rows = db_query(context->db,
                                 "SELECT member_id, lot_id, expires_us FROM lots"
                                 " WHERE expires_us >= ? AND expires_us <= ? AND remaining > 0"
                                 " ORDER BY expires_us LIMIT 200",
                                 DB_INT(*done_until), DB_INT(context->now_us));
    struct crowd *crowd = crowd_new(context->teller);
    int64_t last_us = *done_until;
    bool taken = true;
    size_t failed;
    int found = 0;

    while (taken && rows_next(rows)) {
        struct lot_expire *expire = arena_take(context->arena, sizeof *expire);

        expire->command.kind = &command_lot_expire;
        expire->member_id = rows_id(rows, 0);
        expire->lot_id = rows_id(rows, 1);
        last_us = rows_int(rows, 2);
        taken = crowd_submit(crowd, &expire->command);
        found++;
    }
    failed = crowd_wait(crowd);
    if (!rows_end(rows, error))
        return -1;
    if (failed > 0 || !taken) {
        error_set(error, "jobs.teller_busy", "%zu of %d lots were not served", failed, found);
        return -1;
    }
    *done_until = found == SLICE ? last_us : context->now_us - LOOK_BACK_US;
    return found;
}

bool lots_expire(struct job_context *context, struct error *error)
{
    int64_t done_until = (int64_t)context->cursor;

    for (int slice = 0; slice < SLICES_MOST && !*context->stopping; slice++) {
        int found = expire_slice(context, &done_until, error);

        if (found < 0)
            return false;
        context->cursor = (uint64_t)done_until;
        if (found < SLICE)
            break;
    }
    return true;
}
