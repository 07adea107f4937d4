/*
 * Changing the registry. What is about to be in force is first tried, outside of any transaction,
 * in a throw-away host: its file opens, describes itself as the version did, and starts with these
 * settings. Then one transaction writes the change, its audit entry and the set's new revision.
 */
#include <inttypes.h>
#include <string.h>

#include "base/crypto.h"
#include "plugin/registry_rows.h"

/* A change under way: what is in force, and what shall be. */
struct work {
    const struct registry *registry;
    struct arena *arena;
    struct plugin_row before, after;
    const struct manifest *manifest; /* of the version that shall be in force */
    json_t *settings;                /* NULL: the policy stays */
    struct registry_author by;
    const char *action;
};

static void work_free(struct work *work)
{
    json_decref(work->settings);
    arena_free(work->arena);
}

/* --- Settings --------------------------------------------------------------------------------- */

void registry_keep_secrets(const struct manifest *manifest, json_t *settings, const json_t *old)
{
    for (size_t i = 0; i < manifest->setting_count; i++) {
        const struct manifest_setting *setting = &manifest->settings[i];
        const json_t *was = json_object_get(old, setting->name);

        if (!setting->secret || !json_is_true(json_object_get(settings, setting->name)))
            continue;
        if (was)
            json_object_set(settings, setting->name, (json_t *)was);
        else
            json_object_del(settings, setting->name);
    }
}

bool registry_insert_policy(struct db *db, const struct registry *registry, uint64_t plugin_id,
                            struct text plain, const struct registry_author *by,
                            uint64_t *policy_id, struct error *error)
{
    struct buffer sealed = {0};
    uint32_t key_id;
    bool fine;

    *policy_id = id_next(registry->ids);
    key_id = registry_hooks->seal(*policy_id, plain, &sealed);
    fine = db_run(db, error,
                  "INSERT INTO plugin_policies (policy_id, plugin_id, settings, key_id,"
                  " created_by, created_us) VALUES (?, ?, ?, ?, ?, ?)",
                  DB_ID(*policy_id), DB_ID(plugin_id), DB_BYTES(sealed.data, sealed.length),
                  DB_ID(key_id), DB_ID(by->actor), DB_INT(by->now_us)) == 1;
    buffer_free(&sealed);
    return fine;
}

static bool insert_policy(struct db *db, struct work *work, struct error *error)
{
    char *json = json_dumps(work->settings, JSON_COMPACT | JSON_SORT_KEYS);
    struct text plain = {json, strlen(json)};
    bool fine = registry_insert_policy(db, work->registry, work->after.plugin_id, plain, &work->by,
                                       &work->after.policy_id, error);

    crypto_wipe(json, plain.length);
    free(json);
    return fine;
}

/* --- Trying ----------------------------------------------------------------------------------- */

static enum registered refused(struct error *error, const char *code)
{
    error->code = code;
    return REGISTER_REFUSED;
}

/* The host's own refusal is the administrator's answer. */
static enum registered try_it(struct db *db, struct work *work, const json_t *settings,
                              struct error *error)
{
    struct buffer image = {0};
    struct manifest *manifest = arena_take(work->arena, sizeof *manifest);
    struct plugin_options options = *work->registry->options;
    enum find found =
        registry_image(db, work->registry, &work->before, work->after.version_id, &image, error);
    enum registered answer = found == FIND_FOUND ? REGISTERED : REGISTER_BROKEN;

    if (found == FIND_NOTHING)
        answer = REGISTER_NOT_FOUND;
    if (answer == REGISTERED &&
        !registry_is_trusted(db, work->after.version_id, &options.image_is_signed, error))
        answer = REGISTER_BROKEN;
    if (answer == REGISTERED &&
        !plugin_try(&options, work->registry->program, (struct text){image.data, image.length},
                    settings, work->arena, manifest, NULL, 0, error))
        answer = refused(error, "plugin.does_not_start");
    work->manifest = manifest;
    buffer_free(&image);
    return answer;
}

static enum registered check_settings(const struct work *work, const json_t *settings,
                                      struct error *error)
{
    struct linli_value values[PLUGIN_SETTINGS_MOST];

    return manifest_settings(work->manifest, settings, work->arena, values, error)
               ? REGISTERED
               : refused(error, "plugin.settings");
}

