/* New files: uploaded by an administrator, or found in the installation. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/log.h"
#include "plugin/plugin_files.h"
#include "plugin/registry_rows.h"

#define IMAGE_MOST (3 << 20) /* bytes; what fits an upload in base64url */

/* A file on its way in. */
struct arrival {
    const struct registry *registry;
    struct text image;
    bool built_in;
    struct registry_author by;
    uint8_t sha256[HASH_SIZE], signer[SIGN_PUBLIC_SIZE], signature[SIGNATURE_SIZE];
    bool is_signed;
    struct arena *arena;
    struct manifest manifest;
    char *json;    /* of the manifest */
    bool is_known; /* this file is one of the plugin's versions */

    bool is_new;
    struct plugin_row plugin; /* of one that is not new; or what is written */
    uint64_t version_id;
};

/* --- Rows ------------------------------------------------------------------------------------- */

/* A flag holds earnings and marks the rest; a fault does as its kind needs (the issue of trust:
 * what people wait for at a counter passes, what can wait is held). */
static void set_defaults(struct plugin_row *row, const struct manifest *manifest)
{
    row->mode = PLUGIN_OFF;
    row->rank = 100;
    row->on_flag = manifest->kind == LINLI_AUDIT && (manifest->events & LINLI_EARN) ? EFFECT_HOLD
                                                                                    : EFFECT_MARK;
    row->on_fault = manifest->kind == LINLI_AUDIT && !(manifest->events & LINLI_EARN) ? EFFECT_MARK
                                                                                      : EFFECT_HOLD;
    row->hold_from = 5000; /* 50 points */
}

static bool insert_version(struct db *db, struct arrival *arrival, struct error *error)
{
    struct text image = arrival->built_in ? TEXT("") : arrival->image;

    arrival->version_id = id_next(arrival->registry->ids);
    return db_run(db, error,
                  "INSERT INTO plugin_versions (version_id, plugin_id, version, sha256, signer,"
                  " signature, manifest, image, uploaded_by, uploaded_us)"
                  " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                  DB_ID(arrival->version_id), DB_ID(arrival->plugin.plugin_id),
                  DB_STR(arrival->manifest.version), DB_BYTES(arrival->sha256, HASH_SIZE),
                  DB_BYTES(arrival->signer, arrival->is_signed ? SIGN_PUBLIC_SIZE : 0),
                  DB_BYTES(arrival->signature, arrival->is_signed ? SIGNATURE_SIZE : 0),
                  DB_STR(arrival->json), DB_TEXT(image), DB_ID(arrival->by.actor),
                  DB_INT(arrival->by.now_us)) == 1;
}

static bool insert_plugin(struct db *db, const struct arrival *arrival, struct error *error)
{
    const struct plugin_row *row = &arrival->plugin;

    return db_run(db, error,
                  "INSERT INTO plugins (plugin_id, name, kind, built_in, mode, plugin_rank,"
                  " version_id, policy_id, on_flag, on_fault, hold_from, change_id,"
                  " quarantined_us, created_us, updated_us)"
                  " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)",
                  DB_ID(row->plugin_id), DB_STR(arrival->manifest.name),
                  DB_INT(arrival->manifest.kind), DB_INT(arrival->built_in), DB_INT(row->mode),
                  DB_INT(row->rank), DB_ID(arrival->version_id), DB_ID(row->policy_id),
                  DB_INT(row->on_flag), DB_INT(row->on_fault), DB_INT(row->hold_from),
                  DB_ID(row->change_id), DB_INT(arrival->by.now_us),
                  DB_INT(arrival->by.now_us)) == 1;
}

static bool write_new(struct db *db, struct arrival *arrival, struct error *error)
{
    struct plugin_row *row = &arrival->plugin;

    set_defaults(row, &arrival->manifest);
    row->plugin_id = id_next(arrival->registry->ids);
    row->change_id = id_next(arrival->registry->ids);
    if (!insert_version(db, arrival, error))
        return false;
    row->version_id = arrival->version_id;
    return registry_insert_policy(db, arrival->registry, row->plugin_id, TEXT("{}"), &arrival->by,
                                  &row->policy_id, error) &&
           insert_plugin(db, arrival, error) &&
           registry_insert_change(db, row, 0, &arrival->by, error);
}

