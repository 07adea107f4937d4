/*
 * What the resources of figures share: of which unit, of which days, and who may see them.
 */
#ifndef LINLI_FIGURE_CALLS_H
#define LINLI_FIGURE_CALLS_H

#include "api/call.h"
#include "people/units.h"
#include "service/figures.h"

struct period_input {
    int32_t from_day, to_day; /* both within */
    bool from_seen, to_seen;
};
#define PERIOD(input, member, field) offsetof(input, member) + offsetof(struct period_input, field)
/* clang-format off */
#define PERIOD_FIELDS(input, member)                                                               \
    {"from", JSON_DAY, OPTIONAL, PERIOD(input, member, from_day),                                  \
     .seen = PERIOD(input, member, from_seen)},                                                    \
    {"to", JSON_DAY, OPTIONAL, PERIOD(input, member, to_day),                                      \
     .seen = PERIOD(input, member, to_seen)}
/* clang-format on */
#define PERIOD_DAYS_MOST 3660

/* FIND_NOTHING as well for a unit whose figures the caller may not see. */
enum find figures_find_unit(struct call *call, struct unit *unit, struct error *error);
/* By default from 1 January to today. False: answered, the period is none or too long. */
bool figures_period(struct call *call, const struct period_input *period, const struct unit *unit,
                    struct figures_of *of) MUST_CHECK;

#endif
