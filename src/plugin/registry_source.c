/* The set in force, for the thread that runs hosts (plugin/plugins.h). */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "plugin/plugin_figures.h"
#include "plugin/registry_rows.h"

#define FAULTS_MOST   3
#define FAULTS_WINDOW (10 * MINUTE_US)

static bool read_revision(struct db *db, uint64_t *revision, struct error *error)
{
    struct rows *rows = db_query(db, "SELECT revision FROM plugin_sets WHERE one = 1");

    *revision = rows_next(rows) ? rows_id(rows, 0) : 0;
    return rows_end(rows, error);
}

bool registry_read_settings(struct db *db, struct plugin *plugin, struct arena *arena,
                            struct error *error)
{
    json_t *settings = registry_policy(db, plugin->policy_id, error);
    char *text;

    if (!settings)
        return false;
    text = json_dumps(settings, JSON_COMPACT);
    plugin->settings = arena_copy(arena, text, strlen(text));
    free(text);
    json_decref(settings);
    return true;
}

/* Those that are lost are logged, and its host does not start: on_fault speaks for it. */
static bool read_settings(struct db *db, struct plugin *plugin, struct arena *arena,
                          struct error *error)
{
    if (registry_read_settings(db, plugin, arena, error))
        return true;
    if (db_error_kind(db) != DB_OK)
        return false;
    LOG(ERROR, "plugin.settings_lost", LOG_STR("plugin", plugin->manifest->name),
        LOG_STR("detail", error->detail));
    plugin->settings = ""; /* no JSON */
    return true;
}

bool registry_read_file(struct db *db, struct plugin *plugin, struct arena *arena,
                        struct error *error)
{
    struct rows *rows = db_query(
        db, "SELECT sha256, image, signer, signature FROM plugin_versions WHERE version_id = ?",
        DB_ID(plugin->version_id));

    if (rows_next(rows)) {
        struct text image = rows_text(rows, 1);
        rows_bytes(rows, 0, plugin->sha256, sizeof plugin->sha256);
        plugin->is_signed = rows_text(rows, 3).length == sizeof plugin->signature;
        if (plugin->is_signed) {
            rows_bytes(rows, 2, plugin->signer, sizeof plugin->signer);
            rows_bytes(rows, 3, plugin->signature, sizeof plugin->signature);
        }
        plugin->image = (struct text){arena_copy(arena, image.data, image.length), image.length};
    }
    return rows_end(rows, error);
}

static struct plugin plugin_of(const struct plugin_row *row)
{
    return (struct plugin){
        .plugin_id = row->plugin_id,
        .version_id = row->version_id,
        .policy_id = row->policy_id,
        .manifest = row->manifest,
        .mode = row->mode,
        .rank = row->rank,
        .built_in = row->built_in,
        .on_flag = row->on_flag,
        .on_fault = row->on_fault,
        .hold_from = row->hold_from,
    };
}

/* Those that are asked: in shadow or enforced. A quarantined one is not there. */
static bool read_set(struct db *db, struct arena *arena, struct plugin_set *set,
                     struct error *error)
{
    struct plugin_row *rows;
    struct plugin *plugins;
    size_t count, kept = 0;

    if (!read_revision(db, &set->revision, error) ||
        !registry_list(db, arena, &rows, &count, error))
        return false;
    plugins = arena_take(arena, (count + 1) * sizeof *plugins);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].mode != PLUGIN_SHADOW && rows[i].mode != PLUGIN_ENFORCED)
            continue;
        plugins[kept] = plugin_of(&rows[i]);
        if (!read_settings(db, &plugins[kept], arena, error) ||
            !registry_read_file(db, &plugins[kept], arena, error))
            return false;
        kept++;
    }
    set->plugins = plugins;
    set->count = kept;
    return true;
}

/* --- Faults ----------------------------------------------------------------------------------- */

