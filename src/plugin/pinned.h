/*
 * A plugin as it was: one version with the settings of one policy, asked outside the set in force,
 * in throw-away hosts. For what was begun with it and has to end with it. Threads with a database
 * connection of their own.
 */
#ifndef LINLI_PINNED_H
#define LINLI_PINNED_H

#include "plugin/registry.h"

/* NOTHING: it cannot be asked now, and `error` says why, for people: it is gone, in quarantine with
 * this very version, or its file is another by now, or not trusted any more. All of `plugin` lives
 * in the arena. */
enum find pinned_find(struct db *db, const struct registry *registry, uint64_t plugin_id,
                      uint64_t version_id, uint64_t policy_id, struct arena *arena,
                      struct plugin *plugin, struct error *error);
/* As plugin_desk_ask, of one plugin. False: its host does not come up; nothing was asked. Its
 * faults are not counted. */
bool pinned_ask(const struct registry *registry, const struct plugin *plugin,
                struct plugin_call *calls, size_t count, int64_t deadline_us, struct arena *arena,
                struct error *error) MUST_CHECK;

#endif
