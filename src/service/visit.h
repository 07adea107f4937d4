/*
 * Inside the room: one member's step at one activity, as a transaction that holds the activity's
 * row, so that a burst never overfills it and a place is never given twice.
 */
#ifndef LINLI_VISIT_H
#define LINLI_VISIT_H

#include "service/activities.h"
#include "service/sign_ups.h"

struct visit {
    struct attendance *attendance;
    struct activity activity; /* locked; no texts */
    bool has_shifts;          /* one signs up for those */
    enum sign_up_state sign_up;
    enum refusal refusal;
};

/* In the transaction: locks the activity, reads the sign-up; NOT_FOUND for none and for drafts. */
bool visit_begin(struct db *db, struct visit *visit, struct error *error) MUST_CHECK;
/* Runs a step, which gets the visit as its context, as a transaction. */
bool visit_run(struct db *db, bool (*step)(struct db *, void *, struct error *),
               struct attendance *attendance, enum refusal *refusal,
               struct error *error) MUST_CHECK;

#endif
