/*
 * What service keeps of a person in words and pictures goes with them (people_on_member_erased);
 * minutes and counts are pseudonymous and stay.
 */
#ifndef LINLI_SERVICE_ERASE_H
#define LINLI_SERVICE_ERASE_H

#include "store/db.h"

/* Inside the caller's transaction. */
bool service_erase_member(struct db *db, uint64_t member_id, struct error *error) MUST_CHECK;

#endif
