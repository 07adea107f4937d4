/*
 * The registry: which plugins there are, in which version, with which settings, in which mode, and
 * what was in force before. Everything changes by one function, which checks the new state in a
 * throw-away host first, writes it with its audit entry in one transaction, and raises the set's
 * revision, which every server follows within a second.
 *
 * Threads with a database connection of their own.
 */
#ifndef LINLI_REGISTRY_H
#define LINLI_REGISTRY_H

#include "base/buffer.h"
#include "base/ids.h"
#include "plugin/plugins.h"
#include "store/find.h"

/* What the rooms above give: registered by main.c before any thread. */
struct registry_hooks {
    /* Settings as they are stored: sealed under a key. */
    uint32_t (*seal)(uint64_t policy_id, struct text plain, struct buffer *sealed);
    bool (*open)(uint32_t key_id, uint64_t policy_id, struct text sealed, struct buffer *plain);
    /* One entry of the audit trail, in the caller's transaction. */
    bool (*note)(struct db *db, uint64_t actor, const char *action, uint64_t plugin_id,
                 struct text before, struct text after, struct text why, int64_t now_us,
                 struct error *error);
    /* Administrators read that a plugin is not asked any more, in the caller's transaction. */
    bool (*tell_quarantined)(struct db *db, uint64_t plugin_id, struct text name, int64_t now_us,
                             struct error *error);
    /* What plugins' pseudonyms are made with: the same for ever. */
    void (*pseudonym_key)(uint8_t key[32]);
};
void registry_use(const struct registry_hooks *hooks);

/* For plugins_start. */
extern const struct plugin_source registry_source;

/* What checks need. */
struct registry {
    const struct plugin_options *options;
    const char *program; /* this binary, which runs hosts */
    struct id_maker *ids;
};

struct plugin_row {
    uint64_t plugin_id, version_id, policy_id, change_id;
    const char *name;
    enum linli_kind kind;
    enum plugin_mode mode;
    bool built_in;
    int rank;
    enum plugin_effect on_flag, on_fault;
    int64_t hold_from;
    int64_t quarantined_us; /* 0: it is not */
    int64_t created_us, updated_us;
    const struct manifest *manifest; /* of the version in force */
};

struct plugin_version {
    uint64_t version_id, plugin_id;
    const char *version;
    uint8_t sha256[32];
    bool is_signed;
    uint8_t signer[32];
    uint64_t uploaded_by;
    int64_t uploaded_us;
};

struct plugin_change_row {
    uint64_t change_id, version_id, policy_id;
    enum plugin_mode mode;
    int rank;
    enum plugin_effect on_flag, on_fault;
    int64_t hold_from;
    const char *why;
    uint64_t actor;
    int64_t at_us;
};

struct plugin_fault_row {
    uint64_t fault_id, plugin_id, version_id;
    enum plugin_fault fault;
    int detail;
    const char *question;
    int64_t at_us;
};

/* Results live in `arena`. Faults and changes are newest first; before_id 0: from the newest. */
bool registry_list(struct db *db, struct arena *arena, struct plugin_row **rows, size_t *count,
                   struct error *error) MUST_CHECK;
enum find registry_find(struct db *db, uint64_t plugin_id, struct arena *arena,
                        struct plugin_row *row, struct error *error);
enum find registry_find_name(struct db *db, struct text name, struct arena *arena,
                             struct plugin_row *row, struct error *error);
bool registry_versions(struct db *db, uint64_t plugin_id, struct arena *arena,
                       struct plugin_version **rows, size_t *count, struct error *error) MUST_CHECK;
/* The manifest of a version, from what is stored. */
enum find registry_manifest(struct db *db, uint64_t version_id, struct arena *arena,
                            struct manifest *manifest, struct error *error);
bool registry_changes(struct db *db, uint64_t plugin_id, uint64_t before_id, size_t limit,
                      struct arena *arena, struct plugin_change_row **rows, size_t *count,
                      struct error *error) MUST_CHECK;
bool registry_faults(struct db *db, uint64_t plugin_id /* 0: of all */, uint64_t before_id,
                     size_t limit, struct arena *arena, struct plugin_fault_row **rows,
                     size_t *count, struct error *error) MUST_CHECK;
/* As an administrator may see them: a secret that is set is `true`. NULL: `error` says why; else
 * the caller has the reference. */
json_t *registry_settings(struct db *db, const struct plugin_row *row, struct error *error);

/* How a change ends. REFUSED: `error` says why, for an administrator, and nothing was changed. */
enum registered { REGISTERED, REGISTER_NOT_FOUND, REGISTER_REFUSED, REGISTER_BROKEN };

struct plugin_upload {
    struct text image;
    const char *signature; /* as `linli plugin sign` wrote it; NULL: unsigned */
    uint64_t actor;
    struct text why;
};
/* A new plugin, off; or another version of one, not in force yet. The same file again is the same
 * version. Describing it takes a host's start: about 20 ms. */
enum registered registry_upload(struct db *db, const struct registry *registry,
                                const struct plugin_upload *upload, int64_t now_us,
                                uint64_t *plugin_id, uint64_t *version_id, struct error *error);

/* What an administrator asks for; what is not has_… stays. */
struct plugin_wish {
    uint64_t plugin_id;
    uint64_t actor;
    struct text why;
    bool has_version, has_mode, has_rank, has_on_flag, has_on_fault, has_hold_from;
    uint64_t version_id;
    enum plugin_mode mode; /* from PLUGIN_QUARANTINED to another: released */
    int rank;
    enum plugin_effect on_flag, on_fault;
    int64_t hold_from;
    const json_t *settings; /* NULL: as they are; a secret may be left as `true` */
};
/* Tried in a throw-away host with its settings before it is written. The set is in force on this
 * server after plugins_reload, on others within a second. */
enum registered registry_change(struct db *db, const struct registry *registry,
                                const struct plugin_wish *wish, int64_t now_us,
                                struct error *error);
/* Back to what was in force before the last change. */
enum registered registry_roll_back(struct db *db, const struct registry *registry,
                                   uint64_t plugin_id, uint64_t actor, struct text why,
                                   int64_t now_us, struct error *error);

/* At the start: files in the directory of built-in plugins that the database does not know yet, or
 * in another version. A new one is off; one in force goes on with the new file and its settings. */
bool registry_learn_built_ins(struct db *db, const struct registry *registry, int64_t now_us,
                              struct error *error) MUST_CHECK;

/* --- Signatures ------------------------------------------------------------------------------- */

/*
 * A signature is a line of text: "linli-plugin 1 PUBLIC-KEY SIGNATURE", both in hex; Ed25519 over
 * "linli-plugin 1\n" and the file's SHA-256. `signer` is set when it is valid and its key is one of
 * the trusted (`plugins.trusted_keys`).
 */
#define PLUGIN_SIGNATURE_SIZE 256
bool plugin_signature_check(const char *trusted_keys, struct text image, const char *signature,
                            uint8_t signer[32], uint8_t bytes[64], struct error *error) MUST_CHECK;
/* The same of parts that were kept. */
bool plugin_signature_holds(const char *trusted_keys, struct text image, const uint8_t signer[32],
                            const uint8_t bytes[64], struct error *error) MUST_CHECK;
struct signer;
void plugin_signature_make(const struct signer *signer, struct text image,
                           char out[PLUGIN_SIGNATURE_SIZE]);

#endif
