/*
 * The policy that a run is held to: the one in force while it is the same, else the version and the
 * settings that the run was made with, in a host of its own.
 */
#ifndef LINLI_POLICY_H
#define LINLI_POLICY_H

#include "assess/runs.h"

struct policy {
    const struct plugin *plugin;
    struct plugin_desk *desk; /* NULL: it is asked by itself, */
    const struct registry *registry;
    struct plugin pinned; /* and this is it */
};

/* NOTHING: it cannot be asked now, and `error` says why, for people. */
enum find policy_open(struct db *db, const struct run_tools *tools, const struct run *run,
                      struct arena *arena, struct policy *policy, struct error *error);
/* False: as NOTHING above. */
bool policy_ask(struct policy *policy, struct plugin_call *calls, size_t count, int64_t deadline_us,
                struct arena *arena, struct error *error) MUST_CHECK;
void policy_close(struct policy *policy);

#endif
