/*
 * Vouchers that nobody used in time: the points go back to the member, the piece to the shelf.
 */
#include "base/ids.h"
#include "jobs/jobs.h"
#include "jobs/sweep.h"
#include "ledger/statement.h"
#include "market/redemption.h"

static struct rows *due_vouchers(struct db *db, int64_t from_us, int64_t until_us)
{
    return db_query(db,
                    "SELECT expires_us, redemption_id, member_id, reward_id FROM redemptions"
                    " WHERE expires_us >= ? AND expires_us <= ? AND state IN (?, ?, ?)"
                    " AND intent = 0 ORDER BY expires_us LIMIT ?",
                    DB_INT(from_us), DB_INT(until_us), DB_INT(REDEMPTION_ISSUED),
                    DB_INT(REDEMPTION_ISSUING), DB_INT(REDEMPTION_STUCK), DB_INT(SWEEP_SLICE));
}

static struct command *lapse_voucher(struct job_context *context, struct rows *rows,
                                     struct error *error)
{
    struct redemption_ref *lapse = arena_take(context->arena, sizeof *lapse);

    lapse->command.kind = &command_lapse;
    lapse->redemption_id = rows_id(rows, 1);
    lapse->member_id = rows_id(rows, 2);
    lapse->reward_id = rows_id(rows, 3);
    lapse->operation_id = id_next(context->ids);
    return wallet_owner(context->db, lapse->member_id, &lapse->wallet_id, error) ? &lapse->command
                                                                                 : NULL;
}

bool vouchers_lapse(struct job_context *context, struct error *error)
{
    static const struct sweep sweep = {"vouchers", due_vouchers, lapse_voucher};

    return sweep_run(&sweep, context, error);
}
