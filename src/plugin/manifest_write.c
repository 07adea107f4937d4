#include <string.h>

#include "plugin/manifest.h"
#include "plugin/manifest_names.h"

/* Name `index` of a list "a|b|c". */
static json_t *name_at(const char *names, size_t index)
{
    for (; index > 0; index--) {
        names = strchr(names, '|');
        if (!names)
            return json_null();
        names++;
    }
    return json_stringn(names, strcspn(names, "|"));
}

/* [{"is": "earn"}, …] of the bits that are set; the first name is that of bit `first`. Bits without
 * a name, which a later minor version may have, are not told. */
static json_t *bits_to_json(uint32_t bits, const char *names, unsigned first)
{
    json_t *list = json_array();

    for (unsigned bit = first; bit < 32; bit++) {
        json_t *name = bits & UINT32_C(1) << bit ? name_at(names, bit - first) : json_null();

        if (json_is_string(name))
            json_array_append_new(list, json_pack("{s:o}", "is", name));
        else
            json_decref(name);
    }
    return list;
}

static json_t *setting_to_json(const struct manifest_setting *setting)
{
    return json_pack("{s:s, s:o, s:b, s:b, s:s, s:I, s:I, s:s, s:s, s:s}", "name", setting->name,
                     "type", name_at(SETTING_TYPE_NAMES, (size_t)setting->type - 1), "secret",
                     setting->secret, "required", setting->required, "default", setting->fallback,
                     "least", (json_int_t)setting->least, "most", (json_int_t)setting->most,
                     "choices", setting->choices, "help_zh", setting->help_zh, "help_en",
                     setting->help_en);
}

static void add_assessment(json_t *object, const struct manifest *manifest)
{
    json_t *ratings = json_array();

    for (size_t i = 0; i < manifest->assessment.rating_count; i++) {
        const struct manifest_rating *rating = &manifest->assessment.ratings[i];
        json_array_append_new(ratings, json_pack("{s:s, s:s, s:s, s:b, s:b}", "code", rating->code,
                                                 "zh", rating->zh, "en", rating->en, "fails",
                                                 rating->fails, "aside", rating->aside));
    }
    json_object_set_new(object, "ratings", ratings);
    json_object_set_new(object, "rates_whom",
                        bits_to_json(manifest->assessment.scopes, SCOPE_NAMES, 0));
    json_object_set_new(object, "unit_facts_from",
                        json_integer((json_int_t)manifest->assessment.unit_facts_from));
    json_object_set_new(object, "awards", json_boolean(manifest->assessment.awards));
    json_object_set_new(object, "rates", json_boolean(manifest->assessment.rates));
}

static void add_merchant(json_t *object, const struct manifest *manifest)
{
    json_object_set_new(object, "operations",
                        bits_to_json(manifest->merchant.operations, OPERATION_NAMES, 1));
    json_object_set_new(object, "ways", bits_to_json(manifest->merchant.ways, WAY_NAMES, 0));
    json_object_set_new(object, "issues_at_once", json_boolean(manifest->merchant.issues_at_once));
    json_object_set_new(object, "can_undo", json_boolean(manifest->merchant.can_undo));
}

json_t *manifest_to_json(const struct manifest *manifest)
{
    json_t *settings = json_array(), *facts = json_array(), *object;

    for (size_t i = 0; i < manifest->setting_count; i++)
        json_array_append_new(settings, setting_to_json(&manifest->settings[i]));
    for (size_t i = 0; i < manifest->fact_count; i++)
        json_array_append_new(facts, json_pack("{s:s}", "name", manifest->facts[i]));
    object = json_pack(
        "{s:s, s:s, s:o, s:i, s:i, s:s, s:s, s:o, s:o, s:o}", "name", manifest->name, "version",
        manifest->version, "kind", name_at(KIND_NAMES, (size_t)manifest->kind - 1), "abi_major",
        (int)manifest->abi_major, "abi_minor", (int)manifest->abi_minor, "title_zh",
        manifest->title_zh, "title_en", manifest->title_en, "settings", settings, "facts", facts,
        "discloses", bits_to_json(manifest->discloses, DISCLOSURE_NAMES, 0));
    if (manifest->kind == LINLI_AUDIT)
        json_object_set_new(object, "events", bits_to_json(manifest->events, EVENT_NAMES, 0));
    if (manifest->kind == LINLI_ASSESSMENT)
        add_assessment(object, manifest);
    if (manifest->kind == LINLI_MERCHANT)
        add_merchant(object, manifest);
    return object;
}
