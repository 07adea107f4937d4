/*
 * Two accounts of one person: suspected by a keyed hash of name and unit, made one by staff. The
 * ledger merges the wallets first; what people keep follows as soon as it has, also after a crash
 * in between.
 */
#ifndef LINLI_DUPLICATES_H
#define LINLI_DUPLICATES_H

#include "base/arena.h"
#include "people/keyring.h"
#include "people/people.h"

struct duplicate {
    uint64_t member_id; /* the later account */
    uint64_t like_id;   /* the earliest one with the same name in the same unit */
    uint64_t unit_id;
};
struct duplicate_query {
    uint64_t under;    /* members of this unit and of those below it; 0: of all */
    uint64_t after_id; /* a cursor; 0: from the start */
    size_t limit;
};
/* By the later account's id. Of the same name are also neighbours who are two people: a person
 * decides. */
bool duplicate_list(struct db *db, const struct duplicate_query *query, struct arena *arena,
                    struct duplicate **list, size_t *count, uint64_t *next,
                    struct error *error) MUST_CHECK;

struct merge {
    uint64_t member_id, into_id, actor;
};
/* Before the ledger is asked. A second time replaces what was not done. */
bool merge_ask(struct db *db, const struct merge *merge, int64_t now_us,
               struct error *error) MUST_CHECK;
/*
 * After the ledger has merged the wallets: phone (if the other has none), skills, free times,
 * registrations, where they worked (while the other named no office), the person's staff accounts
 * (whose tokens are void) and what other rooms keep (people_on_member_merged) go over; what else is
 * personal of the account is destroyed, which is closed for good. A second time changes nothing.
 */
bool merge_finish(struct db *db, const struct keyring *keyring, const struct merge *merge,
                  int64_t now_us, struct error *error) MUST_CHECK;

#endif
