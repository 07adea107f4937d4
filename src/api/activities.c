/* Activities: what there is to do. */
#include "api/activity_calls.h"

#include <inttypes.h>
#include <string.h>

#include "api/app.h"
#include "api/people_json.h"
#include "api/resources.h"
#include "people/units.h"
#include "service/sign_ups.h"

/* A coordinator those of their own unit and below; `unit_id` 0: any at all. */
static bool sees_drafts(struct call *call, uint64_t unit_id)
{
    if (call->who.role == ROLE_COORDINATOR)
        return unit_id == 0 || unit_contains(call->db, call->who.scope_id, unit_id);
    return (call->who.role & STAFF) != 0;
}

bool activity_may_lead(struct call *call, uint64_t unit_id)
{
    return call->who.role == ROLE_ADMINISTRATOR ||
           (call->who.role == ROLE_COORDINATOR &&
            unit_contains(call->db, call->who.scope_id, unit_id));
}

/* null without a place check */
static json_t *location_json(const struct activity *activity)
{
    if (activity->radius_m == 0)
        return json_null();
    return json_pack("{s:i, s:i, s:i}", "latitude_e6", activity->latitude_e6, "longitude_e6",
                     activity->longitude_e6, "radius_m", activity->radius_m);
}

json_t *activity_json(const struct activity *activity)
{
    json_t *body =
        json_pack("{s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:i, s:i, s:i}", "id",
                  json_id(activity->id), "unit_id", json_id(activity->unit_id), "category",
                  activity->category_code, "state", activity_state_name(activity->state), "title",
                  activity->title, "description", activity->description, "place", activity->place,
                  "starts_at", json_time(activity->starts_us), "ends_at",
                  json_time(activity->ends_us), "capacity", activity->capacity, "places_left",
                  activity->capacity - activity->signed_up, "waiting", activity->waiting);

    json_object_set_new(body, "part_of", id_or_null(activity->part_of));
    json_object_set_new(body, "series_id", id_or_null(activity->series_id));
    json_object_set_new(body, "skill", json_string(activity->skill));
    json_object_set_new(body, "age_note", json_string(activity->age_note));
    json_object_set_new(body, "insurance_note", json_string(activity->insurance_note));
    json_object_set_new(body, "difficulty",
                        activity->difficulty ? json_integer(activity->difficulty) : json_null());
    json_object_set_new(body, "location", location_json(activity));
    return body;
}

static json_t *sign_up_json(const struct sign_up *sign_up)
{
    return json_pack("{s:s, s:i}", "state", sign_up_state_name(sign_up->state), "ahead",
                     sign_up->ahead);
}

enum answered activity_show(struct call *call, int status, uint64_t activity_id)
{
    struct activity activity;
    struct sign_up sign_up;
    struct error error;
    enum find found = activity_find(call->db, activity_id, call->arena, &activity, &error);
    json_t *body;

    if (found == FIND_FOUND && activity.state == ACTIVITY_DRAFT &&
        !sees_drafts(call, activity.unit_id))
        found = FIND_NOTHING;
    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!sign_up_find(call->db, activity_id, call->who.account_id, &sign_up, &error))
        return reply_error(call, &error);
    body = activity_json(&activity);
    if (call->who.role == ROLE_MEMBER)
        json_object_set_new(body, "sign_up", sign_up_json(&sign_up));
    if (status == 201)
        return reply_created(
            call, arena_printf(call->arena, "/v1/activities/%" PRIu64, activity_id), body);
    return reply_json(call, status, body);
}

enum find activity_find_led(struct call *call, uint64_t activity_id, struct activity *activity,
                            struct error *error)
{
    enum find found = activity_find(call->db, activity_id, call->arena, activity, error);

    return found == FIND_FOUND && !activity_may_lead(call, activity->unit_id) ? FIND_NOTHING
                                                                              : found;
}

enum answered reply_refused(struct call *call, enum refusal refusal)
{
    return reply_refusal(call, &(struct outcome){.refusal = refusal});
}

/* --- Making and finding ---------------------------------------------------------------------- */

struct activity_input {
    uint64_t unit_id;
    struct activity_terms terms;
};

static const struct json_field activity_fields[] = {
    {"unit_id", JSON_ID, REQUIRED, offsetof(struct activity_input, unit_id)},
    ACTIVITY_TERMS_FIELDS(struct activity_input, terms),
    {0},
};

static char *copied(struct call *call, struct text text)
{
    return arena_copy(call->arena, text.data, text.length);
}

/* The `index`th of `choices`. */
static char *choice_at(struct call *call, const char *choices, int index)
{
    for (; index > 0; index--)
        choices = strchr(choices, '|') + 1;
    return arena_copy(call->arena, choices, strcspn(choices, "|"));
}

struct activity activity_of_terms(struct call *call, const struct activity_terms *terms)
{
    return (struct activity){
        .category = terms->category + 1,
        .category_code = choice_at(call, CATEGORIES, terms->category),
        .title = copied(call, terms->title),
        .description = copied(call, terms->description),
        .place = copied(call, terms->place),
        .starts_us = terms->starts_us / SECOND_US * SECOND_US, /* as it is shown */
        .ends_us = terms->ends_us / SECOND_US * SECOND_US,
        .capacity = (int32_t)terms->capacity,
        .skill = copied(call, terms->skill),
        .age_note = copied(call, terms->age_note),
        .insurance_note = copied(call, terms->insurance_note),
        .latitude_e6 = (int32_t)terms->latitude_e6,
        .longitude_e6 = (int32_t)terms->longitude_e6,
        .radius_m = (int32_t)terms->radius_m,
        .difficulty = (int32_t)terms->difficulty,
        .created_by = call->who.account_id,
        .created_us = call->now_us,
    };
}

