/* What the kinds of unit are called here: labels, which the programme chooses. */
#include "people/unit_kinds.h"

#include "api/app.h"
#include "api/call.h"
#include "api/resources.h"

static json_t *kind_json(const struct unit_kind *kind)
{
    return json_pack("{s:s, s:s, s:s, s:I}", "code", kind->code, "name_zh", kind->name_zh,
                     "name_en", kind->name_en, "position", (json_int_t)kind->position);
}

static enum answered unit_kinds_get(struct call *call)
{
    struct unit_kind *kinds;
    struct error error;
    size_t count;

    if (!unit_kind_list(call->db, call->arena, &kinds, &count, &error))
        return reply_error(call, &error);
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, kind_json(&kinds[i]));
    return reply_json_cached(call, json_pack("{s:o}", "items", items));
}

struct kind_input {
    struct text code, name_zh, name_en;
    int64_t position;
};

static const struct json_field kind_fields[] = {
    {"code", JSON_TEXT, REQUIRED, offsetof(struct kind_input, code), .min = 1, .max = 40},
    {"name_zh", JSON_TEXT, REQUIRED, offsetof(struct kind_input, name_zh), .min = 1, .max = 40},
    {"name_en", JSON_TEXT, REQUIRED, offsetof(struct kind_input, name_en), .min = 1, .max = 80},
    {"position", JSON_INT, REQUIRED, offsetof(struct kind_input, position), .max = 10000},
    {0},
};

static enum answered unit_kinds_put(struct call *call)
{
    const struct kind_input *input = call->input;
    struct new_unit_kind kind = {
        .code = input->code,
        .name_zh = input->name_zh,
        .name_en = input->name_en,
        .position = input->position,
        .actor = call->who.account_id,
    };
    struct error error;

    if (!unit_kind_write(call->db, &kind, call->now_us, &error))
        return reply_error(call, &error);
    return unit_kinds_get(call);
}

const struct route unit_kind_routes[] = {
    {HTTP_GET, "/v1/unit-kinds", ANYONE, ON_QUERY, unit_kinds_get},
    {HTTP_PUT, "/v1/unit-kinds", ROLE_ADMINISTRATOR, ON_QUERY, unit_kinds_put,
     .fields = kind_fields, .input_size = sizeof(struct kind_input)},
    {0},
};
