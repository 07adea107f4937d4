/*
 * The jobs, each in its file; main.c puts them into the keeper's table.
 */
#ifndef LINLI_JOBS_H
#define LINLI_JOBS_H

#include "jobs/keeper.h"

bool lots_expire(struct job_context *context, struct error *error);
bool vouchers_lapse(struct job_context *context, struct error *error);
bool advance_activities(struct job_context *context, struct error *error);
bool answers_prune(struct job_context *context, struct error *error);
bool limits_prune(struct job_context *context, struct error *error);
bool people_expired_prune(struct job_context *context, struct error *error);

#endif
