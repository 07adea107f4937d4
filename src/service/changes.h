/*
 * What is changed after publishing, each with its reason: cancelled activities, corrected ones,
 * corrected records. The history is the audit trail: what it was before and after, who and why.
 * Who is concerned is told. Query threads.
 */
#ifndef LINLI_CHANGES_H
#define LINLI_CHANGES_H

#include "service/activities.h"

struct change {
    uint64_t object_id; /* activity or record */
    uint64_t actor;
    uint64_t person_id;        /* the member that the actor also is, or 0 */
    struct text why;           /* told to those concerned, too */
    struct text before, after; /* JSON, for the history; of a correction */
    int64_t now_us;
};

/* With its shifts, and tells everybody who has a place or waits. WRONG_STATE when it is over or
 * somebody has a record of it; again is accepted. */
bool activity_cancel(struct db *db, const struct change *change, enum refusal *refusal,
                     struct error *error) MUST_CHECK;

/* Writes `activity` (texts, times, capacity, notes, place) over the one of its id. More places go
 * to who waits. Members are told when `is_news`. WRONG_STATE once it is closed or cancelled;
 * TOO_MUCH for fewer places than are taken, or a time that a shift of it, or it as a shift, does
 * not fit. */
bool activity_correct(struct db *db, const struct change *change, const struct activity *activity,
                      bool is_news, enum refusal *refusal, struct error *error) MUST_CHECK;

/* The times that the coordinator found to be right; the record then waits for review. WRONG_STATE
 * once it is decided; OWN_RECORD. */
bool record_correct(struct db *db, const struct change *change, int64_t started_us,
                    int64_t ended_us, enum refusal *refusal, struct error *error) MUST_CHECK;

#endif
