#include "plugin/generation.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "plugin/plugin_files.h"
#include "plugin/registry.h"

#define NOWHERE SIZE_MAX

/* --- Making crews --- */

static bool is_hosted(const struct plugin *plugin)
{
    return plugin->mode == PLUGIN_SHADOW || plugin->mode == PLUGIN_ENFORCED;
}

static const char *because(struct generation *generation, const struct error *error)
{
    return arena_printf(generation->arena, "%s", error->detail);
}

/* An uploaded file must be the bytes that were signed, by a key that is trusted now. */
static bool may_run(const struct plugin_options *options, const struct plugin *plugin,
                    struct error *error)
{
    if (!plugin_file_is(plugin->sha256, plugin->image))
        return error_set(error, "plugin.other_file",
                         "what the database has are not the bytes that were uploaded: upload it"
                         " again");
    if (plugin->is_signed)
        return plugin_signature_holds(options->trusted_keys, plugin->image, plugin->signer,
                                      plugin->signature, error);
    return options->allow_unsigned ||
           error_set(error, "plugin.unsigned",
                     "it is not signed, and plugins.allow_unsigned is off");
}

/* The file in its sealed memory: an uploaded one's bytes, or the installation's, which must be the
 * one that the set was made with. */
static int open_plugin(const struct generation_tools *tools, const struct plugin *plugin,
                       struct error *error)
{
    struct buffer file = {0};
    int image = -1;

    if (plugin->image.length > 0)
        return may_run(tools->options, plugin, error) ? image_open(plugin->image, error) : -1;
    if (plugin_file_read(tools->options, tools->program, plugin, &file, error))
        image = image_open((struct text){file.data, file.length}, error);
    buffer_free(&file);
    return image;
}

static bool read_settings(struct generation *generation, const struct plugin *plugin,
                          struct host_guest *guest, struct error *error)
{
    const struct manifest *manifest = plugin->manifest;
    struct linli_value *values =
        arena_take(generation->arena, (manifest->setting_count + 1) * sizeof *values);
    json_t *settings = json_loads(plugin->settings ? plugin->settings : "{}", 0, NULL);
    bool fine = settings ? manifest_settings(manifest, settings, generation->arena, values, error)
                         : error_set(error, "plugin.settings", "its settings are no JSON");

    json_decref(settings);
    guest->values = values;
    guest->value_count = manifest->setting_count;
    return fine;
}

static struct crew *crew_for(const struct generation_tools *tools, struct generation *generation,
                             const struct plugin *plugin)
{
    struct crew *fresh = &generation->crews[generation->crew_count];

    for (size_t i = 0; plugin->built_in && i < generation->crew_count; i++) {
        struct crew *crew = &generation->crews[i];
        if (crew->members[0]->built_in && crew->plan.count < WIRE_PLUGINS_MOST)
            return crew;
    }
    generation->crew_count++;
    *fresh = (struct crew){
        .plan.memory = tools->options->memory,
        .spawner = tools->spawner,
    };
    return fresh;
}

static void add(const struct generation_tools *tools, struct generation *generation, size_t index)
{
    const struct plugin *plugin = &generation->set.plugins[index];
    struct where *where = &generation->where[index];
    struct host_guest guest = {0};
    struct error error = {0};

    *where = (struct where){NOWHERE, 0, "it is off"};
    if (!is_hosted(plugin))
        return;
    guest.image = open_plugin(tools, plugin, &error);
    if (guest.image < 0 || !read_settings(generation, plugin, &guest, &error)) {
        if (guest.image >= 0)
            close(guest.image);
        where->why = because(generation, &error);
        return;
    }
    struct crew *crew = crew_for(tools, generation, plugin);
    uint32_t at = (uint32_t)crew->plan.count++;
    *where = (struct where){(size_t)(crew - generation->crews), at, NULL};
    crew->plan.guests[at] = guest;
    crew->plan.landlock_needed |= !plugin->built_in && !plugin->is_signed;
    crew->members[at] = plugin;
    crew->pseudonyms[at] = pseudonyms_of(tools->pseudonym_key, plugin->manifest->name);
}

/* --- The first hosts --- */

static struct host *spawn(const struct crew *crew, struct error *error)
{
    struct host *host = host_spawn(&crew->plan, error);

    if (host && !host_start(host, &crew->plan, error)) {
        host_end(host, FAULT_NOT_THERE);
        return NULL;
    }
    return host;
}

static void leave_out(struct crew *crew, size_t guest, const char *why)
{
    crew->why[guest] = why;
    crew->plan.guests[guest].left_out = true;
}

static bool anybody_is_left(const struct crew *crew)
{
    for (size_t i = 0; i < crew->plan.count; i++) {
        if (!crew->plan.guests[i].left_out)
            return true;
    }
    return false;
}

/* Who was loaded or started when the host died is left out; when it was nobody, all are. */
static void blame(struct generation *generation, struct crew *crew, const struct host_end *end,
                  struct error *error)
{
    size_t guest = end->blame.plugin;
    bool known = (end->blame.stage == BLAME_LOADING || end->blame.stage == BLAME_STARTING) &&
                 guest < crew->plan.count && !crew->plan.guests[guest].left_out;

