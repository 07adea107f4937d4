/*
 * What is said to merchants, and what nobody could find out: administrators see every operation,
 * and decide on those that were given up, having asked the merchant by other means.
 */
#include "market/merchant_calls.h"

#include <string.h>

#include "api/app.h"
#include "api/call.h"
#include "api/operation_json.h"
#include "api/resources.h"
#include "api/vouchers.h"
#include "people/audit.h"

static bool may_see(const struct who *who, const struct operation_view *view)
{
    return who->role != ROLE_MANAGER || who->scope_id == view->merchant_id;
}

static enum find find_visible(struct call *call, struct operation_view *view, struct error *error)
{
    enum find found = operation_find(call->db, call->ids[0], call->arena, view, error);

    return found == FIND_FOUND && !may_see(&call->who, view) ? FIND_NOTHING : found;
}

struct operations_query {
    uint64_t merchant_id, redemption_id;
    int state;
    bool state_seen;
    struct page page;
};

static const struct json_field operations_query_fields[] = {
    {"merchant_id", JSON_ID, OPTIONAL, offsetof(struct operations_query, merchant_id)},
    {"redemption_id", JSON_ID, OPTIONAL, offsetof(struct operations_query, redemption_id)},
    {"state", JSON_CHOICE, OPTIONAL, offsetof(struct operations_query, state),
     .choices = "waiting|done|declined|decided|dead",
     .seen = offsetof(struct operations_query, state_seen)},
    PAGE_FIELDS(struct operations_query, page),
    {0},
};

/* A manager gets their own merchant's, whatever they ask for. */
static enum answered operations_get(struct call *call)
{
    const struct operations_query *query = call->query;
    const struct operation_filter filter = {
        .merchant_id = call->who.role == ROLE_MANAGER ? call->who.scope_id : query->merchant_id,
        .redemption_id = query->redemption_id,
        .state = query->state_seen ? query->state + 1 : 0,
    };
    int64_t limit = page_limit(&query->page);
    struct operation_view *views;
    struct error error;
    size_t count;
    json_t *items;

    if (!operation_list(call->db, &filter, query->page.after, limit, call->arena, &views, &count,
                        &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, operation_json(&views[i]));
    return reply_json(call, 200,
                      page_json(items, (int64_t)count == limit ? views[count - 1].id : 0));
}

static enum answered operation_get(struct call *call)
{
    struct operation_view view;
    struct error error;
    enum find found = find_visible(call, &view, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return reply_json(call, 200, operation_json(&view));
}

/* --- Deciding --------------------------------------------------------------------------------- */

struct decide_input {
    int decision;
    struct text why;
};

#define DECISIONS "confirmed|cancelled|ask_again" /* in the order of enum decision, from 1 */

static const struct json_field decide_fields[] = {
    {"decision", JSON_CHOICE, REQUIRED, offsetof(struct decide_input, decision),
     .choices = DECISIONS},
    {"why", JSON_TEXT, REQUIRED, offsetof(struct decide_input, why), .min = 4, .max = 400},
    {0},
};

static enum answered operation_decide(struct call *call)
{
    const struct decide_input *input = call->input;
    struct decide_call *decide = call_command(call, sizeof *decide, &command_decide);
    struct audit audit = {.actor = call->who.account_id,
                          .action = "merchant_call.decide",
                          .object_id = call->ids[0],
                          .why = input->why};
    struct operation_view operation;
    struct redemption_view redemption;
    struct error error;
    enum find found = operation_find(call->db, call->ids[0], call->arena, &operation, &error);

    if (found == FIND_FOUND)
        found =
            redemption_find(call->db, operation.redemption_id, call->arena, &redemption, &error);
    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    redemption_ref_fill(call, &redemption, &decide->ref);
    decide->dead_id = operation.id;
    decide->decision = (enum decision)(input->decision + 1);
    audit.after = text_from(decision_name(decide->decision));
    if (!audit_append(call->db, &audit, call->now_us, &error))
        return reply_error(call, &error);
    return call_submit(call, &decide->ref.command, render_redemption);
}

#define SEE_THEM (ROLE_MANAGER | ROLE_AUDITOR | ROLE_ADMINISTRATOR)

const struct route merchant_call_routes[] = {
    {HTTP_GET, "/v1/merchant-calls", SEE_THEM, ON_QUERY, operations_get,
     .query_fields = operations_query_fields, .query_size = sizeof(struct operations_query)},
    {HTTP_GET, "/v1/merchant-calls/{id}", SEE_THEM, ON_QUERY, operation_get},
    {HTTP_POST, "/v1/merchant-calls/{id}/decide", ROLE_ADMINISTRATOR, ON_QUERY, operation_decide,
     .fields = decide_fields, .input_size = sizeof(struct decide_input), .idempotent = true},
    {0},
};
