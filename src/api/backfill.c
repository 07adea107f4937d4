/* Records entered afterwards, and the notice that a unit may read of them. */
#include "service/backfill.h"

#include <inttypes.h>
#include <string.h>

#include "api/activity_calls.h"
#include "api/app.h"
#include "api/resources.h"
#include "people/members.h"
#include "people/units.h"

struct backfill_input {
    uint64_t member_id;
    int64_t started_us, ended_us;
    struct text why;
};

static const struct json_field backfill_fields[] = {
    {"member_id", JSON_ID, REQUIRED, offsetof(struct backfill_input, member_id)},
    {"started_at", JSON_TIME, REQUIRED, offsetof(struct backfill_input, started_us)},
    {"ended_at", JSON_TIME, REQUIRED, offsetof(struct backfill_input, ended_us)},
    {"why", JSON_TEXT, REQUIRED, offsetof(struct backfill_input, why), .min = 1, .max = 200},
    {0},
};

static enum answered backfill_post(struct call *call)
{
    const struct backfill_input *input = call->input;
    struct backfill backfill = {
        .record_id = id_next(call->app->ids),
        .activity_id = call->ids[0],
        .member_id = input->member_id,
        .actor = call->who.account_id,
        .person_id = call->who.person_id,
        .started_us = input->started_us,
        .ended_us = input->ended_us,
        .now_us = call->now_us,
        .why = input->why,
    };
    struct activity activity;
    enum refusal refusal;
    struct error error;
    enum find found = activity_find_led(call, call->ids[0], &activity, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!activity_times_fit(input->started_us, input->ended_us))
        return reply_bad_times(call);
    if (!record_backfill(call->db, &backfill, &refusal, &error))
        return reply_error(call, &error);
    if (refusal != ACCEPTED)
        return reply_refused(call, refusal);
    return reply_created(call,
                         arena_printf(call->arena, "/v1/records/%" PRIu64, backfill.record_id),
                         json_pack("{s:o, s:o}", "record_id", json_id(backfill.record_id),
                                   "notice_until", json_time(call->now_us + PUBLIC_NOTICE_US)));
}

/* Inside the unit only: its members, its coordinators, and those who see all. */
static enum find may_read(struct call *call, uint64_t unit_id, struct error *error)
{
    struct member member;
    enum find found;

    switch (call->who.role) {
    case ROLE_AUDITOR:
    case ROLE_ADMINISTRATOR: return unit_contains(call->db, 0, unit_id) ? FIND_FOUND : FIND_NOTHING;
    case ROLE_COORDINATOR:
        return unit_contains(call->db, call->who.scope_id, unit_id) ? FIND_FOUND : FIND_NOTHING;
    default: break;
    }
    found = member_find(call->db, call->app->keyring, call->who.account_id, call->arena, &member,
                        error);
    if (found != FIND_FOUND)
        return found;
    return unit_contains(call->db, unit_id, member.unit_id) ? FIND_FOUND : FIND_NOTHING;
}

/* "张*", the activity and the minutes: no more. */
static json_t *notice_json(const struct public_notice *notice, const char *name)
{
    char masked[NAME_MASK_SIZE] = "*";

    if (name)
        name_mask((struct text){name, strlen(name)}, masked);
    return json_pack("{s:o, s:s, s:s, s:i, s:o}", "record_id", json_id(notice->record_id), "name",
                     masked, "activity_title", notice->activity_title, "minutes", notice->minutes,
                     "until", json_time(notice->until_us));
}

static enum answered public_notices_get(struct call *call)
{
    const struct page_query *query = call->query;
    int64_t limit = page_limit(&query->page);
    struct public_notice *notices;
    struct error error;
    enum find found = may_read(call, call->ids[0], &error);
    uint64_t *ids;
    char **names;
    size_t count;
    json_t *items;

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!public_notice_list(call->db, call->ids[0], call->now_us, query->page.after, limit,
                            call->arena, &notices, &count, &error))
        return reply_error(call, &error);
    ids = arena_take(call->arena, (count + 1) * sizeof *ids);
    names = arena_take(call->arena, (count + 1) * sizeof *names);
    for (size_t i = 0; i < count; i++)
        ids[i] = notices[i].member_id;
    if (!member_names(call->db, call->app->keyring, ids, count, call->arena, names, &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, notice_json(&notices[i], names[i]));
    return reply_json(call, 200,
                      page_json(items, (int64_t)count == limit ? notices[count - 1].record_id : 0));
}

const struct route backfill_routes[] = {
    {HTTP_POST, "/v1/activities/{id}/backfill", LEADERS, ON_QUERY, backfill_post,
     .fields = backfill_fields, .input_size = sizeof(struct backfill_input)},
    {HTTP_GET, "/v1/units/{id}/public-notices", ROLE_MEMBER | STAFF, ON_QUERY, public_notices_get,
     .query_fields = page_query_fields, .query_size = sizeof(struct page_query)},
    {0},
};