/* What will run must start; what is switched off may stay broken. */
static enum registered check_change(struct db *db, struct work *work,
                                    const struct plugin_wish *wish, struct error *error)
{
    bool moved = wish->settings || work->after.version_id != work->before.version_id;
    bool runs = work->after.mode == PLUGIN_SHADOW || work->after.mode == PLUGIN_ENFORCED;
    json_t *old = registry_policy(db, work->before.policy_id, error);
    enum registered answer = old ? REGISTERED : REGISTER_BROKEN;

    if (answer == REGISTERED && wish->settings) {
        work->settings = json_deep_copy(wish->settings);
        registry_keep_secrets(work->before.manifest, work->settings, old);
    }
    if (answer == REGISTERED && (moved || runs)) {
        const json_t *settings = work->settings ? work->settings : old;
        answer = try_it(db, work, settings, error);
        if (answer == REGISTERED)
            answer = check_settings(work, settings, error);
    }
    json_decref(old);
    return answer;
}

/* --- Writing ---------------------------------------------------------------------------------- */

static const char *describe(struct arena *arena, const struct plugin_row *row)
{
    return arena_printf(arena,
                        "{\"version_id\":\"%" PRIu64 "\",\"policy_id\":\"%" PRIu64
                        "\",\"mode\":\"%s\",\"rank\":%d}",
                        row->version_id, row->policy_id, plugin_mode_name(row->mode), row->rank);
}

bool registry_insert_change(struct db *db, const struct plugin_row *row, uint64_t previous_id,
                            const struct registry_author *by, struct error *error)
{
    return db_run(db, error,
                  "INSERT INTO plugin_changes (change_id, plugin_id, previous_id, mode,"
                  " plugin_rank, version_id, policy_id, on_flag, on_fault, hold_from, why, actor,"
                  " at_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                  DB_ID(row->change_id), DB_ID(row->plugin_id), DB_ID(previous_id),
                  DB_INT(row->mode), DB_INT(row->rank), DB_ID(row->version_id),
                  DB_ID(row->policy_id), DB_INT(row->on_flag), DB_INT(row->on_fault),
                  DB_INT(row->hold_from), DB_TEXT(by->why), DB_ID(by->actor),
                  DB_INT(by->now_us)) == 1;
}

/* Only if nobody changed it meanwhile. */
static int64_t update_row(struct db *db, const struct work *work, struct error *error)
{
    const struct plugin_row *row = &work->after;

    return db_run(db, error,
                  "UPDATE plugins SET mode = ?, plugin_rank = ?, version_id = ?, policy_id = ?,"
                  " on_flag = ?, on_fault = ?, hold_from = ?, change_id = ?, quarantined_us = ?,"
                  " updated_us = ? WHERE plugin_id = ? AND change_id = ? AND mode = ?",
                  DB_INT(row->mode), DB_INT(row->rank), DB_ID(row->version_id),
                  DB_ID(row->policy_id), DB_INT(row->on_flag), DB_INT(row->on_fault),
                  DB_INT(row->hold_from), DB_ID(row->change_id), DB_INT(row->quarantined_us),
                  DB_INT(work->by.now_us), DB_ID(row->plugin_id), DB_ID(work->before.change_id),
                  DB_INT(work->before.mode));
}

static bool write_change(struct db *db, void *context, struct error *error)
{
    struct work *work = context;
    int64_t updated;

    if (work->settings && !insert_policy(db, work, error))
        return false;
    updated = update_row(db, work, error);
    if (updated == 0)
        return error_set(error, "plugin.changed",
                         "somebody else has changed this plugin meanwhile: look at it again");
    return updated == 1 &&
           registry_insert_change(db, &work->after, work->before.change_id, &work->by, error) &&
           registry_hooks->note(db, work->by.actor, work->action, work->after.plugin_id,
                                (struct text){describe(work->arena, &work->before),
                                              strlen(describe(work->arena, &work->before))},
                                (struct text){describe(work->arena, &work->after),
                                              strlen(describe(work->arena, &work->after))},
                                work->by.why, work->by.now_us, error) &&
           registry_raise_revision(db, error);
}

static enum registered commit(struct db *db, struct work *work, struct error *error)
{
    work->after.change_id = id_next(work->registry->ids);
    if (db_transaction(db, write_change, work, error))
        return REGISTERED;
    return strcmp(error->code, "plugin.changed") == 0 ? REGISTER_REFUSED : REGISTER_BROKEN;
}