    if (known)
        host_end_describe(end, error);
    for (size_t i = 0; i < crew->plan.count; i++) {
        if ((known && i == guest) || (!known && !crew->plan.guests[i].left_out))
            leave_out(crew, i, because(generation, error));
    }
}

/* True when the host is up, with or without some of its plugins: it is the crew's first spare. */
static bool see_it_up(const struct generation_tools *tools, struct generation *generation,
                      struct crew *crew, struct host *host, struct error *error)
{
    struct host_report report = {0};
    int64_t deadline_us = clock_monotonic_us() + tools->options->start_us;
    struct host_end end = {0};

    bool up =
        host_await(host, &crew->plan, WIRE_READY, deadline_us, generation->arena, &report, error);
    bool late = !up && clock_monotonic_us() >= deadline_us;
    for (size_t i = 0; i < crew->plan.count; i++) {
        if (report.why[i])
            leave_out(crew, i, report.why[i]);
    }
    if (up) {
        crew_give_spare(crew, host);
        return true;
    }
    end = host_end(host, late ? FAULT_OVERRAN : FAULT_NONE);
    blame(generation, crew, &end, error);
    return false;
}

/* With `host`, which was spawned for it, and then others: each failure leaves out one plugin more,
 * so this ends. */
static void try_crew(const struct generation_tools *tools, struct generation *generation,
                     struct crew *crew, struct host *host, struct error *error)
{
    const struct host_end no_host = {0};

    while (host && !see_it_up(tools, generation, crew, host, error))
        host = anybody_is_left(crew) ? spawn(crew, error) : NULL;
    if (!host && anybody_is_left(crew))
        blame(generation, crew, &no_host, error);
}

/* The crews' first hosts come up at the same time. */
static void try_crews(const struct generation_tools *tools, struct generation *generation)
{
    struct host **hosts = memory_new((generation->crew_count + 1) * sizeof(struct host *));
    struct error *errors = memory_new((generation->crew_count + 1) * sizeof *errors);

    for (size_t i = 0; i < generation->crew_count; i++)
        hosts[i] = spawn(&generation->crews[i], &errors[i]);
    for (size_t i = 0; i < generation->crew_count; i++)
        try_crew(tools, generation, &generation->crews[i], hosts[i], &errors[i]);
    free(hosts);
    free(errors);
}

static void note_failures(struct generation *generation)
{
    for (size_t i = 0; i < generation->set.count; i++) {
        struct where *where = &generation->where[i];

        if (where->crew != NOWHERE)
            where->why = generation->crews[where->crew].why[where->guest];
        if (where->why && is_hosted(&generation->set.plugins[i]))
            LOG(ERROR, "plugin.not_up",
                LOG_STR("plugin", generation->set.plugins[i].manifest->name),
                LOG_STR("why", where->why));
    }
}

struct generation *generation_new(const struct generation_tools *tools, struct db *db,
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
    for (size_t i = 0; i < generation->set.count; i++)
        add(tools, generation, i);
    try_crews(tools, generation);
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
    for (size_t i = 0; i < generation->crew_count; i++) {
        struct crew *crew = &generation->crews[i];

        crew_close(crew);
        for (size_t k = 0; k < crew->plan.count; k++)
            close(crew->plan.guests[k].image);
    }
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
            is_hosted(other))
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

        if (is_hosted(plugin) && generation->where[i].why && !(then && then->why))
            return plugin;
    }
    return NULL;
}

/* --- Seatings --- */

struct seating *seating_new(struct generation *generation, struct error *error)
{
    struct seating *seating = memory_new(sizeof *seating);
    bool fine = true;

    seating->generation = generation_hold(generation);
    seating->seats = memory_new((generation->crew_count + 1) * sizeof *seating->seats);
    for (size_t i = 0; i < generation->crew_count; i++) {
        struct crew *crew = &generation->crews[i];

        seating->seats[i].crew = crew;
        if (fine && anybody_is_left(crew))
            fine = (seating->seats[i].host = spawn(crew, error)) != NULL;
    }
    if (fine)
        return seating;
    seating_free(seating);
    return NULL;
}

bool seating_await(struct seating *seating, int64_t deadline_us, struct error *error)
{
    struct arena *arena = arena_new();
    struct host_report report = {0};
    bool fine = true;

    for (size_t i = 0; fine && i < seating->generation->crew_count; i++) {
        struct seat *seat = &seating->seats[i];

        if (seat->host)
            fine = host_await(seat->host, &seat->crew->plan, WIRE_READY, deadline_us, arena,
                              &report, error);
    }
    arena_free(arena);
    return fine;
}

void seating_free(struct seating *seating)
{
    if (!seating)
        return;
    for (size_t i = 0; i < seating->generation->crew_count; i++) {
        if (seating->seats[i].host)
            host_end(seating->seats[i].host, FAULT_NOT_THERE);
    }
    generation_release(seating->generation);
    free(seating->seats);
    free(seating);
}
