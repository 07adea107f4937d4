/* Who the caller is. */
#include "api/app.h"
#include "api/call.h"
#include "api/people_json.h"
#include "api/resources.h"
#include "market/merchants.h"

/* The unit or merchant in scope, by name. Null when the role has none. */
static enum find scope_json(struct call *call, json_t **out, struct error *error)
{
    const struct who *who = &call->who;
    struct unit unit;
    struct merchant merchant;
    enum find found = FIND_FOUND;

    *out = json_null();
    if (who->scope_id == 0)
        return found;
    if (who->role & (ROLE_CLERK | ROLE_MANAGER)) {
        found = merchant_find(call->db, who->scope_id, call->arena, &merchant, error);
        if (found == FIND_FOUND)
            *out = json_pack("{s:s, s:o, s:s}", "kind", "merchant", "id", json_id(merchant.id),
                             "name", merchant.name);
        return found;
    }
    found = unit_find(call->db, who->scope_id, call->arena, &unit, error);
    if (found == FIND_FOUND)
        *out = json_pack("{s:s, s:o, s:s}", "kind", "unit", "id", json_id(unit.unit_id), "name",
                         unit.name);
    return found;
}

static enum answered member_me(struct call *call)
{
    struct member member;
    struct unit unit;
    struct error error;
    enum find found = member_find(call->db, call->app->keyring, call->who.account_id, call->arena,
                                  &member, &error);
    json_t *body;

    if (found == FIND_FOUND)
        found = unit_find(call->db, member.unit_id, call->arena, &unit, &error);
    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    body = member_json(&member, &call->who);
    json_object_set_new(body, "role", json_string(role_name(call->who.role)));
    json_object_set_new(body, "unit", unit_json(&unit));
    return reply_json(call, 200, body);
}

static enum answered staff_me(struct call *call)
{
    struct staff staff;
    struct error error;
    enum find found =
        account_find_staff(call->db, call->who.account_id, call->arena, &staff, &error);
    json_t *scope, *body;

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (scope_json(call, &scope, &error) == FIND_FAILED)
        return reply_error(call, &error);
    body = staff_json(&staff);
    json_object_set_new(body, "scope", scope);
    return reply_json(call, 200, body);
}

static enum answered me_get(struct call *call)
{
    return call->who.role == ROLE_MEMBER ? member_me(call) : staff_me(call);
}

const struct route me_routes[] = {
    {HTTP_GET, "/v1/me", SIGNED_IN, ON_QUERY, me_get},
    {0},
};
