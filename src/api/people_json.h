/*
 * How people and units look in answers: one place, so that no answer shows more than another.
 */
#ifndef LINLI_PEOPLE_JSON_H
#define LINLI_PEOPLE_JSON_H

#include <jansson.h>

#include "api/call.h"
#include "people/accounts.h"
#include "people/members.h"
#include "people/units.h"

json_t *unit_json(const struct unit *unit);
json_t *staff_json(const struct staff *staff);
/* The phone is masked for everybody. An auditor sees no name: the id is the pseudonym. */
json_t *member_json(const struct member *member, const struct who *viewer);
/* Members see themselves; a coordinator those of their unit and below; auditors and administrators
 * all. */
bool member_may_see(struct call *call, const struct member *member) MUST_CHECK;
/* Whether staff may do for the member what members do themselves: in their unit, for who has no
 * phone or has consented. False: answered. */
bool member_admits_proxy(struct call *call, const struct member *member) MUST_CHECK;
/* null for 0 */
json_t *id_or_null(uint64_t id);
/* ["name", "phone"] of enum linli_disclosure, or-ed: what a merchant is told of a member. */
json_t *disclosures_json(uint32_t tells);

/* What a person declares of their age: field `age` with these choices. False: answered, since
 * under 14 there is no account, and a youth needs a guardian's consent. */
#define AGE_CHOICES "adult|youth|child"
bool age_admits(struct call *call, int choice, bool guardian_consent,
                enum age_class *age) MUST_CHECK;

#endif
