/* Taking part in an activity: signing up, and being there. */
#include "api/activity_calls.h"
#include "api/app.h"
#include "api/guesses.h"
#include "api/resources.h"
#include "service/check_in.h"
#include "service/sign_ups.h"

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
    return activity_show(call, 200, attendance.activity_id);
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
    enum find found = activity_find_led(call, call->ids[0], &activity, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    check_code_make(key->secret, activity.id, CHECK_IN, call->now_us, in);
    check_code_make(key->secret, activity.id, CHECK_OUT, call->now_us, out);
    return reply_json(call, 200,
                      json_pack("{s:s, s:s, s:o}", "check_in", in, "check_out", out, "changes_at",
                                json_time(next_us)));
}

const struct route attendance_routes[] = {
    {HTTP_GET, "/v1/activities/{id}/codes", LEADERS, ON_QUERY, codes_get},
    {HTTP_PUT, "/v1/activities/{id}/sign-up", ROLE_MEMBER, ON_QUERY, sign_up_put},
    {HTTP_DELETE, "/v1/activities/{id}/sign-up", ROLE_MEMBER, ON_QUERY, sign_up_delete},
    {HTTP_POST, "/v1/activities/{id}/check-in", ROLE_MEMBER, ON_QUERY, check_in_post,
     .fields = check_fields, .input_size = sizeof(struct check_input)},
    {HTTP_POST, "/v1/activities/{id}/check-out", ROLE_MEMBER, ON_QUERY, check_out_post,
     .fields = check_fields, .input_size = sizeof(struct check_input)},
    {0},
};
