/*
 * Erasure: the person's key is destroyed, and with it every sealed copy of name and phone, in
 * backups too once they replay it; what else is personal is cleared. The ledger's rows are
 * pseudonymous and stay, so that the books still prove themselves.
 */
#ifndef LINLI_ERASURE_H
#define LINLI_ERASURE_H

#include "base/arena.h"
#include "people/people.h"
#include "store/find.h"

struct erasure {
    uint64_t member_id;
    uint64_t actor;  /* the member themselves, an administrator; 0: the command line */
    struct text why; /* no personal value: it stays in the audit trail */
};
/*
 * Everything in one transaction; a second time changes nothing. The account is closed and its
 * tokens are void. PEOPLE_DONE, NOT_FOUND, HAS_DUTIES (a staff account of the same person is
 * active), BROKEN.
 */
enum people_answer member_erase(struct db *db, const struct erasure *erasure, int64_t now_us,
                                struct error *error) MUST_CHECK;

/* Replays an erasure on a restored backup. What the person did for the programme had ended before
 * they were erased: accounts of theirs that the backup brought back are suspended first.
 * PEOPLE_DONE, NOT_FOUND (who joined after the backup), BROKEN. */
enum people_answer member_erase_again(struct db *db, uint64_t member_id, int64_t now_us,
                                      struct error *error) MUST_CHECK;

struct erased {
    uint64_t member_id;
    int64_t at_us;
};
/* Who was erased since a time, the earliest first: what a restored backup must erase again. */
bool erasure_list(struct db *db, int64_t since_us, struct arena *arena, struct erased **list,
                  size_t *count, struct error *error) MUST_CHECK;

/* In the caller's transaction: destroys what is personal of one account without a trace of its
 * own, for a merge, whose other account stays. Its tokens are void. */
bool member_clear(struct db *db, uint64_t member_id, int64_t now_us,
                  struct error *error) MUST_CHECK;

#endif
