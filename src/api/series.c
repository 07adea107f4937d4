/* Shifts of an activity, and activities that are published every week. */
#include "service/series.h"

#include "api/activity_calls.h"
#include "api/app.h"
#include "api/resources.h"

struct shift_input {
    struct text post;
    int64_t starts_us, ends_us, capacity;
};

static const struct json_field shift_fields[] = {
    {"post", JSON_TEXT, REQUIRED, offsetof(struct shift_input, post), .min = 1, .max = 80},
    {"starts_at", JSON_TIME, REQUIRED, offsetof(struct shift_input, starts_us)},
    {"ends_at", JSON_TIME, REQUIRED, offsetof(struct shift_input, ends_us)},
    {"capacity", JSON_INT, REQUIRED, offsetof(struct shift_input, capacity), .min = 1,
     .max = 100000},
    {0},
};

static enum answered shift_post(struct call *call)
{
    const struct shift_input *input = call->input;
    struct shift shift = {
        .id = id_next(call->app->ids),
        .whole_id = call->ids[0],
        .post = input->post,
        .starts_us = input->starts_us / SECOND_US * SECOND_US,
        .ends_us = input->ends_us / SECOND_US * SECOND_US,
        .capacity = (int32_t)input->capacity,
        .created_by = call->who.account_id,
        .now_us = call->now_us,
    };
    struct activity activity;
    enum refusal refusal;
    struct error error;
    enum find found = activity_find_led(call, call->ids[0], &activity, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!activity_times_fit(shift.starts_us, shift.ends_us))
        return reply_bad_times(call);
    if (!shift_add(call->db, &shift, &refusal, &error))
        return reply_error(call, &error);
    return refusal != ACCEPTED ? reply_refused(call, refusal) : activity_show(call, 201, shift.id);
}

struct series_input {
    int64_t weeks_ahead;
    int64_t until_us;
};

static const struct json_field series_fields[] = {
    {"weeks_ahead", JSON_INT, REQUIRED, offsetof(struct series_input, weeks_ahead), .min = 1,
     .max = WEEKS_AHEAD_MOST},
    {"until", JSON_TIME, OPTIONAL, offsetof(struct series_input, until_us)},
    {0},
};

static enum answered series_put(struct call *call)
{
    const struct series_input *input = call->input;
    struct series series = {
        .id = call->ids[0],
        .weeks_ahead = (int32_t)input->weeks_ahead,
        .until_us = input->until_us,
        .actor = call->who.account_id,
        .now_us = call->now_us,
    };
    struct activity activity;
    enum refusal refusal;
    struct error error;
    enum find found = activity_find_led(call, call->ids[0], &activity, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!series_set(call->db, &series, &refusal, &error))
        return reply_error(call, &error);
    if (refusal != ACCEPTED)
        return reply_refused(call, refusal);
    if (!series_publish(call->db, call->app->ids, series.id, call->now_us, &error))
        return reply_error(call, &error);
    return activity_show(call, 200, series.id);
}

static enum answered series_delete(struct call *call)
{
    struct activity activity;
    enum refusal refusal;
    struct error error;
    enum find found = activity_find_led(call, call->ids[0], &activity, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!series_stop(call->db, activity.id, &refusal, &error))
        return reply_error(call, &error);
    return refusal != ACCEPTED ? reply_refused(call, refusal) : reply_empty(call);
}

const struct route series_routes[] = {
    {HTTP_POST, "/v1/activities/{id}/shifts", LEADERS, ON_QUERY, shift_post, .fields = shift_fields,
     .input_size = sizeof(struct shift_input)},
    {HTTP_PUT, "/v1/activities/{id}/series", LEADERS, ON_QUERY, series_put, .fields = series_fields,
     .input_size = sizeof(struct series_input)},
    {HTTP_DELETE, "/v1/activities/{id}/series", LEADERS, ON_QUERY, series_delete},
    {0},
};
