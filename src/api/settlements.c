/*
 * Settlement: a merchant's confirmations that can no longer be undone go onto its account of what
 * is owed. In slices: the answer says how many are left, and the call is made again until none is.
 */
#include "api/app.h"
#include "api/call.h"
#include "api/resources.h"
#include "jobs/crowd.h"
#include "market/merchants.h"
#include "market/redemption.h"
#include "people/audit.h"

#define SLICE 500

struct slice {
    struct redemption_ref *settles;
    size_t count;
    bool more;
};

/* The oldest confirmations of the merchant whose undo window is over. */
static bool read_slice(struct call *call, struct slice *slice, struct error *error)
{
    int64_t undo_window_us = call->app->programme->undo_window_us;
    struct rows *rows = db_query(call->db,
                                 "SELECT redemption_id FROM redemptions WHERE merchant_id = ?"
                                 " AND confirmed_us > 0 AND confirmed_us < ? AND state = ?"
                                 " ORDER BY confirmed_us LIMIT 501",
                                 DB_ID(call->ids[0]), DB_INT(call->now_us - undo_window_us),
                                 DB_INT(REDEMPTION_CONFIRMED));

    slice->settles = arena_take(call->arena, SLICE * sizeof *slice->settles);
    while (rows_next(rows)) {
        struct redemption_ref *settle = &slice->settles[slice->count];

        if (slice->count == SLICE) {
            slice->more = true;
            break;
        }
        settle->command.kind = &command_settle;
        settle->command.actor = call->who.account_id;
        settle->command.actor_epoch = call->who.epoch;
        settle->redemption_id = rows_id(rows, 0);
        settle->merchant_id = call->ids[0];
        settle->undo_window_us = undo_window_us;
        slice->count++;
    }
    return rows_end(rows, error);
}

/* Each settles once by its state, so a call that is made again goes on where this one ended. */
static bool settle_slice(struct call *call, struct slice *slice, int64_t *settled, int64_t *points)
{
    struct crowd *crowd = crowd_new(call->app->teller);
    size_t submitted = 0;

    while (submitted < slice->count && crowd_submit(crowd, &slice->settles[submitted].command))
        submitted++;
    if (crowd_wait(crowd) > 0)
        slice->more = true;
    for (size_t i = 0; i < submitted; i++) {
        const struct command *command = &slice->settles[i].command;

        if (command->failure != NULL || command->outcome.refusal != ACCEPTED)
            continue;
        (*settled)++;
        *points += command->outcome.points;
    }
    return submitted > 0 || slice->count == 0;
}

static enum answered settlement_post(struct call *call)
{
    const struct audit audit = {
        .actor = call->who.account_id, .action = "merchant.settle", .object_id = call->ids[0]};
    struct merchant merchant;
    struct slice slice = {0};
    struct error error;
    int64_t settled = 0, points = 0;
    enum find found = merchant_find(call->db, call->ids[0], call->arena, &merchant, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!audit_append(call->db, &audit, call->now_us, &error) || !read_slice(call, &slice, &error))
        return reply_error(call, &error);
    if (!settle_slice(call, &slice, &settled, &points))
        return reply_problem(call, PROBLEM_BUSY);
    return reply_json(call, 200,
                      json_pack("{s:o, s:I, s:o, s:b}", "merchant_id", json_id(merchant.id),
                                "settled", (json_int_t)settled, "points", json_points(points),
                                "more", slice.more));
}

const struct route settlement_routes[] = {
    {HTTP_POST, "/v1/merchants/{id}/settlements", ROLE_ADMINISTRATOR, ON_QUERY, settlement_post},
    {0},
};
