#include "plugin/generation.h"

#include <stdlib.h>

#include "base/log.h"

bool generation_has(const struct generation *generation, const struct crew *crew)
{
    for (size_t i = 0; generation && i < generation->crew_count; i++) {
        if (generation->crews[i] == crew)
            return true;
    }
    return false;
}

/* --- Its beginning --- */

static struct crew *find_same_crew(const struct generation *generation, const struct crew *crew)
{
    for (size_t i = 0; i < generation->crew_count; i++) {
        if (crew_is_same(generation->crews[i], crew))
            return generation->crews[i];
    }
    return NULL;
}

/* What runs already goes on. Where somebody had been left out, another try is due. */
static void carry_over(struct generation *generation, const struct generation *before)
{
    for (size_t i = 0; before && i < generation->crew_count; i++) {
        struct crew *running = find_same_crew(before, generation->crews[i]);

        if (!running || !crew_is_whole(running))
            continue;
        crew_release(generation->crews[i]);
        generation->crews[i] = crew_hold(running);
    }
}

static void bring_up(struct generation *generation, const struct generation *before,
                     int64_t start_us)
{
    struct crew **fresh =
        arena_take(generation->arena, (generation->crew_count + 1) * sizeof *fresh);
    size_t count = 0;

    for (size_t i = 0; i < generation->crew_count; i++) {
        if (!generation_has(before, generation->crews[i]))
            fresh[count++] = generation->crews[i];
    }
    crews_bring_up(fresh, count, start_us);
}

static void note_failures(struct generation *generation)
{
    for (size_t i = 0; i < generation->set.count; i++) {
        struct where *where = &generation->where[i];

        if (where->crew != SIZE_MAX)
            where->why = generation->crews[where->crew]->members[where->guest].why;
        if (where->why && plugin_is_hosted(&generation->set.plugins[i]))
            LOG(ERROR, "plugin.not_up",
                LOG_STR("plugin", generation->set.plugins[i].manifest->name),
                LOG_STR("why", where->why));
    }
}

struct generation *generation_new(const struct generation_tools *tools,
                                  const struct generation *before, struct db *db,
                                  struct error *error)
{
    struct generation *generation = memory_new(sizeof *generation);
    struct arena *arena = arena_new();

    atomic_init(&generation->holders, 1);
    generation->arena = arena;
    if (!tools->source->read(db, arena, &generation->set, error)) {
        generation_release(generation);
        return NULL;
    }
    generation->crews = arena_take(arena, (generation->set.count + 1) * sizeof *generation->crews);
    generation->where = arena_take(arena, (generation->set.count + 1) * sizeof *generation->where);
    generation->crew_count =
        recruit(&tools->recruiter, &generation->set, arena, generation->crews, generation->where);
    carry_over(generation, before);
    bring_up(generation, before, tools->recruiter.options->start_us);
    note_failures(generation);
    return generation;
}

/* --- Its life --- */

struct generation *generation_hold(struct generation *generation)
{
    atomic_fetch_add(&generation->holders, 1);
    return generation;
}

void generation_release(struct generation *generation)
{
    if (!generation || atomic_fetch_sub(&generation->holders, 1) > 1)
        return;
    for (size_t i = 0; i < generation->crew_count; i++)
        crew_release(generation->crews[i]);
    arena_free(generation->arena);
    free(generation);
}

/* The same file with the same settings. */
static const struct where *find_same(const struct generation *generation,
                                     const struct plugin *plugin)
{
    for (size_t i = 0; i < generation->set.count; i++) {
        const struct plugin *other = &generation->set.plugins[i];
        if (other->version_id == plugin->version_id && other->policy_id == plugin->policy_id &&
            plugin_is_hosted(other))
            return &generation->where[i];
    }
    return NULL;
}

const struct plugin *generation_lacks(const struct generation *generation,
                                      const struct generation *before)
{
    for (size_t i = 0; before && i < generation->set.count; i++) {
        const struct plugin *plugin = &generation->set.plugins[i];
        const struct where *then = find_same(before, plugin);

        if (plugin_is_hosted(plugin) && generation->where[i].why && !(then && then->why))
            return plugin;
    }
    return NULL;
}
