/*
 * Accounts: everybody who can sign in. Members have theirs from members.h; here are the staff:
 * coordinators, unit readers, clerks, merchant managers, auditors, administrators.
 */
#ifndef LINLI_ACCOUNTS_H
#define LINLI_ACCOUNTS_H

#include "base/ids.h"
#include "people/people.h"
#include "people/who.h"

#define PASSWORD_LEAST 8 /* characters, as NIST SP 800-63B; no rules about their kinds */
#define PASSWORD_MOST  200
#define LOGIN_SIZE     65

enum account_state {
    ACCOUNT_IS_ACTIVE,
    ACCOUNT_IS_SUSPENDED, /* signs in no more; an administrator may lift it */
};

struct new_staff {
    enum role role;
    uint64_t scope_id;  /* the unit or the merchant, by role; 0 for auditors and administrators.
                           Whether such a merchant exists is for the caller to check. */
    uint64_t person_id; /* the member that this person also is, or 0 */
    struct text login, password, display_name;
    uint64_t actor; /* 0: the command line */
};
/* About 50 ms (argon2id). PEOPLE_DONE, LOGIN_TAKEN, BAD_LOGIN, WEAK_PASSWORD, BAD_SCOPE, NO_UNIT,
 * NO_MEMBER, BROKEN. */
enum people_answer account_create_staff(struct db *db, struct id_maker *ids,
                                        const struct new_staff *staff, int64_t now_us,
                                        uint64_t *account_id, struct error *error) MUST_CHECK;

/* Whether the role has a unit or merchant to be responsible for, or must have none. */
bool role_scope_fits(enum role role, uint64_t scope_id) MUST_CHECK;

struct staff_change {
    uint64_t account_id;
    enum role role; /* of account_set_role, with its scope, as in struct new_staff */
    uint64_t scope_id;
    uint64_t actor; /* 0: the command line */
    struct text why;
};
/* The tokens of the account are void: they name the old role. PEOPLE_DONE, NOT_FOUND, BAD_SCOPE,
 * NO_UNIT, BROKEN. */
enum people_answer account_set_role(struct db *db, const struct staff_change *change,
                                    int64_t now_us, struct error *error) MUST_CHECK;
/* Lifts a suspension; the password is what it was. PEOPLE_DONE (also when there was none),
 * NOT_FOUND, BROKEN. */
enum people_answer account_let_in(struct db *db, const struct staff_change *change, int64_t now_us,
                                  struct error *error) MUST_CHECK;
enum find account_find_login(struct db *db, struct text login, uint64_t *account_id,
                             struct error *error) MUST_CHECK;

struct staff {
    struct who who;
    enum account_state state;
    char *login, *display_name;
    int64_t created_us;
};
/* Texts live in the arena. A member's account is not found. */
enum find account_find_staff(struct db *db, uint64_t account_id, struct arena *arena,
                             struct staff *staff, struct error *error) MUST_CHECK;

struct staff_query {
    unsigned roles;    /* any of these; 0: all staff */
    uint64_t scope_id; /* 0: any */
    uint64_t after_id; /* a cursor; 0: from the start */
    size_t limit;
};
bool account_list_staff(struct db *db, const struct staff_query *query, struct arena *arena,
                        struct staff **staff, size_t *count, uint64_t *next,
                        struct error *error) MUST_CHECK;

/*
 * Raises the account's epoch: every token it has is void within 5 seconds on every server, for
 * good. With `suspend` it also signs in no more; without, an earlier suspension is left as it is.
 * Of anybody, members too. PEOPLE_DONE, NOT_FOUND, BROKEN.
 */
struct revoke {
    uint64_t account_id;
    bool suspend;
    uint64_t actor;
    struct text why;
};
enum people_answer account_revoke(struct db *db, const struct revoke *revoke, int64_t now_us,
                                  struct error *error) MUST_CHECK;

/* In the caller's transaction, which has locked the account's row: voids its tokens. */
bool account_raise_epoch(struct db *db, uint64_t account_id, int64_t now_us,
                         struct error *error) MUST_CHECK;

/* In the caller's transaction: the staff accounts of one person become another's, who is the same,
 * and their tokens, which name the person, are void. */
bool accounts_change_person(struct db *db, uint64_t from_id, uint64_t into_id, int64_t now_us,
                            struct error *error) MUST_CHECK;

/* Gives a staff account another password, lifts a suspension and voids its tokens; for
 * `linli admin password`. PEOPLE_DONE, NOT_FOUND, WEAK_PASSWORD, BROKEN. */
enum people_answer account_set_password(struct db *db, struct text login, struct text password,
                                        uint64_t actor, int64_t now_us,
                                        struct error *error) MUST_CHECK;

/* Lower case, checked: PEOPLE_BAD_LOGIN's rule. */
bool login_parse(struct text text, char out[LOGIN_SIZE]) MUST_CHECK;

#endif
