#include "plugin/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_fields.h"
#include "plugin/facts.h"
#include "plugin/manifest_names.h"

#define NAME_MOST  PLUGIN_NAME_MOST
#define TITLE_MOST 200
#define HELP_MOST  1000

/* What the host wrote down, as the tables read it. */
struct setting_input {
    struct text name, fallback, choices, help_zh, help_en;
    int type;
    bool secret, required;
    int64_t least, most;
};
struct named_input {
    struct text name;
};
struct choice_input {
    int is;
};
struct rating_input {
    struct text code, zh, en;
    bool fails, aside;
};
struct manifest_input {
    struct text name, version, title_zh, title_en;
    int kind;
    int64_t abi_major, abi_minor, unit_facts_from;
    struct json_list settings, facts, discloses, events, ratings, rates_whom, operations, ways;
    bool awards, rates, issues_at_once, can_undo;
};

/* clang-format off */
#define SETTING(field) offsetof(struct setting_input, field)
static const struct json_field setting_fields[] = {
    {"name", JSON_TEXT, REQUIRED, SETTING(name), .min = 1, .max = NAME_MOST},
    {"type", JSON_CHOICE, REQUIRED, SETTING(type), .choices = SETTING_TYPE_NAMES},
    {"secret", JSON_FLAG, REQUIRED, SETTING(secret)},
    {"required", JSON_FLAG, REQUIRED, SETTING(required)},
    {"default", JSON_TEXT, REQUIRED, SETTING(fallback), .max = HELP_MOST},
    {"least", JSON_INT, REQUIRED, SETTING(least), .min = INT64_MIN, .max = INT64_MAX},
    {"most", JSON_INT, REQUIRED, SETTING(most), .min = INT64_MIN, .max = INT64_MAX},
    {"choices", JSON_TEXT, REQUIRED, SETTING(choices), .max = HELP_MOST},
    {"help_zh", JSON_TEXT, REQUIRED, SETTING(help_zh), .max = HELP_MOST},
    {"help_en", JSON_TEXT, REQUIRED, SETTING(help_en), .max = HELP_MOST},
    {0},
};
static const struct json_field name_fields[] = {
    {"name", JSON_TEXT, REQUIRED, offsetof(struct named_input, name), .min = 1},
    {0},
};
#define IS(names) {{"is", JSON_CHOICE, REQUIRED, offsetof(struct choice_input, is), .choices = names}, {0}}
static const struct json_field disclosure_fields[] = IS(DISCLOSURE_NAMES);
static const struct json_field event_fields[] = IS(EVENT_NAMES);
static const struct json_field scope_fields[] = IS(SCOPE_NAMES);
static const struct json_field operation_fields[] = IS(OPERATION_NAMES);
static const struct json_field way_fields[] = IS(WAY_NAMES);
#define RATING(field) offsetof(struct rating_input, field)
static const struct json_field rating_fields[] = {
    {"code", JSON_TEXT, REQUIRED, RATING(code), .min = 1, .max = NAME_MOST - 1},
    {"zh", JSON_TEXT, REQUIRED, RATING(zh), .min = 1},
    {"en", JSON_TEXT, REQUIRED, RATING(en), .min = 1},
    {"fails", JSON_FLAG, REQUIRED, RATING(fails)},
    {"aside", JSON_FLAG, REQUIRED, RATING(aside)},
    {0},
};
#define MANIFEST(field) offsetof(struct manifest_input, field)
#define LIST(name, field, fields, most, type) \
    {name, JSON_OBJECTS, OPTIONAL, MANIFEST(field), .max = most, .table = fields, .size = sizeof(struct type)}
