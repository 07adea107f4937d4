#include "jobs/statement_fill.h"

#include "base/ids.h"
#include "jobs/crowd.h"
#include "jobs/jobs.h"

#define SLICE 500

/* False: some of them were not served. Refusals are fine: somebody else was faster. */
static bool settle_all(const struct fill *fill, const struct statement_view *view,
                       const uint64_t *redemptions, size_t count, struct error *error)
{
    struct settle *settles = arena_take(fill->arena, (count + 1) * sizeof *settles);
    struct crowd *crowd = crowd_new(fill->teller);
    size_t submitted = 0, failed;

    for (bool taken = true; taken && submitted < count; submitted += taken) {
        struct settle *settle = &settles[submitted];

        settle->command.kind = &command_settle;
        settle->command.actor = fill->actor;
        settle->command.actor_epoch = fill->actor_epoch;
        settle->redemption_id = redemptions[submitted];
        settle->statement_id = view->id;
        settle->operation_id = id_next(fill->ids);
        settle->undo_window_us = fill->undo_window_us;
        taken = crowd_submit(crowd, &settle->command);
    }
    failed = crowd_wait(crowd) + count - submitted;
    return failed == 0 || error_set(error, "jobs.teller_busy",
                                    "%zu of %zu confirmations were not settled", failed, count);
}

bool statement_fill(const struct fill *fill, const struct statement_view *view, struct error *error)
{
    if (view->state != STATEMENT_FILLING)
        return true;
    for (int slice = 0; slice < fill->slices_most; slice++) {
        uint64_t *redemptions;
        size_t count;
        bool more;

        if (!statement_waiting(fill->db, view, fill->now_us - fill->undo_window_us, SLICE,
                               fill->arena, &redemptions, &count, &more, error))
            return false;
        if (count == 0)
            return more || statement_close(fill->db, view->id, fill->now_us, error);
        if (!settle_all(fill, view, redemptions, count, error))
            return false;
    }
    return true;
}

/* The keeper's: what was opened and left, by a call that ended or a server that died. */
bool statements_fill(struct job_context *context, struct error *error)
{
    const struct statement_filter filling = {.state = STATEMENT_FILLING};
    const struct fill fill = {
        .db = context->db,
        .teller = context->teller,
        .arena = context->arena,
        .ids = context->ids,
        .now_us = context->now_us,
        .undo_window_us = context->programme->undo_window_us,
        .slices_most = 10,
    };
    struct statement_view *views;
    size_t count;

    if (!statement_list(context->db, &filling, 0, 100, context->arena, &views, &count, error))
        return false;
    for (size_t i = 0; i < count && !*context->stopping; i++)
        if (!statement_fill(&fill, &views[i], error))
            return false;
    return true;
}
