/*
 * What the people of a work unit did for others, in numbers for its reader: whole months that are
 * over, wherever the service was; never a time, a place, or how few of them it was. Members are
 * whose work unit it was in that month, their service counts while it was. Query threads.
 */
#ifndef LINLI_WORK_FIGURES_H
#define LINLI_WORK_FIGURES_H

#include "service/figures.h"

#define WORK_MONTHS_MOST 24

struct work_figures {
    int32_t from_day, to_day;
    int64_t members; /* of the whole period: those of its smallest month */
    bool hidden;     /* too few of them: what follows is not to be told */
    int64_t volunteers, attendances, minutes;
};

/* The period of `of` is whole months, WORK_MONTHS_MOST at most. The total is hidden where a month
 * is: it would tell that month to whoever has the others. */
bool work_figures_read(struct db *db, const struct figures_of *of, struct work_figures *total,
                       struct work_figures months[WORK_MONTHS_MOST], size_t *count,
                       struct arena *arena, struct error *error) MUST_CHECK;

#endif
