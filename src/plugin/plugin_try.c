/*
 * Throw-away hosts: what a file is, whether it starts, what it answers.
 */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "plugin/asking.h"
#include "plugin/sandbox.h"

#define QUESTIONS_MOST 500 /* of a message, whose deadline is that of a batch */

struct plugin_trial {
    const struct plugin_options *options;
    struct arena *arena;
    struct crew crew; /* of one, without spares */
    struct plugin plugin;
    struct manifest *manifest;
    struct linli_value values[PLUGIN_SETTINGS_MOST];
    struct seat seat;
    bool started;
};

bool plugin_walls_are_whole(void)
{
    return sandbox_landlock() > 0;
}

/* What the host told is the author's answer; what it could not tell is how it ended. */
static bool fail(struct plugin_trial *trial, int64_t deadline_us, struct error *error)
{
    bool late = clock_monotonic_us() >= deadline_us;
    struct host_end end = host_end(trial->seat.host, late ? FAULT_OVERRAN : FAULT_NONE);

    trial->seat.host = NULL;
    if (end.blame.stage != BLAME_NOBODY)
        host_end_describe(&end, error);
    return false;
}

static bool await(struct plugin_trial *trial, enum wire_kind until, const char **json,
                  struct error *error)
{
    int64_t deadline_us = clock_monotonic_us() + trial->options->start_us;
    struct host_report report = {0};

    if (!host_await(trial->seat.host, &trial->crew.plan, until, deadline_us, trial->arena, &report,
                    error))
        return fail(trial, deadline_us, error);
    if (report.why[0])
        return error_set(error, "plugin.refused", "%s", report.why[0]);
    *json = report.json[0];
    return true;
}

static bool describe(struct plugin_trial *trial, struct error *error)
{
    const char *json = "";

    trial->seat.host = host_spawn(&trial->crew.plan, error);
    if (!trial->seat.host || !await(trial, WIRE_LOADED, &json, error))
        return false;
    return manifest_read(json, strlen(json), trial->arena, trial->manifest, error);
}

/* Whether it can be started without anybody's settings. */
static bool has_defaults(const struct manifest *manifest)
{
    for (size_t i = 0; i < manifest->setting_count; i++) {
        if (manifest->settings[i].required)
            return false;
    }
    return true;
}

static bool start(struct plugin_trial *trial, const json_t *settings, struct error *error)
{
    struct host_guest *guest = &trial->crew.plan.guests[0];
    json_t *none = json_object();
    bool fine = manifest_settings(trial->manifest, settings ? settings : none, trial->arena,
                                  trial->values, error);
    const char *json;

    json_decref(none);
    guest->values = trial->values;
    guest->value_count = trial->manifest->setting_count;
    return fine && host_start(trial->seat.host, &trial->crew.plan, error) &&
           await(trial, WIRE_READY, &json, error);
}

static void ignore_fault(void *context, const struct plugin_call *call, const char *why)
{
    (void)context;
    LOG(INFO, "plugin.tried", LOG_STR("plugin", call->plugin->manifest->name),
        LOG_STR("fault", plugin_fault_name(call->fault)), LOG_STR("why", why));
}

void plugin_trial_ask(struct plugin_trial *trial, struct plugin_call *calls, size_t count,
                      struct arena *arena)
{
    const struct asking_terms terms = {
        .deadline_us = trial->options->deadline_us,
        .start_us = trial->options->start_us,
        .recycle = INT64_MAX,
        .memory = trial->options->memory,
        .note = ignore_fault,
    };
    struct place places[QUESTIONS_MOST];

    ASSERT(trial->started);
    for (size_t i = 0; i < QUESTIONS_MOST; i++)
        places[i] = (struct place){&trial->seat, 0};
    for (size_t i = 0; i < count; i++)
        if (!calls[i].plugin)
            calls[i].plugin = &trial->plugin;
    for (size_t i = 0; i < count; i += QUESTIONS_MOST) {
        size_t some = count - i < QUESTIONS_MOST ? count - i : QUESTIONS_MOST;

        seats_ask(&trial->seat, 1, &terms, calls + i, places, some, arena);
    }
}

void plugin_trial_end(struct plugin_trial *trial)
{
    if (!trial)
        return;
    if (trial->seat.host)
        host_end(trial->seat.host, FAULT_NOT_THERE);
    close(trial->crew.plan.guests[0].image);
}

