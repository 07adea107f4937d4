/*
 * Lots whose time has come: what is left in them moves from the wallet to the expired account. The
 * book treats such lots as dead already, so nothing hurries, not even on 31 December when
 * everybody's points expire at once.
 */
#include "jobs/jobs.h"
#include "jobs/sweep.h"

static struct rows *due_lots(struct db *db, int64_t from_us, int64_t until_us)
{
    return db_query(db,
                    "SELECT expires_us, member_id, lot_id FROM lots"
                    " WHERE expires_us >= ? AND expires_us <= ? AND remaining > 0"
                    " ORDER BY expires_us LIMIT ?",
                    DB_INT(from_us), DB_INT(until_us), DB_INT(SWEEP_SLICE));
}

static struct command *expire_lot(struct job_context *context, struct rows *rows,
                                  struct error *error)
{
    struct lot_expire *expire = arena_take(context->arena, sizeof *expire);

    (void)error;
    expire->command.kind = &command_lot_expire;
    expire->member_id = rows_id(rows, 1);
    expire->lot_id = rows_id(rows, 2);
    return &expire->command;
}

bool lots_expire(struct job_context *context, struct error *error)
{
    static const struct sweep sweep = {"lots", due_lots, expire_lot};

    return sweep_run(&sweep, context, error);
}
