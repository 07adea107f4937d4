/*
 * What service keeps of a person goes over when two of their accounts become one
 * (people_on_member_merged): sign-ups, records and evidence.
 */
#ifndef LINLI_SERVICE_MERGE_H
#define LINLI_SERVICE_MERGE_H

#include "store/db.h"

/*
 * Inside the caller's transaction. Of two sign-ups for one activity the better one stays: a place,
 * then a place in line, the earlier of two; a place that is left over goes to the first in line. Of
 * one activity there may be two records afterwards: they overlap, and a person decides.
 */
bool service_merge_member(struct db *db, uint64_t from_id, uint64_t into_id, int64_t now_us,
                          struct error *error) MUST_CHECK;

#endif
