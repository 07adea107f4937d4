/*
 * Answers to Idempotency-Keys are kept 30 days. The table has no index by time, which would cost
 * every command: its keys are hashes, so a slice of the key space is a fair slice of the rows, and
 * one run looks at one of 4,096 slices. All are seen within a day.
 */
#include "jobs/jobs.h"

#define KEEP_US     (30 * DAY_US)
#define SLICES      4096
#define SLICE_WIDTH (65536 / SLICES) /* of the first two bytes */

static void edge_of(uint64_t slice, uint8_t edge[16])
{
    uint64_t first = slice * SLICE_WIDTH;

    for (int i = 0; i < 16; i++)
        edge[i] = 0;
    edge[0] = (uint8_t)(first >> 8);
    edge[1] = (uint8_t)first;
}

bool answers_prune(struct job_context *context, struct error *error)
{
    uint64_t slice = context->cursor % SLICES;
    int64_t before_us = context->now_us - KEEP_US;
    uint8_t from[16], to[16];
    int64_t gone;

    edge_of(slice, from);
    edge_of(slice + 1, to);
    if (slice + 1 < SLICES)
        gone =
            db_run(context->db, error,
                   "DELETE FROM answers WHERE request_key >= ? AND request_key < ? AND at_us < ?",
                   DB_BYTES(from, sizeof from), DB_BYTES(to, sizeof to), DB_INT(before_us));
    else
        gone =
            db_run(context->db, error, "DELETE FROM answers WHERE request_key >= ? AND at_us < ?",
                   DB_BYTES(from, sizeof from), DB_INT(before_us));
    if (gone < 0)
        return false;
    context->cursor = slice + 1;
    return true;
}
