/*
 * What a plugin's struct says, read inside its host: pointers are followed here and nowhere else.
 * A plugin built with an older minor version has shorter structs; what they lack is zero.
 */
#include <string.h>

#include "base/utf8.h"
#include "plugin/host_main.h"

#define NAME_MOST    PLUGIN_NAME_MOST
#define TEXT_LIMIT   200
#define HELP_MOST    1000
#define CHOICES_MOST 1000
#define STRUCT_MOST  4096

/* The shortest struct of version 1.0. */
#define PLUGIN_1_0   offsetof(struct linli_plugin, discloses)
#define MERCHANT_1_0 offsetof(struct linli_merchant, ways)
#define SETTING_1_0  sizeof(struct linli_setting)

struct reading {
    const struct linli_plugin *shown;
    struct arena *arena;
    struct manifest *manifest;
    struct error *error;
};

static bool wrong(const struct reading *reading, const char *what)
{
    return error_set(reading->error, "plugin.manifest", "%s", what);
}

static bool take(const struct reading *reading, struct linli_text text, size_t most,
                 const char *what, const char **out)
{
    size_t characters;

    if (text.length > most)
        return error_set(reading->error, "plugin.manifest", "%s has %zu bytes: at most %zu", what,
                         text.length, most);
    if (text.length > 0 && !text.bytes)
        return error_set(reading->error, "plugin.manifest", "%s points nowhere", what);
    if (!utf8_count((struct text){text.bytes, text.length}, &characters))
        return error_set(reading->error, "plugin.manifest", "%s is not UTF-8", what);
    *out = arena_copy(reading->arena, text.length > 0 ? text.bytes : "", text.length);
    return strlen(*out) == text.length ||
           error_set(reading->error, "plugin.manifest", "%s has a zero byte in it", what);
}

/* --- Head --- */

static bool check_head(const struct linli_head *head, struct error *error)
{
    if (head->magic != LINLI_PLUGIN_MAGIC)
        return error_set(error, "plugin.magic",
                         "`linli_plugin` begins with 0x%08x, not with LINLI_PLUGIN_MAGIC: begin it"
                         " with LINLI_HEAD(kind)",
                         head->magic);
    if (head->abi_major != LINLI_ABI_MAJOR)
        return error_set(error, "plugin.abi",
                         "it is built for version %u.%u of the interface; this server has %d.%d:"
                         " build it again with this server's linli/plugin.h",
                         head->abi_major, head->abi_minor, LINLI_ABI_MAJOR, LINLI_ABI_MINOR);
    if (head->struct_size < PLUGIN_1_0 || head->struct_size > STRUCT_MOST)
        return error_set(error, "plugin.size",
                         "struct linli_plugin has %u bytes by its head; %zu to %d are possible",
                         head->struct_size, PLUGIN_1_0, STRUCT_MOST);
    return true;
}

/* --- Settings and facts --- */

static bool take_setting(const struct reading *reading, const struct linli_setting *from,
                         struct manifest_setting *to)
{
    if (from->type < LINLI_SETTING_BOOL || from->type > LINLI_SETTING_MAP)
        return wrong(reading, "a setting's type does not exist");
    to->type = (enum linli_setting_type)from->type;
    to->secret = from->secret;
    to->required = from->required;
    to->least = from->least;
    to->most = from->most;
    return take(reading, from->name, NAME_MOST, "a setting's name", &to->name) &&
           take(reading, from->fallback, HELP_MOST, "a setting's default", &to->fallback) &&
           take(reading, from->choices, CHOICES_MOST, "a setting's choices", &to->choices) &&
           take(reading, from->help_zh, HELP_MOST, "a setting's help_zh", &to->help_zh) &&
           take(reading, from->help_en, HELP_MOST, "a setting's help_en", &to->help_en);
}

static bool take_settings(const struct reading *reading)
{
    const struct linli_plugin *shown = reading->shown;
    const char *at = (const char *)shown->settings;

    if (shown->setting_count > PLUGIN_SETTINGS_MOST)
        return error_set(reading->error, "plugin.manifest", "%u settings: at most %d",
                         shown->setting_count, PLUGIN_SETTINGS_MOST);
    if (shown->setting_count > 0 &&
        (!at || shown->setting_size < SETTING_1_0 || shown->setting_size > STRUCT_MOST))
        return wrong(reading, "setting_size is not sizeof(struct linli_setting)");
    for (size_t i = 0; i < shown->setting_count; i++, at += shown->setting_size) {
        if (!take_setting(reading, (const struct linli_setting *)(const void *)at,
                          &reading->manifest->settings[i]))
            return false;
    }
    reading->manifest->setting_count = shown->setting_count;
    return true;
}

