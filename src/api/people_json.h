/*
 * How people and units look in answers: one place, so that no answer shows more than another.
 */
#ifndef LINLI_PEOPLE_JSON_H
#define LINLI_PEOPLE_JSON_H

#include <jansson.h>

#include "people/accounts.h"
#include "people/members.h"
#include "people/units.h"

json_t *unit_json(const struct unit *unit);
json_t *staff_json(const struct staff *staff);
/* The phone is masked for everybody. An auditor sees no name: the id is the pseudonym. */
json_t *member_json(const struct member *member, const struct who *viewer);
/* null for 0 */
json_t *id_or_null(uint64_t id);

#endif
