/*
 * Affiliations: where a member lives and where they work or belong, each from a time until
 * another. Moving house closes one and opens the next: history stays, figures follow the
 * activity's unit, assessments ask for the unit held at a time.
 */
#ifndef LINLI_AFFILIATIONS_H
#define LINLI_AFFILIATIONS_H

#include "base/arena.h"
#include "people/keyring.h"
#include "people/people.h"
#include "store/find.h"

enum affiliation_kind {
    AFFILIATION_RESIDENCE = 1,
    AFFILIATION_WORK = 2,
};
#define AFFILIATION_STILL INT64_MAX /* to_us of the present one */

struct affiliation {
    enum affiliation_kind kind;
    uint64_t unit_id;
    int64_t from_us, to_us; /* until just before to_us */
    char *unit_name;
};

/* All of a member's, the newest first of each kind. Texts live in the arena. */
bool affiliation_list(struct db *db, uint64_t member_id, struct arena *arena,
                      struct affiliation **list, size_t *count, struct error *error) MUST_CHECK;
/* The unit held at a time. NOTHING: none. */
enum find affiliation_at(struct db *db, uint64_t member_id, enum affiliation_kind kind,
                         int64_t at_us, uint64_t *unit_id, struct error *error) MUST_CHECK;

struct move {
    uint64_t member_id;
    enum affiliation_kind kind;
    uint64_t unit_id; /* 0 ends it: for work only */
    int64_t from_us;  /* not before the present one began, and not later than now */
    uint64_t actor;
};
/* Closes the present affiliation of that kind and opens another, with an audit entry.
 * PEOPLE_DONE, NOT_FOUND (the member), NO_UNIT, BAD_TIME, BROKEN. */
enum people_answer affiliation_move(struct db *db, const struct keyring *keyring,
                                    const struct move *move, int64_t now_us,
                                    struct error *error) MUST_CHECK;

#endif
