/* Taking part in an activity: signing up, and being there. */
#include "api/activity_calls.h"

#include <inttypes.h>

#include "api/app.h"
#include "api/guesses.h"
#include "api/qr.h"
#include "api/resources.h"
#include "people/members.h"
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
    int64_t latitude_e6, longitude_e6;
    bool has_latitude, has_longitude;
};

static const struct json_field check_fields[] = {
    {"code", JSON_TEXT, REQUIRED, offsetof(struct check_input, code), .min = CHECK_CODE_DIGITS,
     .max = CHECK_CODE_DIGITS},
    {"latitude_e6", JSON_INT, OPTIONAL, offsetof(struct check_input, latitude_e6), .min = -90000000,
     .max = 90000000, .seen = offsetof(struct check_input, has_latitude)},
    {"longitude_e6", JSON_INT, OPTIONAL, offsetof(struct check_input, longitude_e6),
     .min = -180000000, .max = 180000000, .seen = offsetof(struct check_input, has_longitude)},
    {0},
};

typedef bool attend(struct db *db, struct attendance *attendance, enum refusal *refusal,
                    struct error *error);

static enum answered check(struct call *call, enum check_direction direction, attend *step)
{
    const struct check_input *input = call->input;
    const struct key *key = keyring_current(call->app->keyring, KEY_CHECK_IN);
    struct attendance attendance = attendance_of(call);
    struct position at = {(int32_t)input->latitude_e6, (int32_t)input->longitude_e6};
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
    attendance.at = input->has_latitude && input->has_longitude ? &at : NULL;
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

/* --- For the coordinator --------------------------------------------------------------------- */

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

struct qr_query {
    int direction; /* index: one less than enum check_direction */
};

static const struct json_field qr_query_fields[] = {
    {"direction", JSON_CHOICE, OPTIONAL, offsetof(struct qr_query, direction),
     .choices = "check_in|check_out"},
    {0},
};

/* What the app reads: the activity, the direction and the code of this half minute. */
static enum answered codes_qr_get(struct call *call)
{
    const struct qr_query *query = call->query;
    const struct key *key = keyring_current(call->app->keyring, KEY_CHECK_IN);
    enum check_direction direction = query->direction == 0 ? CHECK_IN : CHECK_OUT;
    char code[CHECK_CODE_DIGITS + 1];
    struct activity activity;
    struct error error;
    enum find found = activity_find_led(call, call->ids[0], &activity, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    check_code_make(key->secret, activity.id, direction, call->now_us, code);
    return reply_bytes(
        call, 200, "image/svg+xml",
        qr_svg(call->arena,
               arena_printf(call->arena, "linli:%s:%" PRIu64 ":%s",
                            direction == CHECK_IN ? "check-in" : "check-out", activity.id, code)));
}

struct roll_call_input {
    struct json_list member_ids;
    int direction;
};

static const struct json_field roll_call_fields[] = {
    {"member_ids", JSON_IDS, REQUIRED, offsetof(struct roll_call_input, member_ids), .min = 1,
     .max = 100},
    {"direction", JSON_CHOICE, REQUIRED, offsetof(struct roll_call_input, direction),
     .choices = "check_in|check_out"},
    {0},
};

/* One member of the roll: their record, or why there is none. False when it broke. */
static bool call_out(struct call *call, uint64_t member_id, attend *step, json_t *items,
                     struct error *error)
{
    struct attendance attendance = {.activity_id = call->ids[0],
                                    .member_id = member_id,
                                    .now_us = call->now_us,
                                    .record_id = id_next(call->app->ids),
                                    .grade = GRADE_C};
    enum refusal refusal = REFUSED_OWN_RECORD;