static bool count_faults(struct db *db, uint64_t version_id, int64_t since_us, int64_t *count,
                         struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT COUNT(*) FROM plugin_faults WHERE version_id = ?"
                                 " AND plugin_id = (SELECT plugin_id FROM plugin_versions"
                                 " WHERE version_id = ?) AND at_us > ?",
                                 DB_ID(version_id), DB_ID(version_id), DB_INT(since_us));

    *count = rows_next(rows) ? rows_int(rows, 0) : 0;
    return rows_end(rows, error);
}

/* What was counted before it was last switched on does not count again. */
static bool read_switched_on(struct db *db, uint64_t plugin_id, int64_t *at_us, struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT updated_us FROM plugins WHERE plugin_id = ?", DB_ID(plugin_id));

    *at_us = rows_next(rows) ? rows_int(rows, 0) : 0;
    return rows_end(rows, error);
}

struct fault {
    const struct plugin *plugin;
    enum plugin_fault fault;
    int detail;
    const char *question;
    int64_t now_us;
    bool quarantined; /* by this one */
};

static bool quarantine(struct db *db, struct fault *fault, struct error *error)
{
    struct text name = {fault->plugin->manifest->name, strlen(fault->plugin->manifest->name)};
    int64_t changed =
        db_run(db, error,
               "UPDATE plugins SET mode = ?, quarantined_us = ?, updated_us = ?"
               " WHERE plugin_id = ? AND version_id = ? AND mode IN (?, ?)",
               DB_INT(PLUGIN_QUARANTINED), DB_INT(fault->now_us), DB_INT(fault->now_us),
               DB_ID(fault->plugin->plugin_id), DB_ID(fault->plugin->version_id),
               DB_INT(PLUGIN_SHADOW), DB_INT(PLUGIN_ENFORCED));

    if (changed <= 0)
        return changed == 0;
    fault->quarantined = true;
    return registry_hooks->tell_quarantined(db, fault->plugin->plugin_id, name, fault->now_us,
                                            error) &&
           registry_hooks->note(db, 0, "plugin.quarantine", fault->plugin->plugin_id, TEXT(""),
                                TEXT(""), TEXT("three faults in ten minutes"), fault->now_us,
                                error) &&
           registry_raise_revision(db, error);
}

static bool write_fault(struct db *db, void *context, struct error *error)
{
    struct fault *fault = context;
    int64_t count, switched_on_us;

    fault->quarantined = false; /* it may run again */

    if (db_run(db, error,
               "INSERT INTO plugin_faults (plugin_id, version_id, policy_id, fault, detail,"
               " question, at_us) VALUES (?, ?, ?, ?, ?, ?, ?)",
               DB_ID(fault->plugin->plugin_id), DB_ID(fault->plugin->version_id),
               DB_ID(fault->plugin->policy_id), DB_INT(fault->fault), DB_INT(fault->detail),
               DB_STR(fault->question), DB_INT(fault->now_us)) != 1 ||
        !read_switched_on(db, fault->plugin->plugin_id, &switched_on_us, error))
        return false;
    int64_t since_us = fault->now_us - FAULTS_WINDOW;
    if (since_us < switched_on_us)
        since_us = switched_on_us;
    if (!count_faults(db, fault->plugin->version_id, since_us, &count, error))
        return false;
    return count < FAULTS_MOST || quarantine(db, fault, error);
}

static bool note_fault(struct db *db, const struct plugin *plugin, enum plugin_fault fault,
                       int detail, const char *question, struct error *error)
{
    struct fault noted = {plugin, fault, detail, question, clock_now_us(), false};

    if (!db_transaction(db, write_fault, &noted, error))
        return false;
    if (!noted.quarantined)
        return true;
    figures_quarantined();
    LOG(ERROR, "plugin.quarantined", LOG_STR("plugin", plugin->manifest->name),
        LOG_STR("effect", "it is not asked any more; release it when it is mended"));
    return true;
}

static bool pseudonym_key(struct db *db, uint8_t key[32], struct error *error)
{
    (void)db;
    (void)error;
    registry_hooks->pseudonym_key(key);
    return true;
}

const struct plugin_source registry_source = {.revision = read_revision,
                                              .read = read_set,
                                              .note_fault = note_fault,
                                              .pseudonym_key = pseudonym_key};