/* A built-in plugin's other file is in force at once: the one before is not there any more. */
static bool take_over(struct db *db, const struct arrival *arrival, struct error *error)
{
    return db_run(db, error,
                  "UPDATE plugins SET version_id = ?, updated_us = ? WHERE plugin_id = ?",
                  DB_ID(arrival->version_id), DB_INT(arrival->by.now_us),
                  DB_ID(arrival->plugin.plugin_id)) == 1 &&
           registry_raise_revision(db, error);
}

/* The plugin, or one more version of it, or a file of the installation that was in force before. */
static bool write_rows(struct db *db, struct arrival *arrival, struct error *error)
{
    if (arrival->is_new)
        return write_new(db, arrival, error);
    return arrival->is_known || insert_version(db, arrival, error);
}

/* It may run again: what the first try has put into the plugin's row tells nothing. */
static bool write_arrival(struct db *db, void *context, struct error *error)
{
    struct arrival *arrival = context;
    struct text version = {arrival->manifest.version, strlen(arrival->manifest.version)};

    return write_rows(db, arrival, error) &&
           (arrival->is_new || !arrival->built_in || take_over(db, arrival, error)) &&
           registry_hooks->note(db, arrival->by.actor, "plugin.upload", arrival->plugin.plugin_id,
                                TEXT(""), version, arrival->by.why, arrival->by.now_us, error);
}

/* --- Checks ----------------------------------------------------------------------------------- */

static enum registered refuse(struct error *error, const char *code)
{
    error->code = code;
    return REGISTER_REFUSED;
}

/* The version of this file, if the plugin has it already. */
static bool find_version(struct db *db, struct arrival *arrival, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT version_id FROM plugin_versions"
                 " WHERE plugin_id = ? AND sha256 = ?",
                 DB_ID(arrival->plugin.plugin_id), DB_BYTES(arrival->sha256, HASH_SIZE));

    arrival->is_known = rows_next(rows);
    if (arrival->is_known)
        arrival->version_id = rows_id(rows, 0);
    return rows_end(rows, error);
}

static enum registered describe(struct arrival *arrival, struct error *error)
{
    struct plugin_options options = *arrival->registry->options;

    options.image_is_signed = arrival->is_signed;
    if (!plugin_try(&options, arrival->registry->program, arrival->image, NULL, arrival->arena,
                    &arrival->manifest, NULL, 0, error))
        return refuse(error, "plugin.refused");
    return REGISTERED;
}

/* A name keeps its kind, and a built-in plugin its place. */
static enum registered place(struct db *db, struct arrival *arrival, struct error *error)
{
    struct text name = {arrival->manifest.name, strlen(arrival->manifest.name)};
    enum find found = registry_find_name(db, name, arrival->arena, &arrival->plugin, error);

    if (found == FIND_FAILED)
        return REGISTER_BROKEN;
    arrival->is_new = found == FIND_NOTHING;
    if (arrival->is_new) {
        arrival->plugin = (struct plugin_row){0};
        return REGISTERED;
    }
    if (arrival->plugin.kind != arrival->manifest.kind) {
        error_set(error, "plugin.kind", "%s is a plugin of another kind here: choose another name",
                  arrival->manifest.name);
        return REGISTER_REFUSED;
    }
    if (arrival->plugin.built_in != arrival->built_in) {
        error_set(error, "plugin.name", "%s is a built-in plugin: choose another name",
                  arrival->manifest.name);
        return REGISTER_REFUSED;
    }
    return REGISTERED;
}

