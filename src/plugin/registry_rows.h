/*
 * The rows of the registry. Used by registry*.c only.
 */
#ifndef LINLI_REGISTRY_ROWS_H
#define LINLI_REGISTRY_ROWS_H

#include "plugin/registry.h"

extern const struct registry_hooks *registry_hooks;

/* The manifest of a version, from what is stored. */
enum find registry_manifest(struct db *db, uint64_t version_id, struct arena *arena,
                            struct manifest *manifest, struct error *error);
/* A policy's settings in the open, secrets included. */
enum find registry_policy(struct db *db, uint64_t policy_id, struct buffer *plain,
                          struct error *error);
/* The bytes of a version: of the database, or of the installation for a built-in one. */
enum find registry_image(struct db *db, const struct registry *registry,
                         const struct plugin_row *row, uint64_t version_id, struct buffer *image,
                         struct error *error);
/* Whether a version is signed, or of the installation. Signatures were checked at the upload. */
bool registry_is_trusted(struct db *db, uint64_t version_id, bool *trusted,
                         struct error *error) MUST_CHECK;
bool registry_raise_revision(struct db *db, struct error *error) MUST_CHECK;

#endif
