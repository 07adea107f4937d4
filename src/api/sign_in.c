/* Sign-in: staff by password, members by a code to their phone, refreshing, signing out. */
#include "people/sign_in.h"

#include "api/app.h"
#include "api/call.h"
#include "api/people_json.h"
#include "api/resources.h"
#include "people/accounts.h"
#include "people/members.h"

static struct sign_in sign_in_of(const struct call *call)
{
    return (struct sign_in){
        .options = call->app->sign_in,
        .sms = call->app->sms,
        .sender = call->app->code_sender,
        .keyring = call->app->keyring,
        .ids = call->app->ids,
        .client = http_request_client(call->request),
        .now_us = call->now_us,
    };
}

static json_t *session_json(const struct session *session)
{
    json_t *account =
        json_pack("{s:o, s:s, s:o}", "id", json_id(session->who.account_id), "role",
                  role_name(session->who.role), "scope_id",
                  session->who.scope_id ? json_id(session->who.scope_id) : json_null());

    return json_pack("{s:s, s:s, s:o, s:s, s:o, s:o}", "token_type", "Bearer", "access_token",
                     session->access, "expires_at", json_time(session->access_expires_us),
                     "refresh_token", session->refresh, "refresh_expires_at",
                     json_time(session->refresh_expires_us), "account", account);
}

/* Every answer but those that only one way to sign in gives. */
static enum answered reply_signed_in(struct call *call, int status, const struct signed_in *out)
{
    switch (out->answer) {
    case SIGN_IN_DONE: return reply_json(call, status, session_json(&out->session));
    case SIGN_IN_TOO_MANY: return reply_too_many(call, out->wait_us);
    case SIGN_IN_BUSY: return reply_problem(call, PROBLEM_BUSY);
    case SIGN_IN_NO_UNIT:
        return reply_bad_field(call, "/unit_id", "unknown_unit", "a unit of GET /v1/units");
    case SIGN_IN_BROKEN: return reply_error(call, &out->error);
    case SIGN_IN_WRONG:
    case SIGN_IN_REGISTER: break;
    }
    return reply_problem(call, PROBLEM_WRONG_SIGN_IN);
}

/* --- Staff ----------------------------------------------------------------------------------- */

struct staff_sign_in_input {
    struct text login, password;
};

static const struct json_field staff_sign_in_fields[] = {
    {"login", JSON_TEXT, REQUIRED, offsetof(struct staff_sign_in_input, login), .min = 1,
     .max = LOGIN_SIZE},
    {"password", JSON_TEXT, REQUIRED, offsetof(struct staff_sign_in_input, password), .min = 1,
     .max = PASSWORD_MOST},
    {0},
};

static enum answered sign_in_staff_post(struct call *call)
{
    const struct staff_sign_in_input *input = call->input;
    struct sign_in sign_in = sign_in_of(call);
    struct signed_in out;

    sign_in_staff(&sign_in, call->db, input->login, input->password, &out);
    return reply_signed_in(call, 200, &out);
}

/* --- Members --------------------------------------------------------------------------------- */

#define PHONE_EXPECTED "13812345678 or +8613812345678"

struct phone_input {
    struct text phone;
    struct text code; /* of the second step */
};

static const struct json_field code_fields[] = {
    {"phone", JSON_TEXT, REQUIRED, offsetof(struct phone_input, phone), .min = 1, .max = 30},
    {0},
};

static const struct json_field phone_fields[] = {
    {"phone", JSON_TEXT, REQUIRED, offsetof(struct phone_input, phone), .min = 1, .max = 30},
    {"code", JSON_TEXT, REQUIRED, offsetof(struct phone_input, code), .min = CODE_DIGITS,
     .max = CODE_DIGITS},
    {0},
};

/* 202: it is on its way. Says nothing of whether the phone is known. */
static enum answered sign_in_codes_post(struct call *call)
{
    const struct phone_input *input = call->input;
    struct sign_in sign_in = sign_in_of(call);
    struct signed_in out;
    struct phone phone;

    if (!sign_in.sender)
        return reply_problem(call, PROBLEM_NO_CODE_SENDER);
    if (!phone_parse(input->phone, &phone))
        return reply_bad_field(call, "/phone", "bad_phone", PHONE_EXPECTED);
    sign_in_send_code(&sign_in, call->db, &phone, &out);
    if (out.answer != SIGN_IN_DONE)
        return reply_signed_in(call, 200, &out);
    return reply_json(call, 202,
                      json_pack("{s:o, s:o}", "expires_at",
                                json_time(call->now_us + CODE_LIFETIME_US), "again_at",
                                json_time(call->now_us + sign_in.options->code_pause_us)));
}

static enum answered sign_in_phone_post(struct call *call)
{
    const struct phone_input *input = call->input;
    struct sign_in sign_in = sign_in_of(call);
    struct signed_in out;
    struct phone phone;