/* The same file again is the same version; of the installation it is in force in any case. */
static bool is_all_there(const struct arrival *arrival)
{
    return arrival->is_known &&
           (!arrival->built_in || arrival->version_id == arrival->plugin.version_id);
}

static enum registered try_to_admit(struct db *db, struct arrival *arrival, struct error *error)
{
    enum registered answer = place(db, arrival, error);

    if (answer != REGISTERED)
        return answer;
    if (!arrival->is_new && !find_version(db, arrival, error))
        return REGISTER_BROKEN;
    if (is_all_there(arrival))
        return REGISTERED;
    return db_transaction(db, write_arrival, arrival, error) ? REGISTERED : REGISTER_BROKEN;
}

/* What was described becomes a plugin, or a version of one. */
static enum registered admit(struct db *db, struct arrival *arrival, struct error *error)
{
    json_t *json = manifest_to_json(&arrival->manifest);
    enum registered answer;

    arrival->json = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    crypto_sha256(arrival->image.data, arrival->image.length, arrival->sha256);
    answer = try_to_admit(db, arrival, error);
    if (answer == REGISTER_BROKEN && db_error_kind(db) == DB_DUPLICATE)
        answer = try_to_admit(db, arrival, error); /* somebody, or another server, was first */
    return answer;
}

/* --- Uploads ---------------------------------------------------------------------------------- */

static enum registered check_upload(struct arrival *arrival, const char *signature,
                                    struct error *error)
{
    const struct plugin_options *options = arrival->registry->options;

    if (arrival->image.length == 0 || arrival->image.length > IMAGE_MOST) {
        error_set(error, "plugin.size", "a plugin's file has at most 3 MiB: strip it (strip -s)");
        return REGISTER_REFUSED;
    }
    if (arrival->image.length < 4 || memcmp(arrival->image.data, "\177ELF", 4) != 0) {
        error_set(error, "plugin.file",
                  "this is no shared object (ELF): give the .so that was built");
        return REGISTER_REFUSED;
    }
    if (!signature && options->allow_unsigned)
        return REGISTERED;
    if (!signature) {
        error_set(error, "plugin.unsigned",
                  "sign the file (linli plugin sign), and give the signature with it");
        return REGISTER_REFUSED;
    }
    if (!plugin_signature_check(options->trusted_keys, arrival->image, signature, arrival->signer,
                                arrival->signature, error))
        return REGISTER_REFUSED;
    arrival->is_signed = true;
    return REGISTERED;
}

enum registered registry_upload(struct db *db, const struct registry *registry,
                                const struct plugin_upload *upload, int64_t now_us,
                                uint64_t *plugin_id, uint64_t *version_id, struct error *error)
{
    struct arrival arrival = {.registry = registry,
                              .image = upload->image,
                              .by = {upload->actor, upload->why, now_us},
                              .arena = arena_new()};
    enum registered answer = check_upload(&arrival, upload->signature, error);

    if (answer == REGISTERED)
        answer = describe(&arrival, error);
    if (answer == REGISTERED)
        answer = admit(db, &arrival, error);
    *plugin_id = arrival.plugin.plugin_id;
    *version_id = arrival.version_id;
    free(arrival.json);
    arena_free(arrival.arena);
    return answer;
}

/* --- Of the installation ---------------------------------------------------------------------- */

/* Files that the database does not know yet, described all at once. */
struct arrivals {
    struct arena *arena;
    const char *files[PLUGIN_DESCRIBE_MOST];
    struct buffer contents[PLUGIN_DESCRIBE_MOST];
    struct text images[PLUGIN_DESCRIBE_MOST];
    struct manifest manifests[PLUGIN_DESCRIBE_MOST];
    const char *why[PLUGIN_DESCRIBE_MOST]; /* it cannot be described */
    size_t count;
};

static void log_refused(const char *file, const char *detail)
{
    LOG(ERROR, "plugin.built_in_refused", LOG_STR("file", file), LOG_STR("detail", detail));
}

