/*
 * people: units, accounts, members, sign-in, keys, the audit trail. It owns every personal value:
 * each is sealed under a key of its person, shown masked, and never logged.
 *
 * Functions that take a `struct db` block: query threads, jobs and the command line. They open a
 * transaction of their own unless they say that they run inside the caller's.
 */
#ifndef LINLI_PEOPLE_H
#define LINLI_PEOPLE_H

#include "store/db.h"
#include "store/find.h"

/* What the room answers. Everything but PEOPLE_BROKEN is a business answer and changed nothing. */
enum people_answer {
    PEOPLE_DONE,
    PEOPLE_NOT_FOUND,   /* what was asked for does not exist */
    PEOPLE_NO_UNIT,     /* the unit named in the request does not exist */
    PEOPLE_NO_MEMBER,   /* the member named in the request does not exist */
    PEOPLE_TOO_DEEP,    /* the tree of units has at most UNIT_LEVELS_MOST levels */
    PEOPLE_PHONE_TAKEN, /* another member has this phone */
    PEOPLE_LOGIN_TAKEN,
    PEOPLE_BAD_LOGIN,     /* 2 to 64 of a-z 0-9 . _ @ - */
    PEOPLE_WEAK_PASSWORD, /* fewer than PASSWORD_LEAST characters */
    PEOPLE_BAD_SCOPE,     /* the role needs a scope, or must have none */
    PEOPLE_BAD_TIME,      /* before what it follows, or in the future */
    PEOPLE_HAS_DUTIES,    /* the person works here: their staff account must be suspended first */
    PEOPLE_INSIDE_ITSELF, /* a unit cannot be moved below itself */
    PEOPLE_BUSY,          /* an import under way is at it: try again shortly */
    PEOPLE_BROKEN,        /* `error` says what */
};

/*
 * Higher rooms that keep a row for every member (the ledger's wallet) add it here: called inside
 * the transaction that makes those members, one or hundreds. Set once in main.c, before threads.
 */
typedef bool people_member_hook(struct db *db, const uint64_t *member_ids, size_t count,
                                struct error *error);
void people_on_member_created(people_member_hook *hook);
/* The reverse, for members whom nobody has seen: of an import that died. */
void people_on_member_removed(people_member_hook *hook);

/*
 * Higher rooms that keep personal texts of a member (an inbox, notes, photos) clear them here:
 * called inside the transaction that erases the person; a hook a room. Set in main.c, before
 * threads.
 */
#define ERASE_HOOKS_MOST 8
typedef bool people_erase_hook(struct db *db, uint64_t member_id, struct error *error);
void people_on_member_erased(people_erase_hook *hook);

/*
 * Higher rooms that keep rows of a member give them to the account that stays, when two accounts of
 * one person become one: called inside that transaction, before anything of the other account is
 * destroyed; a hook a room. Set in main.c, before threads.
 */
#define MERGE_HOOKS_MOST 8
typedef bool people_merge_hook(struct db *db, uint64_t from_id, uint64_t into_id, int64_t now_us,
                               struct error *error);
void people_on_member_merged(people_merge_hook *hook);

/* Deletes what has expired: refresh tokens, codes, attempts, revocations that no living token
 * needs, invitations that nobody answered; at most `most` rows of each. For the keeper. */
bool people_prune(struct db *db, int64_t now_us, int most, struct error *error) MUST_CHECK;

#endif
