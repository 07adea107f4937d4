/* Reading the registry. */
#include "plugin/registry.h"

#include <inttypes.h>
#include <string.h>

#include "base/crypto.h"
#include "plugin/plugin_files.h"
#include "plugin/registry_rows.h"

const struct registry_hooks *registry_hooks;

void registry_use(const struct registry_hooks *hooks)
{
    registry_hooks = hooks;
}

/* --- Plugins ---------------------------------------------------------------------------------- */

#define ROW_COLUMNS                                                                                \
    "SELECT p.plugin_id, p.name, p.kind, p.built_in, p.mode, p.plugin_rank, p.version_id,"         \
    " p.policy_id, p.on_flag, p.on_fault, p.hold_from, p.change_id, p.quarantined_us,"             \
    " p.created_us, p.updated_us, v.manifest"                                                      \
    " FROM plugins p JOIN plugin_versions v ON v.version_id = p.version_id "

static bool read_manifest(struct text json, struct arena *arena, const struct manifest **out,
                          struct error *error)
{
    struct manifest *manifest = arena_take(arena, sizeof *manifest);

    *out = manifest;
    return manifest_read(json.data, json.length, arena, manifest, error);
}

static bool read_row(struct rows *rows, struct arena *arena, struct plugin_row *row,
                     struct error *error)
{
    *row = (struct plugin_row){
        .plugin_id = rows_id(rows, 0),
        .name = rows_copy(rows, 1, arena),
        .kind = (enum linli_kind)rows_int(rows, 2),
        .built_in = rows_int(rows, 3) != 0,
        .mode = (enum plugin_mode)rows_int(rows, 4),
        .rank = (int)rows_int(rows, 5),
        .version_id = rows_id(rows, 6),
        .policy_id = rows_id(rows, 7),
        .on_flag = (enum plugin_effect)rows_int(rows, 8),
        .on_fault = (enum plugin_effect)rows_int(rows, 9),
        .hold_from = rows_int(rows, 10),
        .change_id = rows_id(rows, 11),
        .quarantined_us = rows_int(rows, 12),
        .created_us = rows_int(rows, 13),
        .updated_us = rows_int(rows, 14),
    };
    return read_manifest(rows_text(rows, 15), arena, &row->manifest, error);
}

/* Room for one more in an array of the arena that doubles. */
static void *next_of(void *items, size_t count, size_t size, struct arena *arena)
{
    if (count > 0 && (count & (count - 1)) != 0)
        return items;
    void *larger = arena_take(arena, (count > 0 ? 2 * count : 1) * size);
    if (count > 0)
        memcpy(larger, items, count * size);
    return larger;
}

bool registry_list(struct db *db, struct arena *arena, struct plugin_row **list, size_t *count,
                   struct error *error)
{
    struct rows *rows = db_query(db, ROW_COLUMNS "ORDER BY p.kind, p.plugin_rank, p.plugin_id");
    bool fine = true;

    *list = NULL;
    *count = 0;
    while (fine && rows_next(rows)) {
        *list = next_of(*list, *count, sizeof **list, arena);
        fine = read_row(rows, arena, &(*list)[(*count)++], error);
    }
    return rows_end(rows, fine ? error : NULL) && fine;
}

static enum find find_in(struct rows *rows, struct arena *arena, struct plugin_row *row,
                         struct error *error)
{
    bool found = rows_next(rows);
    bool fine = !found || read_row(rows, arena, row, error);

    if (!rows_end(rows, fine ? error : NULL) || !fine)
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

enum find registry_find(struct db *db, uint64_t plugin_id, struct arena *arena,
                        struct plugin_row *row, struct error *error)
{
    return find_in(db_query(db, ROW_COLUMNS "WHERE p.plugin_id = ?", DB_ID(plugin_id)), arena, row,
                   error);
}

enum find registry_find_name(struct db *db, struct text name, struct arena *arena,
                             struct plugin_row *row, struct error *error)
{
    return find_in(db_query(db, ROW_COLUMNS "WHERE p.name = ?", DB_TEXT(name)), arena, row, error);
}

/* --- What hangs on them ----------------------------------------------------------------------- */

bool registry_versions(struct db *db, uint64_t plugin_id, struct arena *arena,
                       struct plugin_version **list, size_t *count, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT version_id, version, sha256, signer, uploaded_by,"
                                 " uploaded_us FROM plugin_versions WHERE plugin_id = ?"
                                 " ORDER BY version_id DESC",
                                 DB_ID(plugin_id));