static const struct json_field manifest_fields[] = {
    {"name", JSON_TEXT, REQUIRED, MANIFEST(name), .min = 2, .max = NAME_MOST},
    {"version", JSON_TEXT, REQUIRED, MANIFEST(version), .min = 1, .max = NAME_MOST},
    {"kind", JSON_CHOICE, REQUIRED, MANIFEST(kind), .choices = KIND_NAMES},
    {"abi_major", JSON_INT, REQUIRED, MANIFEST(abi_major), .max = 65535},
    {"abi_minor", JSON_INT, REQUIRED, MANIFEST(abi_minor), .max = 65535},
    {"title_zh", JSON_TEXT, REQUIRED, MANIFEST(title_zh), .min = 1, .max = TITLE_MOST},
    {"title_en", JSON_TEXT, REQUIRED, MANIFEST(title_en), .min = 1, .max = TITLE_MOST},
    LIST("settings", settings, setting_fields, PLUGIN_SETTINGS_MOST, setting_input),
    LIST("facts", facts, name_fields, PLUGIN_FACTS_MOST, named_input),
    LIST("discloses", discloses, disclosure_fields, 32, choice_input),
    LIST("events", events, event_fields, 32, choice_input),
    LIST("ratings", ratings, rating_fields, PLUGIN_RATINGS_MOST, rating_input),
    LIST("rates_whom", rates_whom, scope_fields, 32, choice_input),
    LIST("operations", operations, operation_fields, 32, choice_input),
    LIST("ways", ways, way_fields, 32, choice_input),
    {"unit_facts_from", JSON_INT, OPTIONAL, MANIFEST(unit_facts_from), .max = UINT32_MAX},
    {"awards", JSON_FLAG, OPTIONAL, MANIFEST(awards)},
    {"rates", JSON_FLAG, OPTIONAL, MANIFEST(rates)},
    {"issues_at_once", JSON_FLAG, OPTIONAL, MANIFEST(issues_at_once)},
    {"can_undo", JSON_FLAG, OPTIONAL, MANIFEST(can_undo)},
    {0},
};
/* clang-format on */

static bool wrong(struct error *error, const char *what, struct text which)
{
    return error_set(error, "plugin.manifest", "%s: '%.*s'", what, TEXT_ARGS(which));
}

static bool is_name(struct text text, size_t least)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return text.length >= least;
}

static uint32_t bits_of(const struct json_list *list, unsigned first)
{
    const struct choice_input *items = list->items;
    uint32_t bits = 0;

    for (size_t i = 0; i < list->count; i++)
        bits |= UINT32_C(1) << (first + (unsigned)items[i].is);
    return bits;
}

/* --- Settings --- */

static bool take_settings(const struct manifest_input *input, struct manifest *manifest,
                          struct error *error)
{
    const struct setting_input *from = input->settings.items;

    for (size_t i = 0; i < input->settings.count; i++, from++) {
        if (!is_name(from->name, 1))
            return wrong(error, "a setting's name is of a-z, 0-9 and _", from->name);
        for (size_t k = 0; k < i; k++) {
            if (strcmp(manifest->settings[k].name, from->name.data) == 0)
                return wrong(error, "two settings have one name", from->name);
        }
        if (from->least > from->most)
            return wrong(error, "`least` is above `most`", from->name);
        if (from->type + 1 == LINLI_SETTING_CHOICE && from->choices.length == 0)
            return wrong(error, "a choice has no choices", from->name);
        manifest->settings[i] = (struct manifest_setting){
            .name = from->name.data,
            .type = (enum linli_setting_type)(from->type + 1),
            .secret = from->secret,
            .required = from->required,
            .fallback = from->fallback.data,
            .least = from->least,
            .most = from->most,
            .choices = from->choices.data,
            .help_zh = from->help_zh.data,
            .help_en = from->help_en.data,
        };
    }
    manifest->setting_count = input->settings.count;
    return true;
}

/* --- Facts --- */

static bool unknown_fact(struct text name, struct error *error)
{
    const char *nearest[3];
    size_t count = facts_nearest(name, nearest, ARRAY_LENGTH(nearest));

    if (count == 0)
        return wrong(error, "there is no such fact (see `linli facts`)", name);
    return error_set(error, "plugin.fact",
                     "there is no fact '%.*s'; did you mean %s%s%s%s%s? `linli facts` lists them",
                     TEXT_ARGS(name), nearest[0], count > 1 ? ", " : "",
                     count > 1 ? nearest[1] : "", count > 2 ? ", " : "",
                     count > 2 ? nearest[2] : "");
}

static bool take_facts(const struct manifest_input *input, struct manifest *manifest,
                       struct error *error)
{
    const struct named_input *from = input->facts.items;

