/* Figures by plugin, kept over changes of the set: from asking desks to whoever shows them. */
#ifndef LINLI_FIGURES_BY_PLUGIN_H
#define LINLI_FIGURES_BY_PLUGIN_H

#include <stdatomic.h>

#include "plugin/plugins.h"

/* One plugin's. Lives as long as the process's plugins do. */
struct plugin_tally {
    uint64_t plugin_id;
    _Atomic int64_t questions, faults, took_us;
    _Atomic int64_t took[PLUGIN_TOOK];
    struct plugin_tally *next;
};

/* The tally of `plugin_id` in *list, made if it is not there. Under the owner's lock. */
struct plugin_tally *plugin_tally_find(struct plugin_tally **list, uint64_t plugin_id);
void plugin_tally_free(struct plugin_tally *list);
/* Any thread. */
void plugin_tally_add(struct plugin_tally *tally, const struct plugin_call *call);
struct plugin_figures plugin_tally_read(const struct plugin_tally *tally);

#endif
