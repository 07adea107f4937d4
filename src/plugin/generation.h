/*
 * A generation: one set of plugins as it runs here, from the reading of the set to the end of the
 * last question that was asked with it. Immutable once it is up; counted by those who hold it.
 */
#ifndef LINLI_GENERATION_H
#define LINLI_GENERATION_H

#include <stdatomic.h>

#include "plugin/asking.h"
#include "plugin/figures_by_plugin.h"

struct generation {
    _Atomic int holders;
    struct arena *arena;
    struct plugin_set set;
    struct crew *crews;
    size_t crew_count;
    /* Of each plugin of the set: its crew (SIZE_MAX: none) and its guest there. */
    struct where {
        size_t crew;
        uint32_t guest;
        const char *why; /* it is not up; NULL: it is */
        struct plugin_tally *tally;
    } * where;
};

/* A desk's chairs for one generation, each with its host. */
struct seating {
    struct generation *generation;
    struct seat *seats;
    struct seating *next; /* where it waits for its end */
};

struct generation_tools {
    const struct plugin_options *options;
    const struct plugin_source *source;
    const char *program;
    struct spawner *spawner;
    uint8_t pseudonym_key[PSEUDONYM_KEY_SIZE];
};

/* Reads the set in force and makes its crews. The first host of each is brought up to see which
 * plugins come up; what does not is left out, and `where` says why. NULL: the set cannot be read.
 */
struct generation *generation_new(const struct generation_tools *tools, struct db *db,
                                  struct error *error) MUST_CHECK;
struct generation *generation_hold(struct generation *generation);
/* Ends its spares with the last holder: not on a thread that must not wait. NULL is allowed. */
void generation_release(struct generation *generation);

/* The first plugin that ran before and does not now, or that is new and does not come up; `before`
 * may be NULL: then any may be missing. NULL: none. */
const struct plugin *generation_lacks(const struct generation *generation,
                                      const struct generation *before);

/* Hosts for one desk, which come up by themselves. NULL: some could not be made. */
struct seating *seating_new(struct generation *generation, struct error *error) MUST_CHECK;
/* Until all of them are up. */
bool seating_await(struct seating *seating, int64_t deadline_us, struct error *error) MUST_CHECK;
void seating_free(struct seating *seating); /* NULL is allowed */

#endif
