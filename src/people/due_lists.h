/*
 * Who is due to register with a unit, and by when. A list is invitations only: it makes nobody a
 * member. Phones are kept as keyed hashes, names sealed under the list's own key; of those who came
 * neither stays, of those who did not answer within 90 days nothing does.
 */
#ifndef LINLI_DUE_LISTS_H
#define LINLI_DUE_LISTS_H

#include "base/ids.h"
#include "people/keyring.h"
#include "people/people.h"
#include "people/phone.h"
#include "store/find.h"

#define DUE_PEOPLE_MOST 500 /* of one list */
#define DUE_KEPT_US     (90 * DAY_US)

enum due_state {
    DUE_MISSING = 1,
    DUE_CAME,
    DUE_EXEMPT, /* with a reason that names no health, hardship or politics: the API asks so */
};
const char *due_state_name(enum due_state state);

struct due_person {
    struct text name;   /* in: 1 .. MEMBER_NAME_MOST characters */
    struct phone phone; /* in: empty when there is none: then staff tick them off */
};
struct new_due_list {
    uint64_t unit_id;
    struct text title;
    int32_t due_day;
    const struct due_person *people;
    size_t count; /* 1 .. DUE_PEOPLE_MOST */
    uint64_t actor;
};
/* Members who registered with the unit before have come already. PEOPLE_DONE, NO_UNIT, BROKEN. */
enum people_answer due_list_create(struct db *db, const struct keyring *keyring,
                                   struct id_maker *ids, const struct new_due_list *wanted,
                                   int64_t now_us, uint64_t *list_id,
                                   struct error *error) MUST_CHECK;

struct due_list {
    uint64_t list_id, unit_id;
    char *title;
    int32_t due_day;
    int64_t created_us;
    int64_t due, came, missing, exempt; /* due = came + missing + exempt */
};
enum find due_list_find(struct db *db, uint64_t list_id, struct arena *arena, struct due_list *list,
                        struct error *error) MUST_CHECK;
struct due_query {
    uint64_t under;    /* lists of this unit and of those below; 0: all */
    uint64_t after_id; /* a cursor; 0: from the start */
    size_t limit;
};
bool due_list_page(struct db *db, const struct due_query *query, struct arena *arena,
                   struct due_list **lists, size_t *count, uint64_t *next,
                   struct error *error) MUST_CHECK;

struct due_line {
    int64_t line;
    enum due_state state;
    char *name; /* NULL: came, or erased */
    uint64_t member_id;
    int64_t at_us;
    char *why;
};
/* All of a list's. Texts live in the arena. */
bool due_lines(struct db *db, const struct keyring *keyring, uint64_t list_id, struct arena *arena,
               struct due_line **lines, size_t *count, struct error *error) MUST_CHECK;

struct due_mark {
    uint64_t list_id;
    int64_t line;
    enum due_state state; /* EXEMPT with a reason; CAME with the member; MISSING takes it back */
    uint64_t member_id;
    struct text why;
    uint64_t actor;
};
/* PEOPLE_DONE, NOT_FOUND (list or line, or it is past changing), NO_MEMBER, BROKEN. */
enum people_answer due_mark(struct db *db, const struct due_mark *mark, int64_t now_us,
                            struct error *error) MUST_CHECK;

/* In the caller's transaction: whoever of these members is on a list of a unit that they have
 * registered with has come. */
bool due_came(struct db *db, const uint64_t *member_ids, size_t count,
              struct error *error) MUST_CHECK;
/* The same for all members of an import. */
bool due_came_by_import(struct db *db, uint64_t import_id, struct error *error) MUST_CHECK;
/* Deletes at most `most` invitations that nobody answered within 90 days, and the keys of lists
 * that have none left. For the keeper. */
bool due_prune(struct db *db, int64_t now_us, int most, struct error *error) MUST_CHECK;

#endif
