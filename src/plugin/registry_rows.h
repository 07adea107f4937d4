/*
 * The rows of the registry. Used by registry*.c only.
 */
#ifndef LINLI_REGISTRY_ROWS_H
#define LINLI_REGISTRY_ROWS_H

#include "plugin/registry.h"

extern const struct registry_hooks *registry_hooks;

/* A policy's settings in the open, secrets included. NULL: `error` says why; else the caller has
 * the reference. */
json_t *registry_policy(struct db *db, uint64_t policy_id, struct error *error);
/* Into a plugin of a set, by its policy_id and version_id; in the arena. False with db_error_kind
 * DB_OK: the settings are not there, or do not open. */
bool registry_read_settings(struct db *db, struct plugin *plugin, struct arena *arena,
                            struct error *error) MUST_CHECK;
bool registry_read_file(struct db *db, struct plugin *plugin, struct arena *arena,
                        struct error *error) MUST_CHECK;
/* A secret given as `true` is the one that was there. */
void registry_keep_secrets(const struct manifest *manifest, json_t *settings, const json_t *old);
/* The bytes of a version: of the database, or of the installation for a built-in one. */
enum find registry_image(struct db *db, const struct registry *registry,
                         const struct plugin_row *row, uint64_t version_id, struct buffer *image,
                         struct error *error);
/* Who writes rows, why, when. */
struct registry_author {
    uint64_t actor;
    struct text why;
    int64_t now_us;
};
/* Settings as a row of their own, sealed; `policy_id` is its number. */
bool registry_insert_policy(struct db *db, const struct registry *registry, uint64_t plugin_id,
                            struct text plain, const struct registry_author *by,
                            uint64_t *policy_id, struct error *error) MUST_CHECK;
/* What is in force from now on; previous_id 0: nothing was. */
bool registry_insert_change(struct db *db, const struct plugin_row *row, uint64_t previous_id,
                            const struct registry_author *by, struct error *error) MUST_CHECK;
/* Whether a version is signed, or of the installation. Signatures were checked at the upload. */
bool registry_is_trusted(struct db *db, uint64_t version_id, bool *trusted,
                         struct error *error) MUST_CHECK;
bool registry_raise_revision(struct db *db, struct error *error) MUST_CHECK;

#endif
