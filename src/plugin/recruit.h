/* From a set of plugins to the crews that shall run it. */
#ifndef LINLI_RECRUIT_H
#define LINLI_RECRUIT_H

#include "plugin/crew.h"

struct recruiter {
    const struct plugin_options *options;
    const char *program;
    struct spawner *spawner;
    uint8_t pseudonym_key[PSEUDONYM_KEY_SIZE];
};

/* Where a plugin of a set is. */
struct where {
    size_t crew;     /* SIZE_MAX: in none */
    uint32_t guest;  /* its place there */
    const char *why; /* it is not up; NULL: it is */
    struct plugin_tally *tally;
};

/* Whether it is asked, so that it needs a host. */
bool plugin_is_hosted(const struct plugin *plugin);

/*
 * Checks the files and settings of all that are to be hosted, and puts them into crews of which no
 * host runs yet: the caller holds them. where[i] is of set->plugins[i]; its texts are in `arena`.
 * Who is whose neighbour depends on neither rank nor mode. Returns how many crews there are, at
 * most one a plugin.
 */
size_t recruit(const struct recruiter *recruiter, const struct plugin_set *set, struct arena *arena,
               struct crew *crews[], struct where *where);

#endif
