/* Staff: who works with the programme, and the clerks and managers of its merchants. */
#include <inttypes.h>

#include "api/app.h"
#include "api/call.h"
#include "api/people_json.h"
#include "api/resources.h"
#include "market/merchants.h"

#define MAKERS  (ROLE_MANAGER | ROLE_ADMINISTRATOR)
#define READERS (MAKERS | ROLE_AUDITOR)

/* A manager sees the people of their own merchant; the others see everybody. */
static bool may_see(const struct who *who, const struct staff *staff)
{
    return who->role != ROLE_MANAGER || ((staff->who.role & (ROLE_CLERK | ROLE_MANAGER)) &&
                                         staff->who.scope_id == who->scope_id);
}

static enum find find_seen(struct call *call, uint64_t account_id, struct staff *staff,
                           struct error *error)
{
    enum find found = account_find_staff(call->db, account_id, call->arena, staff, error);

    return found == FIND_FOUND && !may_see(&call->who, staff) ? FIND_NOTHING : found;
}

static enum answered staff_get(struct call *call)
{
    struct staff staff;
    struct error error;
    enum find found = find_seen(call, call->ids[0], &staff, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return reply_json(call, 200, staff_json(&staff));
}

/* --- The list -------------------------------------------------------------------------------- */

#define ROLE_CHOICES "coordinator|unit_reader|clerk|manager|auditor|administrator"
static const enum role roles[] = {ROLE_COORDINATOR, ROLE_UNIT_READER, ROLE_CLERK,
                                  ROLE_MANAGER,     ROLE_AUDITOR,     ROLE_ADMINISTRATOR};

struct staff_list_query {
    int role;
    bool has_role;
    uint64_t scope_id;
    struct page page;
};

static const struct json_field staff_query_fields[] = {
    {"role", JSON_CHOICE, OPTIONAL, offsetof(struct staff_list_query, role),
     .choices = ROLE_CHOICES, .seen = offsetof(struct staff_list_query, has_role)},
    {"scope_id", JSON_ID, OPTIONAL, offsetof(struct staff_list_query, scope_id)},
    PAGE_FIELDS(struct staff_list_query, page),
    {0},
};

/* What is asked for, within what the caller may see. */
static struct staff_query query_of(const struct call *call)
{
    const struct staff_list_query *asked = call->query;
    struct staff_query query = {
        .roles = asked->has_role ? roles[asked->role] : 0,
        .scope_id = asked->scope_id,
        .after_id = asked->page.after,
        .limit = (size_t)page_limit(&asked->page),
    };

    if (call->who.role == ROLE_MANAGER) {
        query.roles = (query.roles ? query.roles : ~0U) & (ROLE_CLERK | ROLE_MANAGER);
        query.scope_id = call->who.scope_id;
    }
    return query;
}

static enum answered staff_list_get(struct call *call)
{
    struct staff_query query = query_of(call);
    struct staff *staff;
    struct error error;
    size_t count;
    uint64_t next;
    json_t *items = json_array();

    if (call->who.role == ROLE_MANAGER && query.roles == 0)
        return reply_json(call, 200, page_json(items, 0)); /* asked for others than their own */
    if (!account_list_staff(call->db, &query, call->arena, &staff, &count, &next, &error)) {
        json_decref(items);
        return reply_error(call, &error);
    }
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, staff_json(&staff[i]));
    return reply_json(call, 200, page_json(items, next));
}

/* --- Making ---------------------------------------------------------------------------------- */

struct staff_input {
    int role;
    uint64_t scope_id, person_id;
    struct text login, password, display_name;
};

static const struct json_field staff_fields[] = {
    {"role", JSON_CHOICE, REQUIRED, offsetof(struct staff_input, role), .choices = ROLE_CHOICES},
    {"scope_id", JSON_ID, OPTIONAL, offsetof(struct staff_input, scope_id)},
    {"person_id", JSON_ID, OPTIONAL, offsetof(struct staff_input, person_id)},
    {"login", JSON_TEXT, REQUIRED, offsetof(struct staff_input, login), .min = 2,
     .max = LOGIN_SIZE - 1},
    {"password", JSON_TEXT, REQUIRED, offsetof(struct staff_input, password), .min = PASSWORD_LEAST,
     .max = PASSWORD_MOST},
    {"display_name", JSON_TEXT, REQUIRED, offsetof(struct staff_input, display_name), .min = 1,
     .max = 100},
    {0},
};

/* A manager makes clerks of their own merchant, an administrator everybody. */
static bool may_make(const struct who *who, enum role role, uint64_t scope_id)
{
    return who->role == ROLE_ADMINISTRATOR || (role == ROLE_CLERK && scope_id == who->scope_id);
}

