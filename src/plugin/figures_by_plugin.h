/* Figures by plugin, kept over changes of the set: from asking desks to whoever shows them. */
#ifndef LINLI_FIGURES_BY_PLUGIN_H
#define LINLI_FIGURES_BY_PLUGIN_H

#include <stdatomic.h>

#include "base/buffer.h"
#include "plugin/plugins.h"

/* One plugin's. Lives as long as the process's plugins do. */
struct plugin_tally {
    uint64_t plugin_id;
    char name[PLUGIN_NAME_MOST + 1];
    _Atomic int64_t questions, took_us;
    _Atomic int64_t faults[FAULT_NO_FACTS + 1]; /* by enum plugin_fault */
    _Atomic int64_t took[PLUGIN_TOOK];
    struct plugin_tally *next;
};

/* NULL: it was never of a set. Both under the owner's lock. */
struct plugin_tally *plugin_tally_find(struct plugin_tally *list, uint64_t plugin_id);
/* Made in *list if it is not there. */
struct plugin_tally *plugin_tally_of(struct plugin_tally **list, const struct plugin *plugin);
void plugin_tally_free(struct plugin_tally *list);
/* What a batch was to one plugin, counted by its thread and then added in one go. */
struct plugin_count {
    int64_t questions, took_us;
    int64_t faults[FAULT_NO_FACTS + 1];
    int64_t took[PLUGIN_TOOK];
};
void plugin_count_add(struct plugin_count *count, const struct plugin_call *call);
/* Any thread. */
void plugin_tally_add(struct plugin_tally *tally, const struct plugin_count *count);
struct plugin_figures plugin_tally_read(const struct plugin_tally *tally);
/* As metrics, a label a plugin. Any thread. */
void plugin_tallies_write(struct plugin_tally *const tallies[], size_t count, struct buffer *out);

#endif
