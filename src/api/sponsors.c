/* Sponsors: kept by administrators, seen by those who settle. */
#include "market/sponsors.h"

#include "api/app.h"
#include "api/call.h"
#include "api/resources.h"

/* What they stand for is between them and the programme: managers choose by name. */
static json_t *sponsor_json(const struct who *who, const struct sponsor *sponsor)
{
    json_t *json = json_pack("{s:o, s:s, s:o}", "id", json_id(sponsor->id), "name", sponsor->name,
                             "created_at", json_time(sponsor->created_us));

    if (who->role != ROLE_MANAGER)
        json_object_set_new(json, "committed_fen", json_integer(sponsor->committed_fen));
    return json;
}

struct sponsor_input {
    struct text name;
};

static const struct json_field sponsor_fields[] = {
    {"name", JSON_TEXT, REQUIRED, offsetof(struct sponsor_input, name), .min = 1, .max = 100},
    {0},
};

static enum answered sponsor_post(struct call *call)
{
    const struct sponsor_input *input = call->input;
    struct sponsor sponsor = {
        .id = id_next(call->app->ids),
        .name = arena_copy(call->arena, input->name.data, input->name.length),
        .created_us = call->now_us,
    };
    struct error error;

    if (!sponsor_create(call->db, &sponsor, &error))
        return reply_error(call, &error);
    return reply_created(
        call, arena_printf(call->arena, "/v1/sponsors/%llu", (unsigned long long)sponsor.id),
        sponsor_json(&call->who, &sponsor));
}

static enum answered sponsor_get(struct call *call)
{
    struct sponsor sponsor;
    struct error error;
    enum find found = sponsor_find(call->db, call->ids[0], call->arena, &sponsor, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return reply_json(call, 200, sponsor_json(&call->who, &sponsor));
}

static enum answered sponsors_get(struct call *call)
{
    const struct page *page = &((const struct page_query *)call->query)->page;
    int64_t limit = page_limit(page);
    struct sponsor *sponsors;
    struct error error;
    size_t count;
    json_t *items;

    if (!sponsor_list(call->db, page->after, limit, call->arena, &sponsors, &count, &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, sponsor_json(&call->who, &sponsors[i]));
    return reply_json(call, 200,
                      page_json(items, (int64_t)count == limit ? sponsors[count - 1].id : 0));
}

#define SEE_THEM (ROLE_MANAGER | ROLE_AUDITOR | ROLE_ADMINISTRATOR)

const struct route sponsor_routes[] = {
    {HTTP_GET, "/v1/sponsors", SEE_THEM, ON_QUERY, sponsors_get, .query_fields = page_query_fields,
     .query_size = sizeof(struct page_query)},
    {HTTP_POST, "/v1/sponsors", ROLE_ADMINISTRATOR, ON_QUERY, sponsor_post,
     .fields = sponsor_fields, .input_size = sizeof(struct sponsor_input)},
    {HTTP_GET, "/v1/sponsors/{id}", SEE_THEM, ON_QUERY, sponsor_get},
    {0},
};
