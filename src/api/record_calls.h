/*
 * What the resources of service records share: how one looks in answers, and who may see it.
 */
#ifndef LINLI_RECORD_CALLS_H
#define LINLI_RECORD_CALLS_H

#include "api/call.h"
#include "service/activities.h"
#include "service/award_ask.h"

#define REVIEWERS (ROLE_COORDINATOR | ROLE_ADMINISTRATOR)

json_t *record_json(const struct record_view *view);
/* FIND_NOTHING as well for one that the caller may not see. */
enum find record_find_visible(struct call *call, uint64_t record_id, struct record_view *view,
                              struct error *error);
/* What the records are worth: service/award_ask.h. In the call's arena. */
struct award_terms *records_terms(struct call *call, const struct record_view *const *views,
                                  size_t count);
/* The command, under those terms; the book holds the daily cap and decides. `wallet_id` as
 * wallet_owner says. */
struct award *record_award(struct call *call, const struct record_view *view, uint64_t wallet_id,
                           const struct award_terms *terms);

#endif