    if (!phone_parse(input->phone, &phone))
        return reply_bad_field(call, "/phone", "bad_phone", PHONE_EXPECTED);
    sign_in_phone(&sign_in, call->db, &phone, input->code, &out);
    if (out.answer != SIGN_IN_REGISTER)
        return reply_signed_in(call, 200, &out);
    return reply_json(call, 200,
                      json_pack("{s:b, s:s, s:o}", "needs_registration", true, "registration_token",
                                out.registration, "registration_expires_at",
                                json_time(call->now_us + REGISTRATION_TOKEN_LIFETIME_US)));
}

struct registration_input {
    struct text registration_token, name;
    uint64_t unit_id;
    bool consent, guardian_consent;
    int age;
};

static const struct json_field registration_fields[] = {
    {"registration_token", JSON_TEXT, REQUIRED,
     offsetof(struct registration_input, registration_token), .min = 1},
    {"name", JSON_NAME, REQUIRED, offsetof(struct registration_input, name), .min = 1,
     .max = MEMBER_NAME_MOST},
    {"unit_id", JSON_ID, REQUIRED, offsetof(struct registration_input, unit_id)},
    {"consent", JSON_FLAG, REQUIRED, offsetof(struct registration_input, consent)},
    {"age", JSON_CHOICE, OPTIONAL, offsetof(struct registration_input, age),
     .choices = AGE_CHOICES},
    {"guardian_consent", JSON_FLAG, OPTIONAL,
     offsetof(struct registration_input, guardian_consent)},
    {0},
};

static enum answered sign_in_registration_post(struct call *call)
{
    const struct registration_input *input = call->input;
    struct sign_in sign_in = sign_in_of(call);
    struct registration registration = {
        .token = input->registration_token,
        .name = input->name,
        .unit_id = input->unit_id,
    };
    struct signed_in out;

    if (!input->consent)
        return reply_bad_field(call, "/consent", "consent_needed", "true");
    if (!age_admits(call, input->age, input->guardian_consent, &registration.age))
        return ANSWERED;
    sign_in_register(&sign_in, call->db, &registration, &out);
    return reply_signed_in(call, 201, &out);
}

/* --- Sessions -------------------------------------------------------------------------------- */

struct refresh_input {
    struct text refresh_token;
};

static const struct json_field refresh_fields[] = {
    {"refresh_token", JSON_TEXT, REQUIRED, offsetof(struct refresh_input, refresh_token), .min = 1},
    {0},
};

static enum answered sign_in_refresh_post(struct call *call)
{
    const struct refresh_input *input = call->input;
    struct session session;
    struct error error;

    switch (session_refresh(call->db, call->app->keyring, input->refresh_token, call->now_us,
                            &session, &error)) {
    case PEOPLE_DONE: return reply_json(call, 200, session_json(&session));
    case PEOPLE_NOT_FOUND: return reply_problem(call, PROBLEM_UNAUTHENTICATED);
    default: return reply_error(call, &error);
    }
}

static const struct json_field sign_out_fields[] = {
    {"refresh_token", JSON_TEXT, OPTIONAL, offsetof(struct refresh_input, refresh_token)},
    {0},
};

/* With a refresh token: this device's session. Without: every session of the account, at once. */
static enum answered sign_out_post(struct call *call)
{
    const struct refresh_input *input = call->input;
    struct revoke revoke = {
        .account_id = call->who.account_id,
        .actor = call->who.account_id,
        .why = TEXT("signed out everywhere"),
    };
    struct error error;

    if (input->refresh_token.length > 0) {
        if (!session_close(call->db, call->who.account_id, input->refresh_token, &error))
            return reply_error(call, &error);
    } else if (account_revoke(call->db, &revoke, call->now_us, &error) == PEOPLE_BROKEN) {
        return reply_error(call, &error);
    }
    return reply_empty(call);
}

const struct route sign_in_routes[] = {
    {HTTP_POST, "/v1/sign-in/staff", ANYONE, ON_QUERY, sign_in_staff_post,
     .fields = staff_sign_in_fields, .input_size = sizeof(struct staff_sign_in_input)},
    {HTTP_POST, "/v1/sign-in/codes", ANYONE, ON_QUERY, sign_in_codes_post, .fields = code_fields,
     .input_size = sizeof(struct phone_input)},
    {HTTP_POST, "/v1/sign-in/phone", ANYONE, ON_QUERY, sign_in_phone_post, .fields = phone_fields,
     .input_size = sizeof(struct phone_input)},
    {HTTP_POST, "/v1/sign-in/registration", ANYONE, ON_QUERY, sign_in_registration_post,
     .fields = registration_fields, .input_size = sizeof(struct registration_input)},
    {HTTP_POST, "/v1/sign-in/refresh", ANYONE, ON_QUERY, sign_in_refresh_post,
     .fields = refresh_fields, .input_size = sizeof(struct refresh_input)},
    {HTTP_POST, "/v1/sign-out", SIGNED_IN, ON_QUERY, sign_out_post, .fields = sign_out_fields,
     .input_size = sizeof(struct refresh_input)},
    {0},
};
