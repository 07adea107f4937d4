/*
 * What the resources of activities share: how one looks in answers, and who leads it.
 */
#ifndef LINLI_ACTIVITY_CALLS_H
#define LINLI_ACTIVITY_CALLS_H

#include "api/call.h"
#include "service/activities.h"

#define LEADERS (ROLE_COORDINATOR | ROLE_ADMINISTRATOR)

json_t *activity_json(const struct activity *activity);
/* A coordinator leads the activities of their unit and of those below it. */
bool activity_may_lead(struct call *call, uint64_t unit_id);
/* FIND_NOTHING as well for an activity that is not the caller's to lead. */
enum find activity_find_led(struct call *call, uint64_t activity_id, struct activity *activity,
                            struct error *error);
/* The activity as it is now; drafts for staff only. For a member, with their own sign-up. */
enum answered activity_show(struct call *call, int status, uint64_t activity_id);
enum answered reply_refused(struct call *call, enum refusal refusal);

#endif
