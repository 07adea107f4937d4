/*
 * Delegations: people of one office register with a community together, all or none. Who has an
 * account already keeps it; the others get one.
 */
#ifndef LINLI_DELEGATIONS_H
#define LINLI_DELEGATIONS_H

#include "people/registrations.h"

#define DELEGATION_MOST 100

struct delegation {
    const struct new_member *people; /* unit_id, work_unit_id and actor are the delegation's */
    size_t count;                    /* 1 .. DELEGATION_MOST */
    uint64_t unit_id;
    uint64_t actor;
};
struct delegate {
    uint64_t member_id;
    bool is_new;
};
/* `delegates` has room for all, in the order of the people. PEOPLE_DONE, NO_UNIT, PHONE_TAKEN (the
 * same phone twice in the list), BUSY (an import brings one of them), BROKEN. */
enum people_answer delegation_register(struct db *db, const struct keyring *keyring,
                                       struct id_maker *ids, const struct delegation *delegation,
                                       int64_t now_us, struct delegate *delegates,
                                       struct error *error) MUST_CHECK;

#endif
