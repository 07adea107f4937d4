/* Activities: what there is to do, signing up, and being there. */
#include "service/activities.h"

#include <inttypes.h>

#include "api/app.h"
#include "api/call.h"
#include "api/guesses.h"
#include "api/resources.h"
#include "people/units.h"
#include "service/check_in.h"

static bool sees_drafts(const struct who *who)
{
    return (who->role & STAFF) != 0;
}

/* A coordinator leads the activities of their unit and of those below it. */
static bool may_lead(struct call *call, uint64_t unit_id)
{
    return call->who.role == ROLE_ADMINISTRATOR ||
           (call->who.role == ROLE_COORDINATOR &&
            unit_contains(call->db, call->who.scope_id, unit_id));
}

static json_t *activity_json(const struct activity *activity)
{
    return json_pack("{s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:i, s:i}", "id",
                     json_id(activity->id), "unit_id", json_id(activity->unit_id), "category",
                     activity->category_code, "state", activity_state_name(activity->state),
                     "title", activity->title, "description", activity->description, "place",
                     activity->place, "starts_at", json_time(activity->starts_us), "ends_at",
                     json_time(activity->ends_us), "capacity", activity->capacity, "places_left",
                     activity->capacity - activity->signed_up);
}

static enum answered show_activity(struct call *call, int status, uint64_t activity_id)
{
    struct activity activity;
    struct error error;
    enum find found = activity_find(call->db, activity_id, call->arena, &activity, &error);

    if (found == FIND_FOUND && activity.state == ACTIVITY_DRAFT && !sees_drafts(&call->who))
        found = FIND_NOTHING;
    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (status == 201)
        return reply_created(call,
                             arena_printf(call->arena, "/v1/activities/%" PRIu64, activity_id),
                             activity_json(&activity));
    return reply_json(call, status, activity_json(&activity));
}

/* FIND_NOTHING as well for an activity that is not the caller's to lead. */
static enum find find_led(struct call *call, struct activity *activity, struct error *error)
{
    enum find found = activity_find(call->db, call->ids[0], call->arena, activity, error);

    return found == FIND_FOUND && !may_lead(call, activity->unit_id) ? FIND_NOTHING : found;
}

static enum answered reply_refused(struct call *call, enum refusal refusal)
{
    return reply_refusal(call, &(struct outcome){.refusal = refusal});
}

/* --- Making and finding ---------------------------------------------------------------------- */

#define CATEGORIES                                                                                 \
    "epidemic_control|poverty_relief|clean_homes|public_safety|civil_travel|good_neighbours|"      \
    "culture_and_sport|joint_building|joint_governing|sharing"

struct activity_input {
    uint64_t unit_id;
    int category; /* index into CATEGORIES: one less than its row's number */
    struct text title, description, place;
    int64_t starts_us, ends_us, capacity;
};

static const struct json_field activity_fields[] = {
    {"unit_id", JSON_ID, REQUIRED, offsetof(struct activity_input, unit_id)},
    {"category", JSON_CHOICE, REQUIRED, offsetof(struct activity_input, category),
     .choices = CATEGORIES},
    {"title", JSON_TEXT, REQUIRED, offsetof(struct activity_input, title), .min = 1, .max = 100},
    {"description", JSON_TEXT, OPTIONAL, offsetof(struct activity_input, description), .max = 1000},
    {"place", JSON_TEXT, OPTIONAL, offsetof(struct activity_input, place), .max = 200},
    {"starts_at", JSON_TIME, REQUIRED, offsetof(struct activity_input, starts_us)},
    {"ends_at", JSON_TIME, REQUIRED, offsetof(struct activity_input, ends_us)},
    {"capacity", JSON_INT, REQUIRED, offsetof(struct activity_input, capacity), .min = 1,
     .max = 100000},
    {0},
};

static enum answered activity_post(struct call *call)
{
    const struct activity_input *input = call->input;
    struct error error;
    struct activity activity = {
        .id = id_next(call->app->ids),
        .unit_id = input->unit_id,
        .category = input->category + 1,
        .title = arena_copy(call->arena, input->title.data, input->title.length),
        .description = arena_copy(call->arena, input->description.data, input->description.length),
        .place = arena_copy(call->arena, input->place.data, input->place.length),
        .starts_us = input->starts_us,
        .ends_us = input->ends_us,
        .capacity = (int32_t)input->capacity,
        .created_by = call->who.account_id,
        .created_us = call->now_us,
    };

    if (!may_lead(call, input->unit_id) || !unit_contains(call->db, 0, input->unit_id))
        return reply_problem(call, PROBLEM_NOT_FOUND);
    if (input->ends_us <= input->starts_us || input->ends_us - input->starts_us > DAY_US)
        return reply_problem_detail(call, PROBLEM_BAD_FIELD,
                                    "结束时间应晚于开始时间，且不超过 24 小时",
                                    "ends_at must be after starts_at, by 24 hours at most");
    if (!activity_create(call->db, &activity, &error))
        return reply_error(call, &error);
    return show_activity(call, 201, activity.id);
}

struct activities_query {
    uint64_t unit_id;
    struct page page;
};

static const struct json_field activities_query_fields[] = {
    {"unit_id", JSON_ID, OPTIONAL, offsetof(struct activities_query, unit_id)},
    PAGE_FIELDS(struct activities_query, page),
    {0},
};

static enum answered activities_get(struct call *call)
{
    const struct activities_query *query = call->query;
    struct activity_filter filter = {query->unit_id, sees_drafts(&call->who)};
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
    return show_activity(call, 200, call->ids[0]);
}

