/* Members: registered by themselves (sign_in.c) or here, on site, by staff. */
#include "people/members.h"

#include <inttypes.h>

#include "api/app.h"
#include "api/call.h"
#include "api/people_json.h"
#include "api/resources.h"
#include "people/audit.h"
#include "people/consents.h"

bool member_may_see(struct call *call, const struct member *member)
{
    const struct who *who = &call->who;

    if (who->role == ROLE_MEMBER)
        return member->member_id == who->account_id;
    return unit_contains(call->db, who->scope_id, member->unit_id);
}

bool member_admits_proxy(struct call *call, const struct member *member)
{
    if (!member->active || !member_may_see(call, member))
        reply_problem(call, PROBLEM_NOT_FOUND);
    else if (member->phone.text[0] != '\0' &&
             !consent_has(call->db, member->member_id, CONSENT_PROXY))
        reply_problem(call, PROBLEM_PROXY_NOT_AGREED);
    else
        return true;
    return false;
}

static enum answered member_get(struct call *call)
{
    struct member member;
    struct error error;
    enum find found =
        member_find(call->db, call->app->keyring, call->ids[0], call->arena, &member, &error);

    if (found == FIND_FOUND && !member_may_see(call, &member))
        found = FIND_NOTHING;
    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return reply_json(call, 200, member_json(&member, &call->who));
}

/* --- The list -------------------------------------------------------------------------------- */

struct members_query {
    uint64_t unit_id;
    struct page page;
};

static const struct json_field members_query_fields[] = {
    {"unit_id", JSON_ID, OPTIONAL, offsetof(struct members_query, unit_id)},
    PAGE_FIELDS(struct members_query, page),
    {0},
};

static enum answered members_get(struct call *call)
{
    const struct members_query *asked = call->query;
    struct member_query query = {
        .under = asked->unit_id ? asked->unit_id : call->who.scope_id,
        .after_id = asked->page.after,
        .limit = (size_t)page_limit(&asked->page),
    };
    struct member *members;
    struct error error;
    size_t count;
    uint64_t next;
    json_t *items;

    if (asked->unit_id && !unit_contains(call->db, call->who.scope_id, asked->unit_id))
        return reply_problem(call, PROBLEM_NOT_FOUND);
    if (!member_list(call->db, call->app->keyring, &query, call->arena, &members, &count, &next,
                     &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, member_json(&members[i], &call->who));
    return reply_json(call, 200, page_json(items, next));
}

/* --- On site --------------------------------------------------------------------------------- */

struct member_input {
    struct text name, phone;
    uint64_t unit_id;
    bool consent, guardian_consent;
    int age;
};

static const struct json_field member_fields[] = {
    {"name", JSON_NAME, REQUIRED, offsetof(struct member_input, name), .min = 1,
     .max = MEMBER_NAME_MOST},
    {"phone", JSON_TEXT, OPTIONAL, offsetof(struct member_input, phone), .max = 30},
    {"unit_id", JSON_ID, REQUIRED, offsetof(struct member_input, unit_id)},
    {"consent", JSON_FLAG, REQUIRED, offsetof(struct member_input, consent)},
    {"age", JSON_CHOICE, OPTIONAL, offsetof(struct member_input, age), .choices = AGE_CHOICES},
    {"guardian_consent", JSON_FLAG, OPTIONAL, offsetof(struct member_input, guardian_consent)},
    {0},
};

static enum answered reply_new_member(struct call *call, uint64_t id)
{
    struct member member;
    struct error error;
    enum find found = member_find(call->db, call->app->keyring, id, call->arena, &member, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return reply_created(call, arena_printf(call->arena, "/v1/members/%" PRIu64, id),
                         member_json(&member, &call->who));
}

static enum answered members_post(struct call *call)
{
    const struct member_input *input = call->input;
    struct new_member wanted = {
        .name = input->name,
        .unit_id = input->unit_id,
        .consented_us = call->now_us,
        .actor = call->who.account_id,
    };
    struct error error;
    uint64_t id;

    if (!input->consent)
        return reply_bad_field(call, "/consent", "consent_needed", "true");
    if (!age_admits(call, input->age, input->guardian_consent, &wanted.age))
        return ANSWERED;
    if (wanted.age == AGE_YOUTH)
        wanted.guardian_us = call->now_us;
    if (input->phone.length > 0 && !phone_parse(input->phone, &wanted.phone))
        return reply_bad_field(call, "/phone", "bad_phone", "13812345678 or +8613812345678");
    if (!unit_contains(call->db, call->who.scope_id, input->unit_id))
        return reply_problem(call, PROBLEM_NOT_FOUND);
    switch (member_create(call->db, call->app->keyring, call->app->ids, &wanted, call->now_us, &id,
                          &error)) {
    case PEOPLE_DONE: return reply_new_member(call, id);
    case PEOPLE_NO_UNIT: return reply_problem(call, PROBLEM_NOT_FOUND);
    case PEOPLE_PHONE_TAKEN:
        return reply_problem_detail(call, PROBLEM_CONFLICT, "该手机号已注册",
                                    "A member has registered with this phone already");
    case PEOPLE_BUSY: return reply_problem(call, PROBLEM_BUSY);
    default: return reply_error(call, &error);
    }
}

/* --- Unmasking ------------------------------------------------------------------------------- */

struct unmask_input {
    struct text why;
};

static const struct json_field unmask_fields[] = {
    {"why", JSON_TEXT, REQUIRED, offsetof(struct unmask_input, why), .min = 4, .max = 400},
    {0},
};

/* Who looks behind a pseudonym says why, and that they did stays in the trail. */
static enum answered unmask_post(struct call *call)
{
    const struct unmask_input *input = call->input;
    const struct audit audit = {.actor = call->who.account_id,
                                .action = "member.unmask",
                                .object_id = call->ids[0],
                                .why = input->why};
    struct member member;
    struct error error;
    enum find found =
        member_find(call->db, call->app->keyring, call->ids[0], call->arena, &member, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!audit_append(call->db, &audit, call->now_us, &error))
        return reply_error(call, &error);
    return reply_json(call, 200,
                      json_pack("{s:o, s:s?, s:s?}", "id", json_id(member.member_id), "name",
                                member.name, "phone",
                                member.phone.text[0] ? member.phone.text : NULL));
}

const struct route member_routes[] = {
    {HTTP_GET, "/v1/members", STAFF, ON_QUERY, members_get, .query_fields = members_query_fields,
     .query_size = sizeof(struct members_query)},
    {HTTP_POST, "/v1/members", ROLE_COORDINATOR | ROLE_ADMINISTRATOR, ON_QUERY, members_post,
     .fields = member_fields, .input_size = sizeof(struct member_input)},
    {HTTP_GET, "/v1/members/{id}", STAFF | ROLE_MEMBER, ON_QUERY, member_get},
    {HTTP_POST, "/v1/members/{id}/unmask", ROLE_AUDITOR | ROLE_ADMINISTRATOR, ON_QUERY, unmask_post,
     .fields = unmask_fields, .input_size = sizeof(struct unmask_input)},
    {0},
};
