/*
 * A manifest: what a plugin says of itself, as the server knows it. The server never opens a
 * plugin's file in its own process: a throw-away host does, and describes it in JSON, which is
 * read by the same tables as anything else from outside.
 */
#ifndef LINLI_MANIFEST_H
#define LINLI_MANIFEST_H

#include <jansson.h>
#include <linli/plugin.h>

#include "base/arena.h"
#include "base/base.h"

#define PLUGIN_NAME_MOST     40 /* bytes */
#define PLUGIN_SETTINGS_MOST 32
#define PLUGIN_FACTS_MOST    32
#define PLUGIN_RATINGS_MOST  16
#define PLUGIN_TEXT_MOST     32768 /* bytes of a text setting that asks for so much */

struct manifest_setting {
    const char *name;
    enum linli_setting_type type;
    bool secret, required;
    const char *fallback;
    int64_t least, most;
    const char *choices; /* "a|b|c" */
    const char *help_zh, *help_en;
};

struct manifest_rating {
    const char *code, *zh, *en;
    bool fails, aside;
};

struct manifest {
    enum linli_kind kind;
    unsigned abi_major, abi_minor;
    const char *name, *version, *title_zh, *title_en;
    struct manifest_setting settings[PLUGIN_SETTINGS_MOST];
    size_t setting_count;
    const char *facts[PLUGIN_FACTS_MOST];
    uint16_t fact_index[PLUGIN_FACTS_MOST]; /* in the catalogue (plugin/facts.h) */
    size_t fact_count;
    uint32_t discloses;
    uint32_t events; /* audit */
    struct {         /* assessment */
        struct manifest_rating ratings[PLUGIN_RATINGS_MOST];
        size_t rating_count;
        uint32_t scopes;
        size_t unit_facts_from;
        bool awards, rates;
    } assessment;
    struct { /* merchant */
        uint32_t operations, ways;
        bool issues_at_once, can_undo;
    } merchant;
};

/* Reads and checks a host's description: names, sizes, counts, facts that exist and that the kind
 * may know (the error names the nearest). Strings are copied into `arena`. */
bool manifest_read(const char *json, size_t length, struct arena *arena, struct manifest *manifest,
                   struct error *error) MUST_CHECK;
/* The JSON that the host writes and the API shows. The caller frees it. */
json_t *manifest_to_json(const struct manifest *manifest);

/*
 * Checks an administrator's settings (a JSON object of name → value, as the schema's types) against
 * the schema and fills values[setting_count], defaults where none is given; texts live in `arena`.
 * False: `error` names the setting and what to do.
 */
bool manifest_settings(const struct manifest *manifest, const json_t *settings, struct arena *arena,
                       struct linli_value *values, struct error *error) MUST_CHECK;

#endif
