#include "assess/policy.h"

#include "plugin/pinned.h"

static const struct plugin *in_force(const struct plugin_set *set, const struct run *run)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->plugins[i].version_id == run->version_id &&
            set->plugins[i].policy_id == run->policy_id)
            return &set->plugins[i];
    return NULL;
}

enum find policy_open(struct db *db, const struct run_tools *tools, const struct run *run,
                      struct arena *arena, struct policy *policy, struct error *error)
{
    *policy = (struct policy){.desk = plugins_borrow(tools->plugins, DESK_ROOM),
                              .registry = tools->registry};
    policy->plugin = in_force(plugin_desk_set(policy->desk), run);
    if (policy->plugin)
        return FIND_FOUND;
    policy_close(policy);
    policy->plugin = &policy->pinned;
    return pinned_find(db, tools->registry, run->plugin_id, run->version_id, run->policy_id, arena,
                       &policy->pinned, error);
}

bool policy_ask(struct policy *policy, struct plugin_call *calls, size_t count, int64_t deadline_us,
                struct arena *arena, struct error *error)
{
    if (!policy->desk)
        return pinned_ask(policy->registry, policy->plugin, calls, count, deadline_us, arena,
                          error);
    plugin_desk_ask(policy->desk, calls, count, arena, deadline_us);
    return true;
}

void policy_close(struct policy *policy)
{
    if (policy->desk)
        plugins_return(policy->desk);
    policy->desk = NULL;
}