/* Whether some built-in plugin has this file in force. */
static bool is_known(struct db *db, struct text image, bool *known, struct error *error)
{
    uint8_t sha256[HASH_SIZE];
    struct rows *rows;

    crypto_sha256(image.data, image.length, sha256);
    rows = db_query(db,
                    "SELECT 1 FROM plugins p JOIN plugin_versions v ON v.version_id = p.version_id"
                    " WHERE p.built_in AND v.sha256 = ?",
                    DB_BYTES(sha256, sizeof sha256));
    *known = rows_next(rows);
    return rows_end(rows, error);
}

/* Keeps what is news. */
static bool look_at(struct db *db, struct arrivals *arrivals, const char *file, struct error *error)
{
    struct buffer *content = &arrivals->contents[arrivals->count];
    bool known;

    *content = (struct buffer){0};
    if (!plugin_file_load(file, content, error) ||
        !is_known(db, (struct text){content->data, content->length}, &known, error)) {
        buffer_free(content);
        return false;
    }
    if (known) {
        buffer_free(content);
        return true;
    }
    arrivals->files[arrivals->count] = file;
    arrivals->images[arrivals->count++] = (struct text){content->data, content->length};
    return true;
}

static bool learn(struct db *db, const struct registry *registry, const struct arrivals *arrivals,
                  size_t index, int64_t now_us, struct error *error)
{
    struct arrival arrival = {.registry = registry,
                              .image = arrivals->images[index],
                              .built_in = true,
                              .by = {.why = TEXT("of the installation"), .now_us = now_us},
                              .arena = arrivals->arena,
                              .manifest = arrivals->manifests[index]};
    enum registered answer;

    if (arrivals->why[index]) {
        log_refused(arrivals->files[index], arrivals->why[index]);
        return true;
    }
    answer = admit(db, &arrival, error);
    free(arrival.json);
    if (answer == REGISTER_REFUSED)
        log_refused(arrivals->files[index], error->detail);
    return answer != REGISTER_BROKEN;
}

static bool learn_all(struct db *db, const struct registry *registry, struct arrivals *arrivals,
                      int64_t now_us, struct error *error)
{
    bool fine = true;

    if (arrivals->count > 0)
        plugin_describe(registry->options, arrivals->images, arrivals->count, arrivals->arena,
                        arrivals->manifests, arrivals->why);
    for (size_t i = 0; fine && i < arrivals->count; i++)
        fine = learn(db, registry, arrivals, i, now_us, error);
    return fine;
}

static int is_plugin(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > 3 && strcmp(entry->d_name + length - 3, ".so") == 0;
}

/* The paths of the files, in the arena; -1: there is no such folder. */
static int list_files(const char *folder, struct arena *arena, const char ***files)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_plugin, alphasort);

    if (count < 0)
        return -1;
    *files = arena_take(arena, ((size_t)count + 1) * sizeof **files);
    for (int i = 0; i < count; i++) {
        (*files)[i] = arena_printf(arena, "%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return count;
}

bool registry_learn_built_ins(struct db *db, const struct registry *registry, int64_t now_us,
                              struct error *error)
{
    struct arena *arena = arena_new();
    struct arrivals *arrivals = arena_take(arena, sizeof *arrivals);
    char *folder = plugin_files_folder(registry->options, registry->program);
    const char **files;
    int count = list_files(folder, arena, &files);
    bool fine = true;

    arrivals->arena = arena;
    if (count < 0)
        LOG(WARN, "plugin.no_directory", LOG_STR("directory", folder),
            LOG_STR("effect", "there are no built-in plugins; set plugins.directory"));
    for (int i = 0; fine && i < count && arrivals->count < PLUGIN_DESCRIBE_MOST; i++)
        fine = look_at(db, arrivals, files[i], error);
    fine = fine && learn_all(db, registry, arrivals, now_us, error);
    for (size_t i = 0; i < arrivals->count; i++)
        buffer_free(&arrivals->contents[i]);
    free(folder);
    arena_free(arena);
    return fine;
}
