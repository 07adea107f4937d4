/*
 * Shifts and series. A shift is an activity that is a part of another one, with a post, a time and
 * a capacity of its own: what one signs up for, checks in to and has a record of. A series
 * publishes the same activity, with its shifts, every week.
 */
#ifndef LINLI_SERIES_H
#define LINLI_SERIES_H

#include "base/ids.h"
#include "service/activities.h"

#define WEEK_US          (7 * DAY_US)
#define WEEKS_AHEAD_MOST 12
#define SHIFTS_MOST      100 /* of one activity */

struct shift {
    uint64_t id, whole_id;
    struct text post;
    int64_t starts_us, ends_us;
    int32_t capacity;
    uint64_t created_by;
    int64_t now_us;
};
/* In the state of the whole one. WRONG_STATE when that is over, a shift itself, or has sign-ups of
 * its own; TOO_MUCH outside its time, or beyond SHIFTS_MOST. */
bool shift_add(struct db *db, const struct shift *shift, enum refusal *refusal,
               struct error *error) MUST_CHECK;

struct series {
    uint64_t id; /* of its first activity, which is the pattern of all */
    int32_t weeks_ahead;
    int64_t until_us; /* no later start; 0: without an end */
    uint64_t actor;
    int64_t now_us;
};
/* Starts one, or changes how far ahead and how long it publishes. WRONG_STATE for drafts, shifts
 * and what is itself of a series. */
bool series_set(struct db *db, const struct series *series, enum refusal *refusal,
                struct error *error) MUST_CHECK;
/* Publishes no more; what is published stays. NOT_FOUND. */
bool series_stop(struct db *db, uint64_t series_id, enum refusal *refusal,
                 struct error *error) MUST_CHECK;
/* Publishes what is due of one, of all that are going on (for the keeper). Weeks that are past are
 * left out. Two who publish at the same moment publish once. */
bool series_publish(struct db *db, struct id_maker *ids, uint64_t series_id, int64_t now_us,
                    struct error *error) MUST_CHECK;
bool series_publish_all(struct db *db, struct id_maker *ids, int64_t now_us,
                        struct error *error) MUST_CHECK;

#endif