bool activity_times_fit(int64_t starts_us, int64_t ends_us)
{
    return ends_us > starts_us && ends_us - starts_us <= DAY_US;
}

enum answered reply_bad_times(struct call *call)
{
    return reply_problem_detail(call, PROBLEM_BAD_FIELD, "结束时间应晚于开始时间，且不超过 24 小时",
                                "ends_at must be after starts_at, by 24 hours at most");
}

static enum answered activity_post(struct call *call)
{
    const struct activity_input *input = call->input;
    struct activity activity = activity_of_terms(call, &input->terms);
    struct error error;

    activity.id = id_next(call->app->ids);
    activity.unit_id = input->unit_id;
    if (!activity_may_lead(call, input->unit_id) || !unit_contains(call->db, 0, input->unit_id))
        return reply_problem(call, PROBLEM_NOT_FOUND);
    if (!activity_times_fit(activity.starts_us, activity.ends_us))
        return reply_bad_times(call);
    if (!activity_create(call->db, &activity, &error))
        return reply_error(call, &error);
    return activity_show(call, 201, activity.id);
}

struct activities_query {
    uint64_t unit_id, part_of, series_id;
    int category; /* index; 0: any */
    struct text skill, place, words;
    int64_t from_us, to_us;
    bool open;
    struct page page;
};

#define QUERY(member) offsetof(struct activities_query, member)
static const struct json_field activities_query_fields[] = {
    {"unit_id", JSON_ID, OPTIONAL, QUERY(unit_id)},
    {"part_of", JSON_ID, OPTIONAL, QUERY(part_of)},
    {"series_id", JSON_ID, OPTIONAL, QUERY(series_id)},
    {"category", JSON_CHOICE, OPTIONAL, QUERY(category), .choices = "any|" CATEGORIES},
    {"skill", JSON_TEXT, OPTIONAL, QUERY(skill), .max = 40},
    {"place", JSON_TEXT, OPTIONAL, QUERY(place), .max = 40},
    {"q", JSON_TEXT, OPTIONAL, QUERY(words), .max = 40},
    {"from", JSON_TIME, OPTIONAL, QUERY(from_us)},
    {"to", JSON_TIME, OPTIONAL, QUERY(to_us)},
    {"open", JSON_FLAG, OPTIONAL, QUERY(open)},
    PAGE_FIELDS(struct activities_query, page),
    {0},
};
#undef QUERY

/* An empty text, not none: SQL knows the difference. */
static struct text or_empty(struct text text)
{
    return text.data ? text : TEXT("");
}

static struct activity_filter filter_of(struct call *call, const struct activities_query *query)
{
    return (struct activity_filter){
        .under = query->unit_id,
        .with_drafts = sees_drafts(call, 0),
        .drafts_under = call->who.role == ROLE_COORDINATOR ? call->who.scope_id : 0,
        .part_of = query->part_of,
        .series_id = query->series_id,
        .category = query->category,
        .skill = or_empty(query->skill),
        .place = or_empty(query->place),
        .words = or_empty(query->words),
        .from_us = query->from_us,
        .to_us = query->to_us,
        .open_at_us = query->open ? call->now_us : 0,
    };
}

static enum answered activities_get(struct call *call)
{
    const struct activities_query *query = call->query;
    struct activity_filter filter = filter_of(call, query);
    int64_t limit = page_limit(&query->page);
    struct activity *activities;
    struct error error;
    size_t count;
    json_t *items;

    if (!activity_list(call->db, &filter, query->page.after, limit, call->arena, &activities,
                       &count, &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, activity_json(&activities[i]));
    return reply_json_cached(
        call, page_json(items, (int64_t)count == limit ? activities[count - 1].id : 0));
}

static enum answered activity_get(struct call *call)
{
    return activity_show(call, 200, call->ids[0]);
}

static enum answered activity_publish_post(struct call *call)
{
    struct activity activity;
    struct error error;
    enum find found = activity_find_led(call, call->ids[0], &activity, &error);
    enum refusal refusal;

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!activity_publish(call->db, activity.id, call->now_us, &refusal, &error))
        return reply_error(call, &error);
    if (refusal != ACCEPTED)
        return reply_refused(call, refusal);
    return activity_show(call, 200, activity.id);
}

const struct route activity_routes[] = {
    {HTTP_GET, "/v1/activities", ANYONE, ON_QUERY, activities_get,
     .query_fields = activities_query_fields, .query_size = sizeof(struct activities_query)},
    {HTTP_POST, "/v1/activities", LEADERS, ON_QUERY, activity_post, .fields = activity_fields,
     .input_size = sizeof(struct activity_input)},
    {HTTP_GET, "/v1/activities/{id}", ANYONE, ON_QUERY, activity_get},
    {HTTP_POST, "/v1/activities/{id}/publish", LEADERS, ON_QUERY, activity_publish_post},
    {0},
};