    *list = NULL;
    *count = 0;
    while (rows_next(rows)) {
        *list = next_of(*list, *count, sizeof **list, arena);
        struct plugin_version *version = &(*list)[(*count)++];
        struct text signer = rows_text(rows, 3);

        *version = (struct plugin_version){
            .version_id = rows_id(rows, 0),
            .plugin_id = plugin_id,
            .version = rows_copy(rows, 1, arena),
            .is_signed = signer.length == sizeof version->signer,
            .uploaded_by = rows_id(rows, 4),
            .uploaded_us = rows_int(rows, 5),
        };
        if (version->is_signed)
            memcpy(version->signer, signer.data, sizeof version->signer);
        rows_bytes(rows, 2, version->sha256, sizeof version->sha256);
    }
    return rows_end(rows, error);
}

bool registry_changes(struct db *db, uint64_t plugin_id, uint64_t before_id, size_t limit,
                      struct arena *arena, struct plugin_change_row **list, size_t *count,
                      struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT change_id, version_id, policy_id, mode, plugin_rank, on_flag, on_fault,"
                 " hold_from, why, actor, at_us FROM plugin_changes"
                 " WHERE plugin_id = ? AND (? = 0 OR change_id < ?)"
                 " ORDER BY change_id DESC LIMIT ?",
                 DB_ID(plugin_id), DB_ID(before_id), DB_ID(before_id), DB_INT(limit));

    *list = arena_take(arena, (limit + 1) * sizeof **list);
    *count = 0;
    while (rows_next(rows))
        (*list)[(*count)++] = (struct plugin_change_row){
            .change_id = rows_id(rows, 0),
            .version_id = rows_id(rows, 1),
            .policy_id = rows_id(rows, 2),
            .mode = (enum plugin_mode)rows_int(rows, 3),
            .rank = (int)rows_int(rows, 4),
            .on_flag = (enum plugin_effect)rows_int(rows, 5),
            .on_fault = (enum plugin_effect)rows_int(rows, 6),
            .hold_from = rows_int(rows, 7),
            .why = rows_copy(rows, 8, arena),
            .actor = rows_id(rows, 9),
            .at_us = rows_int(rows, 10),
        };
    return rows_end(rows, error);
}

bool registry_faults(struct db *db, uint64_t plugin_id, uint64_t before_id, size_t limit,
                     struct arena *arena, struct plugin_fault_row **list, size_t *count,
                     struct error *error)
{
    struct rows *rows = db_query(
        db,
        "SELECT fault_id, plugin_id, version_id, fault, detail, question, at_us"
        " FROM plugin_faults WHERE (? = 0 OR plugin_id = ?) AND (? = 0 OR fault_id < ?)"
        " ORDER BY fault_id DESC LIMIT ?",
        DB_ID(plugin_id), DB_ID(plugin_id), DB_ID(before_id), DB_ID(before_id), DB_INT(limit));

    *list = arena_take(arena, (limit + 1) * sizeof **list);
    *count = 0;
    while (rows_next(rows))
        (*list)[(*count)++] = (struct plugin_fault_row){
            .fault_id = rows_id(rows, 0),
            .plugin_id = rows_id(rows, 1),
            .version_id = rows_id(rows, 2),
            .fault = (enum plugin_fault)rows_int(rows, 3),
            .detail = (int)rows_int(rows, 4),
            .question = rows_copy(rows, 5, arena),
            .at_us = rows_int(rows, 6),
        };
    return rows_end(rows, error);
}

