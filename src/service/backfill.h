/*
 * Records entered afterwards (补录, grade D): one person proposes, the unit may read it for seven
 * days (张*, activity, minutes), then another person reviews it. The award itself holds to that
 * (service/record.c). Query threads.
 */
#ifndef LINLI_BACKFILL_H
#define LINLI_BACKFILL_H

#include "service/activities.h"

#define PUBLIC_NOTICE_US (7 * DAY_US)

struct backfill {
    uint64_t record_id, activity_id, member_id;
    uint64_t actor, person_id; /* person: the member that the actor also is, or 0 */
    int64_t started_us, ended_us, now_us;
    struct text why;
};
/* NOT_FOUND: no such member or activity; WRONG_STATE: it is not over, was cancelled, or the member
 * has a record of it; TOO_MUCH: not a minute within its time; OWN_RECORD. */
bool record_backfill(struct db *db, const struct backfill *backfill, enum refusal *refusal,
                     struct error *error) MUST_CHECK;

struct public_notice {
    uint64_t record_id, member_id;
    char *activity_title;
    int32_t minutes;
    int64_t until_us;
};
/* What the unit itself has to read now, by record above `after`. */
bool public_notice_list(struct db *db, uint64_t unit_id, int64_t now_us, uint64_t after,
                        int64_t limit, struct arena *arena, struct public_notice **notices,
                        size_t *count, struct error *error) MUST_CHECK;

#endif
