/*
 * What service keeps of a person in words and pictures goes with them (people_on_member_erased);
 * minutes and counts are pseudonymous and stay. Points are not given to who was erased, since
 * nobody could spend them: an award that waits for a check comes to nothing.
 */
#ifndef LINLI_SERVICE_ERASE_H
#define LINLI_SERVICE_ERASE_H

#include "store/db.h"

/* Inside the caller's transaction. */
bool service_erase_member(struct db *db, uint64_t member_id, struct error *error) MUST_CHECK;
/* Part of it: records that are being checked are rejected, their checks withdrawn with that as the
 * reason. Inside the caller's transaction. */
bool service_withdraw_held(struct db *db, uint64_t member_id, int64_t now_us,
                           struct error *error) MUST_CHECK;
/* The same for a member who is found erased: a merge may bring records afterwards, and a review
 * that had begun before. */
bool service_withdraw_from_erased(struct db *db, uint64_t member_id, int64_t now_us,
                                  struct error *error) MUST_CHECK;

#endif
