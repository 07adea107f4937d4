/*
 * Who asks: the roles, and the identity that a signed token carries.
 */
#ifndef LINLI_WHO_H
#define LINLI_WHO_H

#include "base/base.h"

enum role {
    ROLE_MEMBER = 1 << 0,
    ROLE_COORDINATOR = 1 << 1, /* of the unit in scope and everything below it */
    ROLE_UNIT_READER = 1 << 2, /* counts of a work unit */
    ROLE_CLERK = 1 << 3,       /* of the merchant in scope */
    ROLE_MANAGER = 1 << 4,     /* of the merchant in scope */
    ROLE_AUDITOR = 1 << 5,
    ROLE_ADMINISTRATOR = 1 << 6,
};
/* What a route admits; ANYONE needs no token. */
#define ANYONE    0
#define SIGNED_IN 0x7f
#define STAFF     (ROLE_COORDINATOR | ROLE_AUDITOR | ROLE_ADMINISTRATOR)

const char *role_name(enum role role); /* "coordinator" */
bool role_parse(struct text text, enum role *role) MUST_CHECK;

struct who {
    uint64_t account_id; /* a member's account id is the member's id; 0: nobody signed in */
    enum role role;
    uint64_t scope_id;  /* unit or merchant, by role; 0: everything */
    uint64_t person_id; /* the member that this person also is, or 0: nobody decides their own */
    uint32_t epoch;     /* raised to revoke every token of the account */
};

#endif
