/* Imports that died half-way: nobody has seen their members, who are taken away again. */
#include "jobs/jobs.h"
#include "people/import.h"

#define ROWS_MOST 20000 /* a run */

bool imports_undo(struct job_context *context, struct error *error)
{
    return import_prune(context->db, context->now_us, ROWS_MOST, error);
}
