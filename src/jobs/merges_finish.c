/*
 * Accounts whose wallets the ledger has merged: what people keep of them follows, to whom the
 * ledger says. It may have been asked to merge them into somebody else as well, and have refused.
 * What it refused altogether is forgotten after a while.
 */
#include "jobs/jobs.h"
#include "people/duplicates.h"

#define MERGES_MOST  50 /* a run */
#define FORGOTTEN_US HOUR_US

static bool find_next(struct job_context *context, uint64_t after_id, struct merge *merge,
                      bool *found, struct error *error)
{
    struct rows *rows =
        db_query(context->db,
                 "SELECT q.member_id, w.merged_into, q.actor FROM merges q"
                 " JOIN wallets w ON w.member_id = q.member_id AND w.merged_into <> 0"
                 " WHERE q.done_us = 0 AND q.member_id > ? ORDER BY q.member_id LIMIT 1",
                 DB_ID(after_id));

    *found = rows_next(rows);
    if (*found)
        *merge = (struct merge){rows_id(rows, 0), rows_id(rows, 1), rows_id(rows, 2)};
    return rows_end(rows, error);
}

bool merges_finish(struct job_context *context, struct error *error)
{
    struct merge merge = {0};
    bool found = true;

    for (int i = 0; i < MERGES_MOST; i++) {
        if (!find_next(context, merge.member_id, &merge, &found, error))
            return false;
        if (!found)
            break;
        if (!merge_finish(context->db, context->keyring, &merge, context->now_us, error))
            return false;
    }
    return db_run(context->db, error,
                  "DELETE FROM merges WHERE done_us = 0 AND asked_us < ?"
                  " AND member_id NOT IN (SELECT member_id FROM wallets WHERE merged_into <> 0"
                  "                       AND member_id = merges.member_id) LIMIT 100",
                  DB_INT(context->now_us - FORGOTTEN_US)) >= 0;
}
