/* What is a member's own to say: consents, profile, a copy of everything, erasure; skills. */
#include "api/app.h"
#include "api/call.h"
#include "api/member_export.h"
#include "api/people_json.h"
#include "api/resources.h"
#include "people/consents.h"
#include "people/erasure.h"
#include "people/profiles.h"

/* --- Consents -------------------------------------------------------------------------------- */

static enum answered reply_consents(struct call *call)
{
    struct consent consents[CONSENTS_COUNT];
    struct error error;
    json_t *items = json_array();

    if (!consents_read(call->db, call->who.account_id, consents, &error)) {
        json_decref(items);
        return reply_error(call, &error);
    }
    for (size_t i = 0; i < CONSENTS_COUNT; i++)
        json_array_append_new(items, json_pack("{s:s, s:b, s:o, s:o}", "purpose", consents[i].name,
                                               "given", consent_stands(&consents[i]), "given_at",
                                               json_time(consents[i].given_us), "withdrawn_at",
                                               json_time(consents[i].withdrawn_us)));
    return reply_json(call, 200, json_pack("{s:o}", "items", items));
}

static enum answered consents_get(struct call *call)
{
    return reply_consents(call);
}

struct consent_input {
    int purpose;
    bool given;
};

static const struct json_field consent_fields[] = {
    {"purpose", JSON_CHOICE, REQUIRED, offsetof(struct consent_input, purpose),
     .choices = CONSENT_CHOICES},
    {"given", JSON_FLAG, REQUIRED, offsetof(struct consent_input, given)},
    {0},
};

static enum answered consents_put(struct call *call)
{
    const struct consent_input *input = call->input;
    struct error error;

    if (!consent_set(call->db, call->who.account_id, (enum consent_purpose)(input->purpose + 1),
                     input->given, call->now_us, &error))
        return reply_error(call, &error);
    return reply_consents(call);
}

/* --- Profile --------------------------------------------------------------------------------- */

static const char *const part_names[DAY_PARTS] = {"morning", "afternoon", "evening"};

struct free_time_input {
    int64_t weekday;
    int part;
};

static const struct json_field free_time_fields[] = {
    {"weekday", JSON_INT, REQUIRED, offsetof(struct free_time_input, weekday), .min = 1, .max = 7},
    {"part", JSON_CHOICE, REQUIRED, offsetof(struct free_time_input, part),
     .choices = "morning|afternoon|evening"},
    {0},
};

struct profile_input {
    struct json_list skills, free_times;
};

static const struct json_field profile_fields[] = {
    {"skills", JSON_IDS, REQUIRED, offsetof(struct profile_input, skills), .max = SKILLS_OF_ONE},
    {"free_times", JSON_OBJECTS, REQUIRED, offsetof(struct profile_input, free_times), .max = 21,
     .table = free_time_fields, .size = sizeof(struct free_time_input)},
    {0},
};

static json_t *profile_json(const struct profile *profile)
{
    json_t *skills = json_array(), *times = json_array();

    for (size_t i = 0; i < profile->skill_count; i++)
        json_array_append_new(skills, json_id(profile->skills[i]));
    for (int day = 1; day <= 7; day++)
        for (int part = 0; part < DAY_PARTS; part++)
            if (profile->free_times & FREE_TIME(day, part))
                json_array_append_new(
                    times, json_pack("{s:i, s:s}", "weekday", day, "part", part_names[part]));
    return json_pack("{s:o, s:o}", "skills", skills, "free_times", times);
}

static enum answered profile_get(struct call *call)
{
    struct profile profile;
    struct error error;
    enum find found = profile_read(call->db, call->who.account_id, &profile, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return reply_json(call, 200, profile_json(&profile));
}

static enum answered profile_put(struct call *call)
{
    const struct profile_input *input = call->input;
    const struct free_time_input *times = input->free_times.items;
    const uint64_t *skills = input->skills.items;
    struct profile profile = {0};
    struct error error;

    for (size_t i = 0; i < input->free_times.count; i++)
        profile.free_times |= FREE_TIME((int)times[i].weekday, times[i].part);
    for (size_t i = 0; i < input->skills.count; i++)
        profile.skills[profile.skill_count++] = skills[i];
    switch (profile_write(call->db, call->who.account_id, &profile, &error)) {
    case PEOPLE_DONE: return profile_get(call);
    case PEOPLE_NOT_FOUND:
        return reply_bad_field(call, "/skills", "unknown_skill", "each once, of GET /v1/skills");
    default: return reply_error(call, &error);
    }
}

static enum answered skills_get(struct call *call)
{
    struct skill *skills;
    struct error error;
    size_t count;

    if (!skill_list(call->db, call->arena, &skills, &count, &error))
        return reply_error(call, &error);
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, json_pack("{s:o, s:s, s:s}", "id", json_id(skills[i].skill_id),
                                               "code", skills[i].code, "name",
                                               call->language == LANGUAGE_EN ? skills[i].name_en
                                                                             : skills[i].name_zh));
    return reply_json_cached(call, json_pack("{s:o}", "items", items));
}

/* --- Erasure --------------------------------------------------------------------------------- */

struct erasure_input {
    bool confirm;
};

static const struct json_field erasure_fields[] = {
    {"confirm", JSON_FLAG, REQUIRED, offsetof(struct erasure_input, confirm)},
    {0},
};

/* At once and for good: points that are left cannot be spent by anybody any more. */
static enum answered erasure_post(struct call *call)
{
    const struct erasure_input *input = call->input;
    struct erasure erasure = {
        .member_id = call->who.account_id,
        .actor = call->who.account_id,
        .why = TEXT("asked by the member"),
    };
    struct error error;

    if (!input->confirm)
        return reply_bad_field(call, "/confirm", "confirmation_needed", "true");
    switch (member_erase(call->db, &erasure, call->now_us, &error)) {
    case PEOPLE_DONE: return reply_empty(call);
    case PEOPLE_NOT_FOUND: return reply_problem(call, PROBLEM_NOT_FOUND);
    case PEOPLE_HAS_DUTIES:
        return reply_problem_detail(call, PROBLEM_CONFLICT, "请先停用您的工作人员账号",
                                    "Your staff account must be suspended first");
    default: return reply_error(call, &error);
    }
}

const struct route my_data_routes[] = {
    {HTTP_GET, "/v1/me/consents", ROLE_MEMBER, ON_QUERY, consents_get},
    {HTTP_PUT, "/v1/me/consents", ROLE_MEMBER, ON_QUERY, consents_put, .fields = consent_fields,
     .input_size = sizeof(struct consent_input)},
    {HTTP_GET, "/v1/me/profile", ROLE_MEMBER, ON_QUERY, profile_get},
    {HTTP_PUT, "/v1/me/profile", ROLE_MEMBER, ON_QUERY, profile_put, .fields = profile_fields,
     .input_size = sizeof(struct profile_input)},
    {HTTP_GET, "/v1/me/export", ROLE_MEMBER, ON_QUERY, member_export},
    {HTTP_POST, "/v1/me/erasure", ROLE_MEMBER, ON_QUERY, erasure_post, .fields = erasure_fields,
     .input_size = sizeof(struct erasure_input)},
    {HTTP_GET, "/v1/skills", ANYONE, ON_QUERY, skills_get},
    {0},
};