    for (size_t i = 0; i < input->facts.count; i++) {
        int index = facts_find(from[i].name);

        if (index < 0)
            return unknown_fact(from[i].name, error);
        if (!(facts_at((size_t)index)->kinds & 1U << manifest->kind))
            return wrong(error, "plugins of this kind may not know the fact", from[i].name);
        manifest->facts[i] = from[i].name.data;
        manifest->fact_index[i] = (uint16_t)index;
    }
    manifest->fact_count = input->facts.count;
    return true;
}

/* --- By kind --- */

static bool take_assessment(const struct manifest_input *input, struct manifest *manifest,
                            struct error *error)
{
    const struct rating_input *from = input->ratings.items;

    for (size_t i = 0; i < input->ratings.count; i++) {
        if (!is_name(from[i].code, 1))
            return wrong(error, "a rating's code is of a-z, 0-9 and _", from[i].code);
        manifest->assessment.ratings[i] = (struct manifest_rating){
            from[i].code.data, from[i].zh.data, from[i].en.data, from[i].fails, from[i].aside};
    }
    manifest->assessment.rating_count = input->ratings.count;
    manifest->assessment.scopes = bits_of(&input->rates_whom, 0);
    manifest->assessment.awards = input->awards;
    manifest->assessment.rates = input->rates;
    manifest->assessment.unit_facts_from = (size_t)input->unit_facts_from;
    if (manifest->assessment.unit_facts_from > manifest->fact_count)
        return wrong(error, "unit_facts_from is beyond the facts", input->name);
    if (input->rates && (input->ratings.count == 0 || manifest->assessment.scopes == 0))
        return wrong(error, "it rates, but lists no ratings or nobody to rate", input->name);
    return true;
}

static bool take_kind(const struct manifest_input *input, struct manifest *manifest,
                      struct error *error)
{
    switch (manifest->kind) {
    case LINLI_AUDIT:
        manifest->events = bits_of(&input->events, 0);
        return manifest->events || wrong(error, "it is asked about no event", input->name);
    case LINLI_ASSESSMENT: return take_assessment(input, manifest, error);
    case LINLI_MERCHANT:
        manifest->merchant.operations = bits_of(&input->operations, 1);
        manifest->merchant.ways = bits_of(&input->ways, 0);
        manifest->merchant.issues_at_once = input->issues_at_once;
        manifest->merchant.can_undo = input->can_undo;
        return true;
    }
    return wrong(error, "its kind does not exist", input->name);
}

static bool take(const struct manifest_input *input, struct manifest *manifest, struct error *error)
{
    *manifest = (struct manifest){
        .kind = (enum linli_kind)(input->kind + 1),
        .abi_major = (unsigned)input->abi_major,
        .abi_minor = (unsigned)input->abi_minor,
        .name = input->name.data,
        .version = input->version.data,
        .title_zh = input->title_zh.data,
        .title_en = input->title_en.data,
        .discloses = bits_of(&input->discloses, 0),
    };
    if (!is_name(input->name, 2))
        return wrong(error, "its name is 2 to 40 of a-z, 0-9 and _", input->name);
    if (manifest->discloses && manifest->kind != LINLI_MERCHANT)
        return wrong(error, "only a merchant is told anything about a member", input->name);
    if (manifest->discloses & LINLI_TELLS_OPENID)
        return wrong(error,
                     "it discloses an openid, which no member has here: they sign in by phone;"
                     " it may disclose name and phone",
                     input->name);
    return take_settings(input, manifest, error) && take_facts(input, manifest, error) &&
           take_kind(input, manifest, error);
}

bool manifest_read(const char *json, size_t length, struct arena *arena, struct manifest *manifest,
                   struct error *error)
{
    struct manifest_input input = {0};
    struct json_fault fault = {0};
    json_t *object = json_loadb(json, length, JSON_REJECT_DUPLICATES, NULL);
    bool fine = object && json_fields_read(manifest_fields, object, arena, &input, &fault);

    json_decref(object);
    if (!object)
        return error_set(error, "plugin.manifest", "its description is no JSON");
    if (!fine)
        return error_set(error, "plugin.manifest", "its description: %s is %s, expected %s",
                         fault.pointer, fault.code, fault.expected);
    return take(&input, manifest, error);
}