static enum registered begin(struct db *db, struct work *work, uint64_t plugin_id,
                             struct error *error)
{
    work->arena = arena_new();
    switch (registry_find(db, plugin_id, work->arena, &work->before, error)) {
    case FIND_FOUND: break;
    case FIND_NOTHING: return REGISTER_NOT_FOUND;
    default: return REGISTER_BROKEN;
    }
    work->after = work->before;
    return REGISTERED;
}

static enum registered apply_wish(struct work *work, const struct plugin_wish *wish,
                                  struct error *error)
{
    struct plugin_row *row = &work->after;

    if (wish->has_version)
        row->version_id = wish->version_id;
    if (wish->has_rank)
        row->rank = wish->rank;
    if (wish->has_on_flag)
        row->on_flag = wish->on_flag;
    if (wish->has_on_fault)
        row->on_fault = wish->on_fault;
    if (wish->has_hold_from)
        row->hold_from = wish->hold_from;
    if (wish->has_mode) {
        row->mode = wish->mode;
        row->quarantined_us = 0;
    }
    if (row->on_flag == EFFECT_MARK || row->on_flag == EFFECT_HOLD)
        return REGISTERED;
    error_set(error, "plugin.on_flag", "a flag marks or holds");
    return REGISTER_REFUSED;
}

enum registered registry_change(struct db *db, const struct registry *registry,
                                const struct plugin_wish *wish, int64_t now_us, struct error *error)
{
    struct work work = {
        .registry = registry, .by = {wish->actor, wish->why, now_us}, .action = "plugin.change"};
    enum registered answer = begin(db, &work, wish->plugin_id, error);

    if (answer == REGISTERED)
        answer = apply_wish(&work, wish, error);
    if (answer == REGISTERED)
        answer = check_change(db, &work, wish, error);
    if (answer == REGISTERED)
        answer = commit(db, &work, error);
    work_free(&work);
    return answer;
}

/* --- Rolling back ----------------------------------------------------------------------------- */

static enum registered read_previous(struct db *db, struct work *work, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT b.version_id, b.policy_id, b.mode, b.plugin_rank, b.on_flag, b.on_fault,"
                 " b.hold_from FROM plugin_changes a"
                 " JOIN plugin_changes b ON b.change_id = a.previous_id WHERE a.change_id = ?",
                 DB_ID(work->before.change_id));
    bool found = rows_next(rows);
    struct plugin_row *row = &work->after;

    if (found) {
        if (!row->built_in) /* the installation has one file of it, and this is it */
            row->version_id = rows_id(rows, 0);
        row->policy_id = rows_id(rows, 1);
        row->mode = (enum plugin_mode)rows_int(rows, 2);
        row->rank = (int)rows_int(rows, 3);
        row->on_flag = (enum plugin_effect)rows_int(rows, 4);
        row->on_fault = (enum plugin_effect)rows_int(rows, 5);
        row->hold_from = rows_int(rows, 6);
        row->quarantined_us = 0;
    }
    if (!rows_end(rows, error))
        return REGISTER_BROKEN;
    if (found)
        return REGISTERED;
    error_set(error, "plugin.no_previous", "nothing was in force before this");
    return REGISTER_REFUSED;
}

enum registered registry_roll_back(struct db *db, const struct registry *registry,
                                   uint64_t plugin_id, uint64_t actor, struct text why,
                                   int64_t now_us, struct error *error)
{
    struct work work = {
        .registry = registry, .by = {actor, why, now_us}, .action = "plugin.roll_back"};
    json_t *settings = NULL;
    enum registered answer = begin(db, &work, plugin_id, error);

    if (answer == REGISTERED)
        answer = read_previous(db, &work, error);
    if (answer == REGISTERED)
        settings = registry_policy(db, work.after.policy_id, error);
    if (answer == REGISTERED && !settings)
        answer = REGISTER_BROKEN;
    if (answer == REGISTERED && work.after.mode != PLUGIN_OFF)
        answer = try_it(db, &work, settings, error);
    if (answer == REGISTERED)
        answer = commit(db, &work, error);
    json_decref(settings);
    work_free(&work);
    return answer;
}
