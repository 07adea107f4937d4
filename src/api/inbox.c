/* The inbox of whoever is signed in: notices, newest first. */
#include "outbox/inbox.h"

#include "api/call.h"
#include "api/people_json.h"
#include "api/resources.h"

#define WAIT_MOST 30 /* seconds */

struct inbox_query {
    uint64_t newest;
    int64_t wait;
    struct page page;
};

static const struct json_field inbox_query_fields[] = {
    {"newest", JSON_ID, OPTIONAL, offsetof(struct inbox_query, newest)},
    {"wait", JSON_INT, OPTIONAL, offsetof(struct inbox_query, wait), .min = 1, .max = WAIT_MOST},
    PAGE_FIELDS(struct inbox_query, page),
    {0},
};

static json_t *notice_json(const struct call *call, const struct notice *notice)
{
    return json_pack("{s:o, s:s, s:o, s:s, s:o, s:o, s:o}", "id", json_id(notice->id), "kind",
                     notice_code(notice->kind), "ref", id_or_null(notice->ref), "text",
                     notice_words(notice, call->language == LANGUAGE_EN, call->arena), "details",
                     notice->details, "created_at", json_time(notice->created_us), "read_at",
                     json_time(notice->read_us));
}

/* With ?wait=… a long-poll: answers when the newest notice is no longer the one that was seen. */
static enum answered inbox_get(struct call *call)
{
    const struct inbox_query *query = call->query;
    int64_t limit = page_limit(&query->page);
    struct inbox_counts counts;
    struct notice *notices;
    struct error error;
    size_t count;
    json_t *items, *page;

    if (!inbox_count(call->db, call->who.account_id, &counts, &error))
        return reply_error(call, &error);
    if (query->wait > 0 && query->newest == counts.newest &&
        call_wait(call, call->who.account_id, query->wait * SECOND_US))
        return ANSWERED;
    if (!inbox_list(call->db, call->who.account_id, query->page.after, limit, call->arena, &notices,
                    &count, &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, notice_json(call, &notices[i]));
    page = page_json(items, (int64_t)count == limit ? notices[count - 1].id : 0);
    json_object_set_new(page, "newest", id_or_null(counts.newest));
    json_object_set_new(page, "unread", json_integer(counts.unread));
    return reply_json(call, 200, page);
}

static enum answered read_post(struct call *call)
{
    struct error error;
    enum find found =
        inbox_mark_read(call->db, call->who.account_id, call->ids[0], call->now_us, &error);

    return found == FIND_FOUND ? reply_empty(call) : reply_missing(call, found, &error);
}

const struct route inbox_routes[] = {
    {HTTP_GET, "/v1/inbox", SIGNED_IN, ON_QUERY, inbox_get, .query_fields = inbox_query_fields,
     .query_size = sizeof(struct inbox_query)},
    {HTTP_POST, "/v1/inbox/{id}/read", SIGNED_IN, ON_QUERY, read_post},
    {0},
};
