/*
 * Who has a place: of an activity, or of each of its shifts. Query threads.
 */
#ifndef LINLI_ROSTER_H
#define LINLI_ROSTER_H

#include "service/activities.h"

#define ROSTER_MOST 5000

struct roster_line {
    uint64_t activity_id; /* the activity or the shift */
    char *title;
    int64_t starts_us, ends_us;
    uint64_t member_id; /* 0: nobody has signed up for it */
};
/* By time and shift, then in the order of their numbers; ROSTER_MOST at most. */
bool roster_read(struct db *db, uint64_t activity_id, struct arena *arena,
                 struct roster_line **lines, size_t *count, struct error *error) MUST_CHECK;

#endif
