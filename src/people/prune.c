#include "people/due_lists.h"
#include "people/people.h"

/* Access tokens live for minutes: a day is ample, whatever the servers' clocks say. */
#define REVOCATIONS_KEPT_US DAY_US

bool people_prune(struct db *db, int64_t now_us, int most, struct error *error)
{
    return db_run(db, error, "DELETE FROM refresh_tokens WHERE expires_us < ? LIMIT ?",
                  DB_INT(now_us), DB_INT(most)) >= 0 &&
           db_run(db, error, "DELETE FROM sign_in_codes WHERE expires_us < ? LIMIT ?",
                  DB_INT(now_us), DB_INT(most)) >= 0 &&
           db_run(db, error, "DELETE FROM sign_in_attempts WHERE full_us < ? LIMIT ?",
                  DB_INT(now_us), DB_INT(most)) >= 0 &&
           db_run(db, error, "DELETE FROM revocations WHERE at_us < ? LIMIT ?",
                  DB_INT(now_us - REVOCATIONS_KEPT_US), DB_INT(most)) >= 0 &&
           due_prune(db, now_us, most, error);
}
