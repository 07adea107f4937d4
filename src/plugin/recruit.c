#include "plugin/recruit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin/plugin_files.h"

bool plugin_is_hosted(const struct plugin *plugin)
{
    return plugin->mode == PLUGIN_SHADOW || plugin->mode == PLUGIN_ENFORCED;
}

static int open_plugin(const struct recruiter *recruiter, const struct plugin *plugin,
                       struct error *error)
{
    struct buffer file = {0};
    struct text image;
    int opened = -1;

    if (plugin_bytes(recruiter->options, recruiter->program, plugin, &file, &image, error))
        opened = image_open(image, error);
    buffer_free(&file);
    return opened;
}

static bool read_settings(struct arena *arena, const struct plugin *plugin,
                          struct host_guest *guest, struct error *error)
{
    const struct manifest *manifest = plugin->manifest;
    struct linli_value *values = arena_take(arena, (manifest->setting_count + 1) * sizeof *values);
    json_t *settings = json_loads(plugin->settings ? plugin->settings : "{}", 0, NULL);
    bool fine = settings ? manifest_settings(manifest, settings, arena, values, error)
                         : error_set(error, "plugin.settings", "its settings are no JSON");

    json_decref(settings);
    guest->values = values;
    guest->value_count = manifest->setting_count;
    return fine;
}

/* Puts it into the crew, or says why not. */
static bool join(const struct recruiter *recruiter, const struct plugin *plugin, struct crew *crew,
                 struct error *error)
{
    const char *settings = plugin->settings ? plugin->settings : "";
    struct host_guest *guest = &crew->plan.guests[crew->plan.count];
    struct crew_member *member = &crew->members[crew->plan.count];

    if (!read_settings(crew->arena, plugin, guest, error))
        return false;
    guest->image = open_plugin(recruiter, plugin, error);
    if (guest->image < 0)
        return false;
    *member = (struct crew_member){
        .version_id = plugin->version_id,
        .settings = arena_copy(crew->arena, settings, strlen(settings)),
        .pseudonyms = pseudonyms_of(recruiter->pseudonym_key, plugin->manifest->name),
    };
    memcpy(member->sha256, plugin->sha256, sizeof member->sha256);
    crew->plan.landlock_needed |= !plugin->built_in && !plugin->is_signed;
    crew->plan.count++;
    return true;
}

/* The built-in plugins' crew while it has room, or a new one. */
static size_t crew_for(const struct recruiter *recruiter, const struct plugin *plugin,
                       struct crew *crews[], size_t *count)
{
    for (size_t i = 0; plugin->built_in && i < *count; i++) {
        if (crews[i]->built_in && crews[i]->plan.count < WIRE_PLUGINS_MOST)
            return i;
    }
    struct crew *crew = crew_new(recruiter->spawner);
    crew->built_in = plugin->built_in;
    crew->plan.memory = recruiter->options->memory;
    crews[*count] = crew;
    return (*count)++;
}

/* Rank is the order in which people want to be answered; hosts do not care, and stay. */
static int by_plugin(const void *a, const void *b)
{
    uint64_t one = (*(const struct plugin *const *)a)->plugin_id;
    uint64_t other = (*(const struct plugin *const *)b)->plugin_id;

    return (one > other) - (one < other);
}

static const struct plugin **in_order(const struct plugin_set *set, struct arena *arena)
{
    const struct plugin **plugins = arena_take(arena, (set->count + 1) * sizeof *plugins);

    for (size_t i = 0; i < set->count; i++)
        plugins[i] = &set->plugins[i];
    qsort(plugins, set->count, sizeof *plugins, by_plugin);
    return plugins;
}

size_t recruit(const struct recruiter *recruiter, const struct plugin_set *set, struct arena *arena,
               struct crew *crews[], struct where *where)
{
    const struct plugin **plugins = in_order(set, arena);
    size_t count = 0;

    for (size_t i = 0; i < set->count; i++) {
        struct where *here = &where[plugins[i] - set->plugins];
        struct error error = {0};

        *here = (struct where){SIZE_MAX, 0, "it is off", NULL};
        if (!plugin_is_hosted(plugins[i]))
            continue;
        size_t at = crew_for(recruiter, plugins[i], crews, &count);
        if (join(recruiter, plugins[i], crews[at], &error))
            *here = (struct where){at, (uint32_t)crews[at]->plan.count - 1, NULL, NULL};
        else
            here->why = arena_printf(arena, "%s", error.detail);
        if (crews[at]->plan.count == 0) /* it was made for this one */
            crew_release(crews[--count]);
    }
    return count;
}
