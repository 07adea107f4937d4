/*
 * Members: the people who serve and earn. A member's account id is the member's id. Name and phone
 * are sealed under a key of the member's own, which is wrapped under KEY_PERSONAL: when it is
 * erased, they are gone from every copy.
 */
#ifndef LINLI_MEMBERS_H
#define LINLI_MEMBERS_H

#include "base/ids.h"
#include "people/keyring.h"
#include "people/people.h"
#include "people/phone.h"

#define MEMBER_NAME_MOST 100 /* characters */

/* As the person declares: no date of birth is kept. Under 14 there is no account. */
enum age_class {
    AGE_ADULT = 1,
    AGE_YOUTH = 2, /* 14 to 17: with a guardian's consent */
};

/* In a WHERE over `members m`: not a row of an import that has not come to its end. */
#define MEMBER_IS_THERE "m.import_id NOT IN (SELECT i.import_id FROM imports i WHERE i.state <> 2)"

struct new_member {
    struct text name;      /* 1 .. MEMBER_NAME_MOST characters */
    struct phone phone;    /* empty text: somebody without a phone, registered on site */
    uint64_t unit_id;      /* where they live or report to */
    int64_t consented_us;  /* when they agreed to the terms: nobody becomes a member without */
    uint64_t actor;        /* the staff account on site; 0: registered by themselves */
    enum age_class age;    /* 0 means an adult */
    int64_t guardian_us;   /* when a guardian consented: of a youth */
    uint64_t work_unit_id; /* where they work or belong; 0: not said */
    uint64_t import_id;    /* 0: not by an import */
    bool together;         /* registered with others of their office */
};

/* Account, member, the other rooms' rows (people_on_member_created) and, when staff did it, an
 * audit entry, in one transaction. PEOPLE_DONE, NO_UNIT, PHONE_TAKEN (then *member_id is that
 * member's), BROKEN. */
enum people_answer member_create(struct db *db, const struct keyring *keyring, struct id_maker *ids,
                                 const struct new_member *new_member, int64_t now_us,
                                 uint64_t *member_id, struct error *error) MUST_CHECK;
/* The same inside the caller's transaction, for imports and the demo, without looking for the unit
 * and without an audit entry. A phone that is taken fails with DB_DUPLICATE. Many at once are one
 * round trip; about five rows each. */
bool members_insert(struct db *db, const struct keyring *keyring, const struct new_member *members,
                    const uint64_t *ids, size_t count, int64_t now_us,
                    struct error *error) MUST_CHECK;
bool member_insert(struct db *db, const struct keyring *keyring, uint64_t member_id,
                   const struct new_member *new_member, int64_t now_us,
                   struct error *error) MUST_CHECK;

/* In the caller's transaction: deletes at most `most` members of an import that nobody has seen,
 * with the other rooms' rows (people_on_member_removed). How many there were, or -1. */
#define STAGED_SLICE_MOST 1000
int64_t members_remove_staged(struct db *db, uint64_t import_id, size_t most,
                              struct error *error) MUST_CHECK;

struct member {
    uint64_t member_id;
    uint64_t unit_id;
    char *name;         /* NULL: erased */
    struct phone phone; /* empty text: none, or erased */
    int64_t joined_us, consented_us;
    enum age_class age;
    uint64_t merged_into; /* who has all that was theirs; 0: nobody */
    bool active;          /* false: suspended, erased or merged */
};
/* Texts live in the arena. */
enum find member_find(struct db *db, const struct keyring *keyring, uint64_t member_id,
                      struct arena *arena, struct member *member, struct error *error) MUST_CHECK;
enum find member_find_by_phone(struct db *db, const struct keyring *keyring,
                               const struct phone *phone, uint64_t *member_id,
                               struct error *error) MUST_CHECK;

/*
 * Whether they are there, under the account that they have: not erased, not merged into another.
 * Inside a transaction they stay so until it ends; asked before the rows that erasing and merging
 * lock later (activities, records). What is written about somebody after that would stay for ever.
 */
bool member_hold(struct db *db, uint64_t member_id, bool *there, struct error *error) MUST_CHECK;

struct member_query {
    uint64_t under;    /* members of this unit and of those below it; 0: of all */
    uint64_t after_id; /* a cursor; 0: from the start */
    size_t limit;
};
bool member_list(struct db *db, const struct keyring *keyring, const struct member_query *query,
                 struct arena *arena, struct member **members, size_t *count, uint64_t *next,
                 struct error *error) MUST_CHECK;

/* The names of many, for lists of attendance and the like: names[i] belongs to ids[i] and lives in
 * the arena; NULL where there is no such member, or no name any more. One round trip. */
bool member_names(struct db *db, const struct keyring *keyring, const uint64_t *ids, size_t count,
                  struct arena *arena, char **names, struct error *error) MUST_CHECK;

#endif
