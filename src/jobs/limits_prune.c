/*
 * Uses of limits whose period is over. The table has no index by time: a run walks it by members,
 * a slice at a time; the cursor is the last member seen.
 */
#include "jobs/jobs.h"

#define SLICES_MOST 20      /* a run */
#define GRACE_US    HOUR_US /* a batch under way may still name a period that has just ended */

/* The last member of the slice after the cursor; 0 at the end of the table. */
static bool find_slice(struct job_context *context, uint64_t *last, struct error *error)
{
    struct rows *rows = db_query(context->db,
                                 "SELECT MAX(member_id) FROM"
                                 " (SELECT member_id FROM limit_uses WHERE member_id > ?"
                                 "  ORDER BY member_id LIMIT 1000) AS slice",
                                 DB_ID(context->cursor));

    *last = rows_next(rows) ? rows_id(rows, 0) : 0;
    return rows_end(rows, error);
}

bool limits_prune(struct job_context *context, struct error *error)
{
    for (int slice = 0; slice < SLICES_MOST && !*context->stopping; slice++) {
        uint64_t last;

        if (!find_slice(context, &last, error))
            return false;
        if (last == 0) {
            context->cursor = 0;
            break;
        }
        if (db_run(context->db, error,
                   "DELETE FROM limit_uses WHERE member_id > ? AND member_id <= ? AND ends_us < ?",
                   DB_ID(context->cursor), DB_ID(last), DB_INT(context->now_us - GRACE_US)) < 0)
            return false;
        context->cursor = last;
    }
    return true;
}
