/*
 * A desk's chairs for one generation, each with its host. A host that is asked stays where it is:
 * seatings change hands between questions only, and the next one takes over the hosts of the crews
 * that both have.
 */
#ifndef LINLI_SEATING_H
#define LINLI_SEATING_H

#include "plugin/asking.h"
#include "plugin/generation.h"

struct seating {
    struct generation *generation;
    struct seat *seats;   /* as the generation's crews */
    struct seating *next; /* where it waits for its end */
};

/* With a host for each crew that is not of `before` (may be NULL), which come up by themselves.
 * NULL: some could not be made. */
struct seating *seating_new(struct generation *generation, const struct generation *before,
                            struct error *error) MUST_CHECK;
/* Until all of them are up. */
bool seating_await(struct seating *seating, int64_t deadline_us, struct error *error) MUST_CHECK;
/* Moves the hosts of crews that both have to where none sits yet. `from` is asked by nobody; it may
 * be NULL. */
void seating_take_over(struct seating *seating, struct seating *from);
/* Ends the hosts that it has. NULL is allowed. */
void seating_free(struct seating *seating);

#endif
