/*
 * Demand: what people sign up for, how soon it is full, how many wait for a place, and how many of
 * those who had one came. Published activities that begin in the period, whole ones with all their
 * shifts. Query threads; texts live in the arena.
 */
#ifndef LINLI_DEMAND_H
#define LINLI_DEMAND_H

#include "service/figures.h"

struct demand {
    uint64_t activity_id, unit_id;
    int category; /* a row of `categories` */
    char *category_code, *title;
    int64_t starts_us;
    int64_t places, signed_up, waiting;
    int64_t full_after_us; /* from its making until the last free place was taken; 0: there are
                              free ones, or a place went on to who waited */
    int64_t came;          /* of those who signed up; DEMAND_UNTOLD: it is not over, or they are
                              fewer than PARTICIPATION_LEAST */
};
#define DEMAND_UNTOLD (-1)

/* The most wanted first: by how many want each place. */
bool demand_read(struct db *db, const struct figures_of *of, struct arena *arena,
                 struct demand **list, size_t *count, struct error *error) MUST_CHECK;

struct category_demand {
    const char *category_code;
    int64_t activities, places, signed_up, waiting;
    int64_t told_signed_up, came; /* of the activities of which it is told how many came */
};
#define CATEGORIES_MOST 256
/* By category's number. Pure. */
size_t demand_by_category(const struct demand *list, size_t count,
                          struct category_demand categories[CATEGORIES_MOST]);

#endif