static bool take_facts(const struct reading *reading)
{
    const struct linli_plugin *shown = reading->shown;

    if (shown->fact_count > PLUGIN_FACTS_MOST)
        return error_set(reading->error, "plugin.manifest", "%u facts: at most %d",
                         shown->fact_count, PLUGIN_FACTS_MOST);
    if (shown->fact_count > 0 && !shown->facts)
        return wrong(reading, "facts points nowhere");
    for (size_t i = 0; i < shown->fact_count; i++) {
        if (!take(reading, shown->facts[i], TEXT_LIMIT, "a fact's name",
                  &reading->manifest->facts[i]))
            return false;
    }
    reading->manifest->fact_count = shown->fact_count;
    return true;
}

/* --- By kind --- */

static bool take_audit(const struct reading *reading)
{
    const struct linli_audit *audit = reading->shown->audit;

    if (!audit || audit->size < sizeof *audit)
        return wrong(reading, "an audit rule needs `audit`, whose size is its sizeof");
    if (!audit->check)
        return wrong(reading, "an audit rule needs a `check`");
    reading->manifest->events = audit->events;
    return true;
}

static bool take_ratings(const struct reading *reading, const struct linli_assessment *assessment)
{
    struct manifest *manifest = reading->manifest;

    if (assessment->rating_count > PLUGIN_RATINGS_MOST)
        return error_set(reading->error, "plugin.manifest", "%u ratings: at most %d",
                         assessment->rating_count, PLUGIN_RATINGS_MOST);
    if (assessment->rating_count > 0 && !assessment->ratings)
        return wrong(reading, "ratings points nowhere");
    for (size_t i = 0; i < assessment->rating_count; i++) {
        const struct linli_rating_name *from = &assessment->ratings[i];
        struct manifest_rating *to = &manifest->assessment.ratings[i];

        to->fails = from->fails;
        to->aside = from->aside;
        if (!take(reading, from->code, NAME_MOST - 1, "a rating's code", &to->code) ||
            !take(reading, from->zh, TEXT_LIMIT, "a rating's zh", &to->zh) ||
            !take(reading, from->en, TEXT_LIMIT, "a rating's en", &to->en))
            return false;
    }
    manifest->assessment.rating_count = assessment->rating_count;
    return true;
}

static bool take_assessment(const struct reading *reading)
{
    const struct linli_assessment *assessment = reading->shown->assessment;
    struct manifest *manifest = reading->manifest;

    if (!assessment || assessment->size < sizeof *assessment)
        return wrong(reading, "a policy needs `assessment`, whose size is its sizeof");
    if (!assessment->award && !assessment->rate)
        return wrong(reading, "a policy needs an `award` or a `rate`");
    manifest->assessment.awards = assessment->award != NULL;
    manifest->assessment.rates = assessment->rate != NULL;
    manifest->assessment.scopes = assessment->scopes;
    manifest->assessment.unit_facts_from = assessment->unit_facts_from;
    return take_ratings(reading, assessment);
}

static bool take_merchant(const struct reading *reading)
{
    const struct linli_merchant *merchant = reading->shown->merchant;
    struct manifest *manifest = reading->manifest;

    if (!merchant || merchant->size < MERCHANT_1_0)
        return wrong(reading, "a merchant needs `merchant`, whose size is its sizeof");
    if (!merchant->step)
        return wrong(reading, "a merchant needs a `step`");
    manifest->merchant.operations = merchant->operations | 1U << LINLI_RESERVE | 1U << LINLI_QUERY;
    manifest->merchant.issues_at_once = merchant->issues_at_once;
    manifest->merchant.can_undo = merchant->can_undo;
    if (LINLI_HAS(merchant, ways))
        manifest->merchant.ways = merchant->ways;
    return true;
}

static bool take_kind(const struct reading *reading)
{
    switch (reading->manifest->kind) {
    case LINLI_AUDIT: return take_audit(reading);
    case LINLI_ASSESSMENT: return take_assessment(reading);
    case LINLI_MERCHANT: return take_merchant(reading);
    }
    return wrong(reading, "its kind is none of LINLI_MERCHANT, LINLI_AUDIT, LINLI_ASSESSMENT");
}

bool describe_plugin(const struct linli_plugin *plugin, struct linli_plugin *shown,
                     struct arena *arena, struct manifest *manifest, struct error *error)
{
    const struct reading reading = {shown, arena, manifest, error};
    size_t size;

    if (!check_head(&plugin->head, error))
        return false;
    size = plugin->head.struct_size;
    *shown = (struct linli_plugin){0};
    memcpy(shown, plugin, size < sizeof *shown ? size : sizeof *shown);
    *manifest = (struct manifest){
        .kind = (enum linli_kind)shown->head.kind,
        .abi_major = shown->head.abi_major,
        .abi_minor = shown->head.abi_minor,
        .discloses = shown->discloses,
    };
    return take(&reading, shown->name, NAME_MOST, "name", &manifest->name) &&
           take(&reading, shown->version, NAME_MOST, "version", &manifest->version) &&
           take(&reading, shown->title_zh, TEXT_LIMIT, "title_zh", &manifest->title_zh) &&
           take(&reading, shown->title_en, TEXT_LIMIT, "title_en", &manifest->title_en) &&
           take_settings(&reading) && take_facts(&reading) && take_kind(&reading);
}
