/* Units: the tree that members register in and staff are responsible for parts of. Public. */
#include "people/units.h"

#include <inttypes.h>

#include "api/app.h"
#include "api/call.h"
#include "api/people_json.h"
#include "api/resources.h"

static enum answered unit_get(struct call *call)
{
    struct unit unit;
    struct error error;
    enum find found = unit_find(call->db, call->ids[0], call->arena, &unit, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return reply_json(call, 200, unit_json(&unit));
}

struct units_query {
    uint64_t under, parent_id;
    struct page page;
};

static const struct json_field units_query_fields[] = {
    {"under", JSON_ID, OPTIONAL, offsetof(struct units_query, under)},
    {"parent_id", JSON_ID, OPTIONAL, offsetof(struct units_query, parent_id)},
    PAGE_FIELDS(struct units_query, page),
    {0},
};

static enum answered units_get(struct call *call)
{
    const struct units_query *asked = call->query;
    struct unit_query query = {
        .under = asked->under,
        .parent_id = asked->parent_id,
        .after_id = asked->page.after,
        .limit = (size_t)page_limit(&asked->page),
    };
    struct unit *units;
    struct error error;
    size_t count;
    uint64_t next;
    json_t *items;

    if (!unit_list(call->db, &query, call->arena, &units, &count, &next, &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, unit_json(&units[i]));
    return reply_json_cached(call, page_json(items, next));
}

struct unit_input {
    uint64_t parent_id;
    struct text kind, name;
};

static const struct json_field unit_fields[] = {
    {"parent_id", JSON_ID, OPTIONAL, offsetof(struct unit_input, parent_id)},
    {"kind", JSON_TEXT, REQUIRED, offsetof(struct unit_input, kind), .min = 1, .max = 40},
    {"name", JSON_TEXT, REQUIRED, offsetof(struct unit_input, name), .min = 1, .max = 100},
    {0},
};

/* A coordinator makes units below their own, an administrator anywhere. */
static bool may_make_below(struct call *call, uint64_t parent_id)
{
    return call->who.role == ROLE_ADMINISTRATOR ||
           (parent_id != 0 && unit_contains(call->db, call->who.scope_id, parent_id));
}

static enum answered units_post(struct call *call)
{
    const struct unit_input *input = call->input;
    struct new_unit wanted = {
        .parent_id = input->parent_id,
        .kind = input->kind,
        .name = input->name,
        .actor = call->who.account_id,
    };
    struct unit unit;
    struct error error;
    uint64_t id;

    if (!may_make_below(call, input->parent_id))
        return reply_problem(call, PROBLEM_NOT_FOUND);
    switch (unit_create(call->db, call->app->ids, &wanted, call->now_us, &id, &error)) {
    case PEOPLE_DONE: break;
    case PEOPLE_NO_UNIT: return reply_problem(call, PROBLEM_NOT_FOUND);
    case PEOPLE_TOO_DEEP:
        return reply_problem_detail(call, PROBLEM_CONFLICT, "组织层级过深", "The tree is too deep");
    default: return reply_error(call, &error);
    }
    enum find found = unit_find(call->db, id, call->arena, &unit, &error);
    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return reply_created(call, arena_printf(call->arena, "/v1/units/%" PRIu64, id),
                         unit_json(&unit));
}

const struct route unit_routes[] = {
    {HTTP_GET, "/v1/units", ANYONE, ON_QUERY, units_get, .query_fields = units_query_fields,
     .query_size = sizeof(struct units_query)},
    {HTTP_POST, "/v1/units", ROLE_COORDINATOR | ROLE_ADMINISTRATOR, ON_QUERY, units_post,
     .fields = unit_fields, .input_size = sizeof(struct unit_input)},
    {HTTP_GET, "/v1/units/{id}", ANYONE, ON_QUERY, unit_get},
    {0},
};