static enum answered activity_publish_post(struct call *call)
{
    struct activity activity;
    struct error error;
    enum find found = find_led(call, &activity, &error);
    enum refusal refusal;

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!activity_publish(call->db, activity.id, call->now_us, &refusal, &error))
        return reply_error(call, &error);
    if (refusal != ACCEPTED)
        return reply_refused(call, refusal);
    return show_activity(call, 200, activity.id);
}

/* --- Taking part ----------------------------------------------------------------------------- */

static struct attendance attendance_of(const struct call *call)
{
    return (struct attendance){.activity_id = call->ids[0],
                               .member_id = call->who.account_id,
                               .now_us = call->now_us,
                               .grade = GRADE_C};
}

static enum answered sign_up_put(struct call *call)
{
    struct attendance attendance = attendance_of(call);
    enum refusal refusal;
    struct error error;

    if (!activity_sign_up(call->db, &attendance, &refusal, &error))
        return reply_error(call, &error);
    if (refusal != ACCEPTED)
        return reply_refused(call, refusal);
    return show_activity(call, 200, attendance.activity_id);
}

static enum answered sign_up_delete(struct call *call)
{
    struct attendance attendance = attendance_of(call);
    enum refusal refusal;
    struct error error;

    if (!activity_sign_off(call->db, &attendance, &refusal, &error))
        return reply_error(call, &error);
    return refusal != ACCEPTED ? reply_refused(call, refusal) : reply_empty(call);
}

struct check_input {
    struct text code;
};

static const struct json_field check_fields[] = {
    {"code", JSON_TEXT, REQUIRED, offsetof(struct check_input, code), .min = CHECK_CODE_DIGITS,
     .max = CHECK_CODE_DIGITS},
    {0},
};

typedef bool attend(struct db *db, struct attendance *attendance, enum refusal *refusal,
                    struct error *error);

static enum answered check(struct call *call, enum check_direction direction, attend *step)
{
    const struct check_input *input = call->input;
    const struct key *key = keyring_current(call->app->keyring, KEY_CHECK_IN);
    struct attendance attendance = attendance_of(call);
    enum refusal refusal;
    struct error error;

    if (guesses_too_many(call))
        return reply_too_many(call, GUESSES_WINDOW_US);
    if (!check_code_valid(key->secret, attendance.activity_id, direction, call->now_us,
                          input->code)) {
        guesses_count_wrong(call);
        return reply_refused(call, REFUSED_WRONG_CODE);
    }
    attendance.record_id = id_next(call->app->ids);
    if (!step(call->db, &attendance, &refusal, &error))
        return reply_error(call, &error);
    if (refusal != ACCEPTED)
        return reply_refused(call, refusal);
    return reply_json(call, 200, json_pack("{s:o}", "record_id", json_id(attendance.record_id)));
}

static enum answered check_in_post(struct call *call)
{
    return check(call, CHECK_IN, activity_check_in);
}

static enum answered check_out_post(struct call *call)
{
    return check(call, CHECK_OUT, activity_check_out);
}

/* For the screen on site: both codes of this half minute. */
static enum answered codes_get(struct call *call)
{
    const struct key *key = keyring_current(call->app->keyring, KEY_CHECK_IN);
    int64_t next_us = (call->now_us / CHECK_STEP_US + 1) * CHECK_STEP_US;
    char in[CHECK_CODE_DIGITS + 1], out[CHECK_CODE_DIGITS + 1];
    struct activity activity;
    struct error error;
    enum find found = find_led(call, &activity, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    check_code_make(key->secret, activity.id, CHECK_IN, call->now_us, in);
    check_code_make(key->secret, activity.id, CHECK_OUT, call->now_us, out);
    return reply_json(call, 200,
                      json_pack("{s:s, s:s, s:o}", "check_in", in, "check_out", out, "changes_at",
                                json_time(next_us)));
}

#define LEADERS (ROLE_COORDINATOR | ROLE_ADMINISTRATOR)

const struct route activity_routes[] = {
    {HTTP_GET, "/v1/activities", ANYONE, ON_QUERY, activities_get,
     .query_fields = activities_query_fields, .query_size = sizeof(struct activities_query)},
    {HTTP_POST, "/v1/activities", LEADERS, ON_QUERY, activity_post, .fields = activity_fields,
     .input_size = sizeof(struct activity_input)},
    {HTTP_GET, "/v1/activities/{id}", ANYONE, ON_QUERY, activity_get},
    {HTTP_POST, "/v1/activities/{id}/publish", LEADERS, ON_QUERY, activity_publish_post},
    {HTTP_GET, "/v1/activities/{id}/codes", LEADERS, ON_QUERY, codes_get},
    {HTTP_PUT, "/v1/activities/{id}/sign-up", ROLE_MEMBER, ON_QUERY, sign_up_put},
    {HTTP_DELETE, "/v1/activities/{id}/sign-up", ROLE_MEMBER, ON_QUERY, sign_up_delete},
    {HTTP_POST, "/v1/activities/{id}/check-in", ROLE_MEMBER, ON_QUERY, check_in_post,
     .fields = check_fields, .input_size = sizeof(struct check_input)},
    {HTTP_POST, "/v1/activities/{id}/check-out", ROLE_MEMBER, ON_QUERY, check_out_post,
     .fields = check_fields, .input_size = sizeof(struct check_input)},
    {0},
};
