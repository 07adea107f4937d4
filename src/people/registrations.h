/*
 * Registration 报到: a member reports to a community, on line, on site, by an import or together
 * with others of their office. Once per member and unit; the receipt's number can be worked out
 * again, and by nobody else.
 */
#ifndef LINLI_REGISTRATIONS_H
#define LINLI_REGISTRATIONS_H

#include "people/members.h"

#define RECEIPT_NUMBER_SIZE 14 /* "4T9K-2M0Q-7XA1" less a dash: twelve characters and a NUL fit */

enum registration_way {
    REGISTERED_ONLINE = 1,
    REGISTERED_ON_SITE,
    REGISTERED_BY_IMPORT,
    REGISTERED_TOGETHER, /* with others of one office */
};

/* How a new member came, by who made them. */
enum registration_way registration_way_of(const struct new_member *member);
const char *registration_way_name(enum registration_way way); /* "on_site" */

struct registration_entry {
    uint64_t member_id, unit_id;
    enum registration_way way;
    int64_t at_us;
    char *unit_name;
};

/* Of one member, the newest first, at most 100. Texts live in the arena. */
bool registration_list(struct db *db, uint64_t member_id, struct arena *arena,
                       struct registration_entry **entries, size_t *count,
                       struct error *error) MUST_CHECK;
/* *first: it was not there before. The second time changes nothing. PEOPLE_DONE, NO_MEMBER,
 * NO_UNIT, BROKEN. */
struct registering {
    uint64_t member_id, unit_id;
    enum registration_way way;
    uint64_t actor;
};
enum people_answer registration_add(struct db *db, const struct registering *registering,
                                    int64_t now_us, bool *first, struct error *error) MUST_CHECK;

/* "4T9K2M-0Q7XA1": keyed, so that a number on paper is worth something. */
void receipt_number(const struct keyring *keyring, uint64_t member_id, uint64_t unit_id,
                    char out[RECEIPT_NUMBER_SIZE]);

#endif
