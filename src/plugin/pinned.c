#include "plugin/pinned.h"

#include <inttypes.h>

#include "plugin/plugin_files.h"
#include "plugin/pseudonyms.h"
#include "plugin/registry_rows.h"

static enum find find_version(struct db *db, struct plugin *plugin, struct arena *arena,
                              struct error *error)
{
    struct manifest *manifest = arena_take(arena, sizeof *manifest);
    enum find found = registry_manifest(db, plugin->version_id, arena, manifest, error);

    plugin->manifest = manifest;
    if (found == FIND_NOTHING)
        error_set(error, "plugin.gone", "its version %" PRIu64 " is not there any more",
                  plugin->version_id);
    return found;
}

/* Settings that do not open are why it cannot be asked: they are never taken for the defaults. */
static enum find read_settings(struct db *db, struct plugin *plugin, struct arena *arena,
                               struct error *error)
{
    if (registry_read_settings(db, plugin, arena, error))
        return FIND_FOUND;
    return db_error_kind(db) == DB_OK ? FIND_NOTHING : FIND_FAILED;
}

static enum find check_file(struct db *db, const struct registry *registry, struct plugin *plugin,
                            struct arena *arena, struct error *error)
{
    struct buffer file = {0};
    struct text image;
    bool may_run;

    if (!registry_read_file(db, plugin, arena, error))
        return FIND_FAILED;
    may_run = plugin_bytes(registry->options, registry->program, plugin, &file, &image, error);
    buffer_free(&file);
    return may_run ? FIND_FOUND : FIND_NOTHING;
}

enum find pinned_find(struct db *db, const struct registry *registry, uint64_t plugin_id,
                      uint64_t version_id, uint64_t policy_id, struct arena *arena,
                      struct plugin *plugin, struct error *error)
{
    struct plugin_row row;
    enum find found = registry_find(db, plugin_id, arena, &row, error);

    if (found == FIND_NOTHING)
        error_set(error, "plugin.gone", "plugin %" PRIu64 " is not there any more", plugin_id);
    if (found != FIND_FOUND)
        return found;
    if (row.mode == PLUGIN_QUARANTINED && row.version_id == version_id) {
        error_set(error, "plugin.quarantined", "%s is in quarantine until it is released",
                  row.name);
        return FIND_NOTHING;
    }
    *plugin = (struct plugin){.plugin_id = plugin_id,
                              .version_id = version_id,
                              .policy_id = policy_id,
                              .mode = PLUGIN_SHADOW,
                              .built_in = row.built_in};
    found = find_version(db, plugin, arena, error);
    if (found == FIND_FOUND)
        found = read_settings(db, plugin, arena, error);
    return found == FIND_FOUND ? check_file(db, registry, plugin, arena, error) : found;
}

bool pinned_ask(const struct registry *registry, const struct plugin *plugin,
                struct plugin_call *calls, size_t count, int64_t deadline_us, struct arena *arena,
                struct error *error)
{
    struct plugin_options options = *registry->options;
    struct manifest *described = arena_take(arena, sizeof *described);
    uint8_t pseudonym_key[PSEUDONYM_KEY_SIZE];
    struct buffer file = {0};
    struct text image;
    json_t *settings = json_loads(plugin->settings, 0, NULL);
    bool fine;

    registry_hooks->pseudonym_key(pseudonym_key);
    options.pseudonym_key = pseudonym_key;
    options.deadline_us = deadline_us;
    options.image_is_signed = plugin->is_signed || plugin->built_in;
    fine = plugin_bytes(&options, registry->program, plugin, &file, &image, error) &&
           plugin_try(&options, registry->program, image, settings, arena, described, calls, count,
                      error);
    json_decref(settings);
    buffer_free(&file);
    return fine;
}
