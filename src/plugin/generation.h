/*
 * A generation: one set of plugins as it runs here, from the reading of the set to the end of the
 * last question that was asked with it. Immutable once it is up; counted by those who hold it. Its
 * crews may be another generation's as well.
 */
#ifndef LINLI_GENERATION_H
#define LINLI_GENERATION_H

#include "plugin/figures_by_plugin.h"
#include "plugin/recruit.h"

struct generation {
    _Atomic int holders;
    struct arena *arena;
    struct plugin_set set;
    struct crew **crews; /* each held once */
    size_t crew_count;
    struct where *where; /* of each plugin of the set */
};

struct generation_tools {
    struct recruiter recruiter;
    const struct plugin_source *source;
};

/*
 * Reads the set in force and makes its crews, but for those of `before` (may be NULL) that would be
 * the same: they are taken over as they run. The first host of each new one is brought up to see
 * which plugins come up; what does not is left out, and `where` says why. NULL: the set cannot be
 * read. `before` is as it was in any case.
 */
struct generation *generation_new(const struct generation_tools *tools,
                                  const struct generation *before, struct db *db,
                                  struct error *error) MUST_CHECK;
struct generation *generation_hold(struct generation *generation);
/* Releases its crews with the last holder: not on a thread that must not wait. NULL is allowed. */
void generation_release(struct generation *generation);

/* NULL has none. */
bool generation_has(const struct generation *generation, const struct crew *crew);

/* The first plugin that ran before and does not now, or that is new and does not come up; `before`
 * may be NULL: then any may be missing. NULL: none. */
const struct plugin *generation_lacks(const struct generation *generation,
                                      const struct generation *before);

#endif