    if (member_id != call->who.person_id && !step(call->db, &attendance, &refusal, error))
        return false;
    json_array_append_new(
        items, json_pack("{s:o, s:o, s:s?}", "member_id", json_id(member_id), "record_id",
                         refusal == ACCEPTED ? json_id(attendance.record_id) : json_null(),
                         "refused", refusal == ACCEPTED ? NULL : refusal_text(refusal)->code));
    return true;
}

/* The coordinator says who is there, or who goes: for people without a phone. */
static enum answered roll_call_post(struct call *call)
{
    const struct roll_call_input *input = call->input;
    const uint64_t *ids = input->member_ids.items;
    struct activity activity;
    struct error error;
    enum find found = activity_find_led(call, call->ids[0], &activity, &error);
    json_t *items;

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    items = json_array();
    for (size_t i = 0; i < input->member_ids.count; i++)
        if (!call_out(call, ids[i], input->direction == 0 ? activity_check_in : activity_check_out,
                      items, &error)) {
            json_decref(items);
            return reply_error(call, &error);
        }
    return reply_json(call, 200, json_pack("{s:o}", "items", items));
}

struct sign_ups_input {
    struct json_list member_ids;
};

static const struct json_field sign_ups_fields[] = {
    {"member_ids", JSON_IDS, REQUIRED, offsetof(struct sign_ups_input, member_ids), .min = 1,
     .max = 100},
    {0},
};

/* One member is signed up: what came of it, or why nothing did. False when it broke. */
static bool sign_up_one(struct call *call, uint64_t member_id, json_t *items, struct error *error)
{
    struct attendance attendance = {
        .activity_id = call->ids[0], .member_id = member_id, .now_us = call->now_us};
    enum refusal refusal = REFUSED_NOT_FOUND;
    struct sign_up sign_up;
    struct member member;
    enum find found =
        member_find(call->db, call->app->keyring, member_id, call->arena, &member, error);

    if (found == FIND_FAILED ||
        (found == FIND_FOUND && !activity_sign_up(call->db, &attendance, &refusal, error)) ||
        !sign_up_find(call->db, attendance.activity_id, member_id, &sign_up, error))
        return false;
    json_array_append_new(items,
                          json_pack("{s:o, s:s, s:s?}", "member_id", json_id(member_id), "state",
                                    sign_up_state_name(sign_up.state), "refused",
                                    refusal == ACCEPTED ? NULL : refusal_text(refusal)->code));
    return true;
}

/* The coordinator signs people up who have no phone. */
static enum answered sign_ups_post(struct call *call)
{
    const struct sign_ups_input *input = call->input;
    const uint64_t *ids = input->member_ids.items;
    struct activity activity;
    struct error error;
    enum find found = activity_find_led(call, call->ids[0], &activity, &error);
    json_t *items;

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    items = json_array();
    for (size_t i = 0; i < input->member_ids.count; i++)
        if (!sign_up_one(call, ids[i], items, &error)) {
            json_decref(items);
            return reply_error(call, &error);
        }
    return reply_json(call, 200, json_pack("{s:o}", "items", items));
}

const struct route attendance_routes[] = {
    {HTTP_GET, "/v1/activities/{id}/codes", LEADERS, ON_QUERY, codes_get},
    {HTTP_GET, "/v1/activities/{id}/codes/qr", LEADERS, ON_QUERY, codes_qr_get,
     .query_fields = qr_query_fields, .query_size = sizeof(struct qr_query)},
    {HTTP_POST, "/v1/activities/{id}/roll-call", LEADERS, ON_QUERY, roll_call_post,
     .fields = roll_call_fields, .input_size = sizeof(struct roll_call_input)},
    {HTTP_POST, "/v1/activities/{id}/sign-ups", LEADERS, ON_QUERY, sign_ups_post,
     .fields = sign_ups_fields, .input_size = sizeof(struct sign_ups_input)},
    {HTTP_PUT, "/v1/activities/{id}/sign-up", ROLE_MEMBER, ON_QUERY, sign_up_put},
    {HTTP_DELETE, "/v1/activities/{id}/sign-up", ROLE_MEMBER, ON_QUERY, sign_up_delete},
    {HTTP_POST, "/v1/activities/{id}/check-in", ROLE_MEMBER, ON_QUERY, check_in_post,
     .fields = check_fields, .input_size = sizeof(struct check_input)},
    {HTTP_POST, "/v1/activities/{id}/check-out", ROLE_MEMBER, ON_QUERY, check_out_post,
     .fields = check_fields, .input_size = sizeof(struct check_input)},
    {0},
};
