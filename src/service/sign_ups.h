/*
 * Signing up: a place, or a place in the line of those who wait. Whoever gives a place back gives
 * it to the first in line, in the same transaction, who is told through the inbox and may decline
 * by signing off, which gives it to the next.
 */
#ifndef LINLI_SIGN_UPS_H
#define LINLI_SIGN_UPS_H

#include "service/activities.h"

enum sign_up_state {
    SIGN_UP_NONE,
    SIGNED_UP,  /* has a place */
    SIGNED_OFF, /* gave it back, or left the line */
    WAITING,    /* in line */
};
const char *sign_up_state_name(enum sign_up_state state); /* "none" for who signed off, too */

#define WAITLIST_MOST 10000

/* Takes a place, or joins the line when none is free; again is accepted and changes nothing.
 * NOT_FOUND; NOT_OPEN once it is over or cancelled; ACTIVITY_FULL when it runs already, or the line
 * is too long; WRONG_STATE for an activity with shifts: one signs up for those. */
bool activity_sign_up(struct db *db, const struct attendance *attendance, enum refusal *refusal,
                      struct error *error) MUST_CHECK;
/* Gives the place back, or leaves the line. NOT_SIGNED_UP, NOT_OPEN once the activity runs. */
bool activity_sign_off(struct db *db, const struct attendance *attendance, enum refusal *refusal,
                       struct error *error) MUST_CHECK;

struct sign_up {
    enum sign_up_state state;
    int32_t ahead; /* of those who wait: how many come before */
};
bool sign_up_find(struct db *db, uint64_t activity_id, uint64_t member_id, struct sign_up *sign_up,
                  struct error *error) MUST_CHECK;

/* In the caller's transaction: gives back every place, and leaves every line, of what has not
 * begun; the first in line get the places. For members who are erased. */
bool sign_ups_give_back(struct db *db, uint64_t member_id, int64_t now_us,
                        struct error *error) MUST_CHECK;

/* In the caller's transaction, which holds the activity's row: gives the free places to those who
 * wait, in their order, and tells them. */
bool waitlist_fill(struct db *db, uint64_t activity_id, int64_t now_us,
                   struct error *error) MUST_CHECK;

#endif
