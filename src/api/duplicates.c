/* Accounts that may be one person's, for staff to look at; they are merged in wallets.c. */
#include "people/duplicates.h"

#include "api/app.h"
#include "api/call.h"
#include "api/people_json.h"
#include "api/resources.h"
#include "people/members.h"

static json_t *duplicate_json(const struct duplicate *duplicate, const char *name)
{
    return json_pack("{s:o, s:o, s:o, s:s?}", "id", json_id(duplicate->member_id), "like_id",
                     json_id(duplicate->like_id), "unit_id", json_id(duplicate->unit_id), "name",
                     name);
}

static enum answered reply_duplicates(struct call *call, const struct duplicate *list, size_t count,
                                      uint64_t next)
{
    uint64_t *ids = arena_take(call->arena, (count + 1) * sizeof(*ids));
    char **names = arena_take(call->arena, (count + 1) * sizeof(*names));
    struct error error;

    for (size_t i = 0; i < count; i++)
        ids[i] = list[i].member_id;
    if (call->who.role != ROLE_AUDITOR &&
        !member_names(call->db, call->app->keyring, ids, count, call->arena, names, &error))
        return reply_error(call, &error);
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, duplicate_json(&list[i], names[i]));
    return reply_json(call, 200, page_json(items, next));
}

static enum answered duplicates_get(struct call *call)
{
    const struct page_query *asked = call->query;
    struct duplicate_query query = {
        .under = call->who.scope_id,
        .after_id = asked->page.after,
        .limit = (size_t)page_limit(&asked->page),
    };
    struct duplicate *list;
    struct error error;
    size_t count;
    uint64_t next;

    if (!duplicate_list(call->db, &query, call->arena, &list, &count, &next, &error))
        return reply_error(call, &error);
    return reply_duplicates(call, list, count, next);
}

const struct route duplicate_routes[] = {
    {HTTP_GET, "/v1/duplicates", STAFF, ON_QUERY, duplicates_get, .query_fields = page_query_fields,
     .query_size = sizeof(struct page_query)},
    {0},
};
