/*
 * The jobs, each in its file; main.c puts them into the keeper's table.
 */
#ifndef LINLI_JOBS_H
#define LINLI_JOBS_H

#include "jobs/keeper.h"

bool lots_expire(struct job_context *context, struct error *error);
bool points_expiring_tell(struct job_context *context, struct error *error);
bool proxy_redemptions_tell(struct job_context *context, struct error *error);
bool vouchers_lapse(struct job_context *context, struct error *error);
bool checks_release(struct job_context *context, struct error *error);
bool checks_remind(struct job_context *context, struct error *error);
bool disputes_late_escalate(struct job_context *context, struct error *error);
bool statements_fill(struct job_context *context, struct error *error);
bool advance_activities(struct job_context *context, struct error *error);
bool answers_prune(struct job_context *context, struct error *error);
bool limits_prune(struct job_context *context, struct error *error);
bool people_expired_prune(struct job_context *context, struct error *error);
bool notices_prune(struct job_context *context, struct error *error);
bool imports_undo(struct job_context *context, struct error *error);
bool integrations_learn(struct job_context *context, struct error *error);
bool merges_finish(struct job_context *context, struct error *error);
bool keys_learn(struct job_context *context, struct error *error);
bool checkpoint_heads(struct job_context *context, struct error *error);
bool assessments_rate(struct job_context *context, struct error *error);
bool verify_new_blocks(struct job_context *context, struct error *error);

extern struct metric verify_metrics[]; /* of verify_new_blocks */
extern const size_t verify_metrics_count;

#endif
