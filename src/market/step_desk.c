#include "market/step_desk.h"

#include <string.h>

#include "plugin/plugins.h"

static const struct plugin *find_enforced(const struct plugin_set *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct plugin *plugin = &set->plugins[i];

        if (plugin->mode == PLUGIN_ENFORCED && plugin->manifest->kind == LINLI_MERCHANT &&
            strcmp(plugin->manifest->name, name) == 0)
            return plugin;
    }
    return NULL;
}

static const char *copy(struct arena *arena, const char *text)
{
    return text ? arena_copy(arena, text, strlen(text)) : "";
}

/* What outlives the set: names and numbers, no more. */
static void copy_manifest(const struct manifest *from, struct arena *arena, struct manifest *to)
{
    *to = *from;
    to->name = copy(arena, from->name);
    to->version = copy(arena, from->version);
    to->title_zh = copy(arena, from->title_zh);
    to->title_en = copy(arena, from->title_en);
    for (size_t i = 0; i < from->setting_count; i++) {
        to->settings[i].name = copy(arena, from->settings[i].name);
        to->settings[i].fallback = copy(arena, from->settings[i].fallback);
        to->settings[i].choices = copy(arena, from->settings[i].choices);
        to->settings[i].help_zh = copy(arena, from->settings[i].help_zh);
        to->settings[i].help_en = copy(arena, from->settings[i].help_en);
    }
    for (size_t i = 0; i < from->fact_count; i++)
        to->facts[i] = copy(arena, from->facts[i]);
}

static bool find(void *context, const char *name, struct arena *arena, struct manifest *manifest)
{
    struct plugin_desk *desk = plugins_borrow(context, DESK_ROOM);
    const struct plugin *plugin = find_enforced(plugin_desk_set(desk), name);

    if (plugin)
        copy_manifest(plugin->manifest, arena, manifest);
    plugins_return(desk);
    return plugin != NULL;
}

static bool read_values(const struct plugin *plugin, const json_t *own, struct arena *arena,
                        struct linli_value **values, size_t *count, struct error *error)
{
    json_t *settings = plugin->settings ? json_loads(plugin->settings, 0, NULL) : NULL;
    bool fine;

    if (!json_is_object(settings)) {
        json_decref(settings);
        settings = json_object();
    }
    if (own)
        json_object_update(settings, (json_t *)(uintptr_t)own);
    *count = plugin->manifest->setting_count;
    *values = arena_take(arena, (*count + 1) * sizeof **values);
    fine = manifest_settings(plugin->manifest, settings, arena, *values, error);
    json_decref(settings);
    return fine;
}

static bool values(void *context, const char *name, const json_t *own, struct arena *arena,
                   struct linli_value **out, size_t *count, struct error *error)
{
    struct plugin_desk *desk = plugins_borrow(context, DESK_ROOM);
    const struct plugin *plugin = find_enforced(plugin_desk_set(desk), name);
    bool fine = plugin ? read_values(plugin, own, arena, out, count, error)
                       : error_set(error, "plugins.missing", "no plugin %s is in force", name);

    plugins_return(desk);
    return fine;
}

static void copy_room(struct arena *arena, struct linli_room *room)
{
    room->bytes = arena_copy(arena, room->bytes ? room->bytes : "", room->length);
    room->capacity = room->length;
}

static void take_answer(struct step_ask *ask, const struct plugin_call *call)
{
    struct linli_step *step = &ask->step;
    struct linli_room *const rooms[] = {
        &step->state,           &step->voucher,   &step->http.method,
        &step->http.url,        &step->http.body, &step->http.type,
        &step->http.credential, &step->reason.zh, &step->reason.en};

    ask->fault = call->fault == FAULT_NONE ? NULL : plugin_fault_name(call->fault);
    if (ask->fault)
        return;
    *step = *call->answer.step;
    for (size_t i = 0; i < ARRAY_LENGTH(rooms); i++)
        copy_room(ask->arena, rooms[i]);
}

static void ask_all(void *context, struct step_ask *asks, size_t count)
{
    struct plugin_desk *desk = plugins_borrow(context, DESK_ROOM);
    const struct plugin_set *set = plugin_desk_set(desk);
    struct arena *arena = arena_new();
    struct plugin_call *calls = arena_take(arena, (count + 1) * sizeof *calls);
    struct step_ask **whose = arena_take(arena, (count + 1) * sizeof(struct step_ask *));
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        const struct plugin *plugin = find_enforced(set, asks[i].plugin);

        asks[i].fault = "plugin_not_in_force";
        if (plugin == NULL)
            continue;
        calls[used] = (struct plugin_call){.plugin = plugin,
                                           .operation = PLUGIN_STEP,
                                           .question.step = asks[i].question,
                                           .values = asks[i].facts};
        whose[used++] = &asks[i];
    }
    if (used > 0)
        plugin_desk_ask(desk, calls, used, arena, 0);
    for (size_t i = 0; i < used; i++)
        take_answer(whose[i], &calls[i]);
    arena_free(arena);
    plugins_return(desk);
}

struct step_desk step_desk_of(struct plugins *plugins)
{
    return (struct step_desk){plugins, find, values, ask_all};
}
