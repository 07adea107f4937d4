/* The audit trail: who did what to what, before, after, why; newest first. */
#include "people/audit.h"

#include "api/app.h"
#include "api/call.h"
#include "api/people_json.h"
#include "api/resources.h"

struct audit_trail_query {
    uint64_t object_id, actor;
    struct page page;
};

static const struct json_field audit_trail_query_fields[] = {
    {"object_id", JSON_ID, OPTIONAL, offsetof(struct audit_trail_query, object_id)},
    {"actor", JSON_ID, OPTIONAL, offsetof(struct audit_trail_query, actor)},
    PAGE_FIELDS(struct audit_trail_query, page),
    {0},
};

static json_t *entry_json(const struct audit_entry *entry)
{
    const struct audit *audit = &entry->audit;

    return json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o}", "id", json_id(entry->audit_id),
                     "at", json_time(entry->at_us), "actor", id_or_null(audit->actor), "action",
                     audit->action, "object_id", id_or_null(audit->object_id), "before",
                     json_text(audit->before), "after", json_text(audit->after), "why",
                     json_text(audit->why));
}

static enum answered audit_trail_get(struct call *call)
{
    const struct audit_trail_query *asked = call->query;
    struct audit_query query = {
        .object_id = asked->object_id,
        .actor = asked->actor,
        .before_id = asked->page.after,
        .limit = (size_t)page_limit(&asked->page),
    };
    struct audit_entry *entries;
    struct error error;
    size_t count;
    uint64_t next;
    json_t *items;

    if (!audit_list(call->db, &query, call->arena, &entries, &count, &next, &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, entry_json(&entries[i]));
    return reply_json(call, 200, page_json(items, next));
}

const struct route audit_trail_routes[] = {
    {HTTP_GET, "/v1/audit-trail", ROLE_AUDITOR | ROLE_ADMINISTRATOR, ON_QUERY, audit_trail_get,
     .query_fields = audit_trail_query_fields, .query_size = sizeof(struct audit_trail_query)},
    {0},
};