static bool bring_up(struct plugin_trial *trial, const json_t *settings, struct error *error)
{
    static const uint8_t no_key[PSEUDONYM_KEY_SIZE];
    const uint8_t *key = trial->options->pseudonym_key;

    if (!describe(trial, error))
        return false;
    if (!settings && !has_defaults(trial->manifest))
        return true;
    trial->crew.members[0].pseudonyms = pseudonyms_of(key ? key : no_key, trial->manifest->name);
    trial->started = start(trial, settings, error);
    return trial->started;
}

struct plugin_trial *plugin_trial_start(const struct plugin_options *options, struct text image,
                                        const json_t *settings, struct arena *arena,
                                        struct manifest *manifest, struct error *error)
{
    struct plugin_trial *trial = arena_take(arena, sizeof *trial);

    *trial = (struct plugin_trial){.options = options, .arena = arena, .manifest = manifest};
    trial->plugin = (struct plugin){.manifest = manifest, .mode = PLUGIN_SHADOW};
    trial->crew.plan = (struct host_plan){.count = 1,
                                          .memory = options->memory,
                                          .landlock_needed = !options->image_is_signed,
                                          .describe = true};
    trial->seat.crew = &trial->crew;
    trial->crew.plan.guests[0].image = image_open(image, error);
    if (trial->crew.plan.guests[0].image < 0)
        return NULL;
    if (bring_up(trial, settings, error))
        return trial;
    plugin_trial_end(trial);
    return NULL;
}

bool plugin_try(const struct plugin_options *options, const char *program, struct text image,
                const json_t *settings, struct arena *arena, struct manifest *manifest,
                struct plugin_call *calls, size_t count, struct error *error)
{
    struct plugin_trial *trial =
        plugin_trial_start(options, image, settings, arena, manifest, error);

    (void)program; /* hosts are this process's own file */
    if (trial && trial->started)
        plugin_trial_ask(trial, calls, count, arena);
    plugin_trial_end(trial);
    return trial != NULL;
}

/* --- Many at once ----------------------------------------------------------------------------- */

/* The host dies with the first that is broken: then each is tried by itself. */
static void describe_one(const struct plugin_options *options, struct text image,
                         struct arena *arena, struct manifest *manifest, const char **why)
{
    struct plugin_options trusting = *options;
    struct error error = {0};

    trusting.image_is_signed = true;
    *why = plugin_try(&trusting, NULL, image, NULL, arena, manifest, NULL, 0, &error)
               ? NULL
               : arena_printf(arena, "%s", error.detail);
}

static void read_one(const struct host_report *report, size_t index, struct arena *arena,
                     struct manifest *manifest, const char **why)
{
    const char *json = report->json[index];
    struct error error = {0};

    *why = report->why[index];
    if (*why)
        return;
    if (!json)
        *why = "it did not describe itself";
    else if (!manifest_read(json, strlen(json), arena, manifest, &error))
        *why = arena_printf(arena, "%s", error.detail);
}

static bool describe_all(const struct plugin_options *options, const struct host_plan *plan,
                         struct arena *arena, struct host_report *report)
{
    struct error error = {0};
    struct host *host = host_spawn(plan, &error);
    bool fine = host && host_await(host, plan, WIRE_LOADED,
                                   clock_monotonic_us() + options->start_us, arena, report, &error);

    if (host)
        host_end(host, FAULT_NOT_THERE);
    return fine;
}

static bool open_images(const struct text *images, size_t count, struct host_plan *plan)
{
    struct error error;

    for (; plan->count < count; plan->count++) {
        plan->guests[plan->count].image = image_open(images[plan->count], &error);
        if (plan->guests[plan->count].image < 0)
            return false;
    }
    return true;
}

void plugin_describe(const struct plugin_options *options, const struct text *images, size_t count,
                     struct arena *arena, struct manifest *manifests, const char **why)
{
    struct host_plan *plan = arena_take(arena, sizeof *plan);
    struct host_report report = {0};
    bool all;

    ASSERT(count <= WIRE_PLUGINS_MOST);
    *plan = (struct host_plan){.memory = options->memory, .describe = true};
    all = open_images(images, count, plan) && describe_all(options, plan, arena, &report);
    for (size_t i = 0; i < plan->count; i++)
        close(plan->guests[i].image);
    for (size_t i = 0; i < count; i++) {
        if (all)
            read_one(&report, i, arena, &manifests[i], &why[i]);
        else
            describe_one(options, images[i], arena, &manifests[i], &why[i]);
    }
}
