/*
 * Participation: of the people who are registered in a unit, how many took part in a period,
 * wherever that was. A share is not shown for fewer than PARTICIPATION_LEAST people, nor where it
 * could be reckoned from others that are shown: not by subtracting parts from a whole at any level,
 * and not because nobody, or everybody, of a larger group took part.
 *
 * It is decided for the whole tree at once, whoever asks, so that people who look at different
 * units cannot put their numbers together.
 */
#ifndef LINLI_PARTICIPATION_H
#define LINLI_PARTICIPATION_H

#include "service/figures.h"

#define PARTICIPATION_LEAST 10

struct participation {
    uint64_t unit_id;
    char *name;
    size_t parent; /* index of the unit above; its own: there is none */
    int64_t direct_members, direct_active;
    int64_t members, active;    /* with all below */
    bool direct_hidden, hidden; /* `active` of the one and the other is not to be told */
    bool has_small;             /* of what it is made of, some is too small to be told */
    size_t end;                 /* index after all that is below it */
};

/* The index of the unit above, which is before it; its own: there is none. */
size_t participation_parent(const struct participation *units, size_t own, uint64_t parent_id);
/* Fills everything but the first five from them. Each unit is followed by all below it. Pure. */
void participation_hide(struct participation *units, size_t count, int64_t least);

/* The tree that the unit belongs to, from its root, hidden as above; `at` is the unit's index. The
 * period is that of `of`; its path is the unit's. */
bool participation_read(struct db *db, const struct figures_of *of, uint64_t unit_id,
                        struct arena *arena, struct participation **units, size_t *count,
                        size_t *at, struct error *error) MUST_CHECK;

/* Who the members are, or those of them who took part: by id, above `after`. */
bool participation_people(struct db *db, const struct figures_of *of, bool active, uint64_t after,
                          int64_t limit, struct arena *arena, uint64_t **members, size_t *count,
                          struct error *error) MUST_CHECK;

#endif