/* People knows no merchants: that the one in scope exists is looked up here. */
static enum find find_merchant(struct call *call, enum role role, uint64_t scope_id,
                               struct error *error)
{
    struct merchant merchant;

    if (!(role & (ROLE_CLERK | ROLE_MANAGER)) || scope_id == 0)
        return FIND_FOUND;
    return merchant_find(call->db, scope_id, call->arena, &merchant, error);
}

static enum answered reply_not_made(struct call *call, enum people_answer answer,
                                    const struct error *error)
{
    switch (answer) {
    case PEOPLE_LOGIN_TAKEN:
        return reply_problem_detail(call, PROBLEM_CONFLICT, "登录名已被使用", "The login is taken");
    case PEOPLE_BAD_LOGIN:
        return reply_problem_detail(call, PROBLEM_BAD_FIELD, "登录名只能含小写字母、数字和 . _ @ -",
                                    "A login has 2 to 64 of a-z 0-9 . _ @ -");
    case PEOPLE_WEAK_PASSWORD:
        return reply_problem_detail(call, PROBLEM_BAD_FIELD, "密码至少 8 个字符",
                                    "A password has at least 8 characters");
    case PEOPLE_BAD_SCOPE:
        return reply_problem_detail(call, PROBLEM_BAD_FIELD, "该角色的范围（scope_id）填写有误",
                                    "This role needs a scope_id, or must have none");
    case PEOPLE_NO_UNIT:
    case PEOPLE_NO_MEMBER: return reply_problem(call, PROBLEM_NOT_FOUND);
    default: return reply_error(call, error);
    }
}

static enum answered staff_post(struct call *call)
{
    const struct staff_input *input = call->input;
    struct new_staff wanted = {
        .role = roles[input->role],
        .scope_id = input->scope_id,
        .person_id = input->person_id,
        .login = input->login,
        .password = input->password,
        .display_name = input->display_name,
        .actor = call->who.account_id,
    };
    struct staff staff;
    struct error error;
    uint64_t id;

    if (!may_make(&call->who, wanted.role, wanted.scope_id))
        return reply_problem(call, PROBLEM_FORBIDDEN);
    enum find found = find_merchant(call, wanted.role, wanted.scope_id, &error);
    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    enum people_answer made =
        account_create_staff(call->db, call->app->ids, &wanted, call->now_us, &id, &error);
    if (made != PEOPLE_DONE)
        return reply_not_made(call, made, &error);
    found = account_find_staff(call->db, id, call->arena, &staff, &error);
    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return reply_created(call, arena_printf(call->arena, "/v1/staff/%" PRIu64, id),
                         staff_json(&staff));
}

/* --- Revoking -------------------------------------------------------------------------------- */

struct staff_revoke_input {
    struct text why;
    bool suspend;
};

static const struct json_field revoke_fields[] = {
    {"why", JSON_TEXT, REQUIRED, offsetof(struct staff_revoke_input, why), .min = 1, .max = 200},
    {"suspend", JSON_FLAG, OPTIONAL, offsetof(struct staff_revoke_input, suspend)},
    {0},
};

/* Ends all sessions at once, a lost telephone's; with `suspend` the person signs in no more. */
static enum answered staff_revoke_post(struct call *call)
{
    const struct staff_revoke_input *input = call->input;
    struct revoke revoke = {
        .account_id = call->ids[0],
        .suspend = input->suspend,
        .actor = call->who.account_id,
        .why = input->why,
    };
    struct staff staff;
    struct error error;
    enum find found = find_seen(call, call->ids[0], &staff, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (input->suspend && staff.who.account_id == call->who.account_id)
        return reply_problem_detail(call, PROBLEM_CONFLICT, "不能停用自己的账号",
                                    "Nobody suspends their own account");
    switch (account_revoke(call->db, &revoke, call->now_us, &error)) {
    case PEOPLE_DONE: return reply_empty(call);
    case PEOPLE_NOT_FOUND: return reply_problem(call, PROBLEM_NOT_FOUND);
    default: return reply_error(call, &error);
    }
}

const struct route staff_routes[] = {
    {HTTP_GET, "/v1/staff", READERS, ON_QUERY, staff_list_get, .query_fields = staff_query_fields,
     .query_size = sizeof(struct staff_list_query)},
    {HTTP_POST, "/v1/staff", MAKERS, ON_QUERY, staff_post, .fields = staff_fields,
     .input_size = sizeof(struct staff_input)},
    {HTTP_GET, "/v1/staff/{id}", READERS, ON_QUERY, staff_get},
    {HTTP_POST, "/v1/staff/{id}/revoke", MAKERS, ON_QUERY, staff_revoke_post,
     .fields = revoke_fields, .input_size = sizeof(struct staff_revoke_input)},
    {0},
};