enum find registry_manifest(struct db *db, uint64_t version_id, struct arena *arena,
                            struct manifest *manifest, struct error *error)
{
    struct rows *rows = db_query(db, "SELECT manifest FROM plugin_versions WHERE version_id = ?",
                                 DB_ID(version_id));
    bool found = rows_next(rows), fine = true;

    if (found) {
        struct text json = rows_text(rows, 0);
        fine = manifest_read(json.data, json.length, arena, manifest, error);
    }
    if (!rows_end(rows, fine ? error : NULL) || !fine)
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

/* --- Settings --------------------------------------------------------------------------------- */

/* A row that is not there, or does not open, is never taken for the defaults. */
json_t *registry_policy(struct db *db, uint64_t policy_id, struct error *error)
{
    struct rows *rows = db_query(
        db, "SELECT key_id, settings FROM plugin_policies WHERE policy_id = ?", DB_ID(policy_id));
    struct buffer plain = {0};
    json_t *settings = NULL;

    if (rows_next(rows) &&
        registry_hooks->open((uint32_t)rows_id(rows, 0), policy_id, rows_text(rows, 1), &plain))
        settings = json_loadb(plain.data, plain.length, 0, NULL);
    if (plain.data)
        crypto_wipe(plain.data, plain.length);
    buffer_free(&plain);
    if (!rows_end(rows, error)) {
        json_decref(settings);
        return NULL;
    }
    if (!settings)
        error_set(error, "plugin.sealed",
                  "the settings of policy %" PRIu64 " cannot be opened: is its key still there"
                  " (linli keys list)?",
                  policy_id);
    return settings;
}

json_t *registry_settings(struct db *db, const struct plugin_row *row, struct error *error)
{
    json_t *settings = registry_policy(db, row->policy_id, error);

    for (size_t i = 0; settings && i < row->manifest->setting_count; i++) {
        const struct manifest_setting *setting = &row->manifest->settings[i];

        if (setting->secret && json_object_get(settings, setting->name))
            json_object_set_new(settings, setting->name, json_true());
    }
    return settings;
}

/* --- Files --------------------------------------------------------------------------------- */

enum find registry_image(struct db *db, const struct registry *registry,
                         const struct plugin_row *row, uint64_t version_id, struct buffer *image,
                         struct error *error)
{
    const struct plugin built_in = {.manifest = row->manifest};

    if (row->built_in && version_id == row->version_id)
        return plugin_file_read(registry->options, registry->program, &built_in, image, error)
                   ? FIND_FOUND
                   : FIND_FAILED;
    struct rows *rows = db_query(db,
                                 "SELECT image, sha256 FROM plugin_versions"
                                 " WHERE version_id = ? AND plugin_id = ?",
                                 DB_ID(version_id), DB_ID(row->plugin_id));
    bool found = rows_next(rows), whole = true;
    if (found) {
        struct text bytes = rows_text(rows, 0);
        uint8_t sha256[HASH_SIZE];

        rows_bytes(rows, 1, sha256, sizeof sha256);
        whole = bytes.length == 0 || plugin_file_is(sha256, bytes);
        buffer_add(image, bytes.data, bytes.length);
    }
    if (!rows_end(rows, error))
        return FIND_FAILED;
    if (!whole) {
        error_set(error, "plugin.other_file", "these are not the bytes that were uploaded");
        return FIND_FAILED;
    }
    return found && image->length > 0 ? FIND_FOUND : FIND_NOTHING;
}

bool registry_is_trusted(struct db *db, uint64_t version_id, bool *trusted, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT p.built_in OR v.signature <> '' FROM plugin_versions v"
                                 " JOIN plugins p ON p.plugin_id = v.plugin_id"
                                 " WHERE v.version_id = ?",
                                 DB_ID(version_id));

    *trusted = rows_next(rows) && rows_int(rows, 0) != 0;
    return rows_end(rows, error);
}

bool registry_raise_revision(struct db *db, struct error *error)
{
    return db_run(db, error, "UPDATE plugin_sets SET revision = revision + 1 WHERE one = 1") == 1;
}
