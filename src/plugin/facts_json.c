#include "plugin/facts_json.h"

static json_t *kinds_json(unsigned kinds)
{
    static const struct {
        enum linli_kind kind;
        const char *name;
    } names[] = {
        {LINLI_MERCHANT, "merchant"}, {LINLI_AUDIT, "audit"}, {LINLI_ASSESSMENT, "assessment"}};
    json_t *list = json_array();

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (kinds & 1U << names[i].kind)
            json_array_append_new(list, json_string(names[i].name));
    return list;
}

json_t *facts_to_json(void)
{
    json_t *list = json_array();

    for (size_t i = 0; i < facts_count(); i++) {
        const struct fact *fact = facts_at(i);

        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:o, s:b, s:s, s:s}", "name", fact->name, "type",
                            fact_type_name(fact->type), "unit", fact->unit, "of",
                            fact_scope_name(fact->scope), "kinds", kinds_json(fact->kinds),
                            "at_the_counter", fact->on_path, "zh", fact->zh, "en", fact->en));
    }
    return list;
}
