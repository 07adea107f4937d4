/*
 * What two people must agree on: adjusting a wallet, clawing back a tainted record's points,
 * waiving what is owed. One proposes with a reason, another approves.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/app.h"
#include "api/call.h"
#include "api/resources.h"
#include "ledger/statement.h"
#include "people/audit.h"

#define ADJUSTMENT_LIFE_US (730 * DAY_US) /* of the lot that an adjustment gives */

static json_t *proposal_json(const struct proposal_view *view)
{
    const struct proposal *proposal = &view->proposal;
    json_t *body = json_pack(
        "{s:o, s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:o}", "id", json_id(proposal->row.key), "kind",
        proposal_kind_name(proposal->kind), "state", proposal_state_name(proposal->state),
        "member_id", json_id(proposal->member_id), "points", json_points(proposal->points),
        "reason", view->reason, "proposed_by", json_id(proposal->proposed_by), "proposed_at",
        json_time(view->proposed_us), "decided_at", json_time(proposal->decided_us));

    if (proposal->kind == PROPOSAL_CLAW_BACK)
        json_object_set_new(body, "record_id", json_id(proposal->subject));
    if (proposal->decided_by != 0)
        json_object_set_new(body, "decided_by", json_id(proposal->decided_by));
    return body;
}

static enum answered show_proposal(struct call *call, int status, uint64_t proposal_id)
{
    struct proposal_view view;
    struct error error;
    enum find found = proposal_find(call->db, proposal_id, call->arena, &view, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (status == 201)
        return reply_created(call, arena_printf(call->arena, "/v1/proposals/%" PRIu64, proposal_id),
                             proposal_json(&view));
    return reply_json(call, status, proposal_json(&view));
}

/* --- Proposing ------------------------------------------------------------------------------- */

struct proposal_input {
    int kind; /* index: one less than enum proposal_kind */
    uint64_t member_id, record_id;
    int64_t points;
    struct text reason;
};

static const struct json_field proposal_fields[] = {
    {"kind", JSON_CHOICE, REQUIRED, offsetof(struct proposal_input, kind),
     .choices = "adjust|claw_back|waive"},
    {"member_id", JSON_ID, REQUIRED, offsetof(struct proposal_input, member_id)},
    {"record_id", JSON_ID, OPTIONAL, offsetof(struct proposal_input, record_id)},
    {"points", JSON_POINTS, OPTIONAL, offsetof(struct proposal_input, points), .min = -ADJUST_MOST,
     .max = ADJUST_MOST},
    {"reason", JSON_TEXT, REQUIRED, offsetof(struct proposal_input, reason), .min = 4, .max = 400},
    {0},
};

/* A claw back is about a record; the others are about an amount. */
static const char *proposal_lacks(const struct proposal_input *input)
{
    bool claw_back = input->kind + 1 == PROPOSAL_CLAW_BACK;

    if (claw_back && input->record_id == 0)
        return "record_id";
    if (!claw_back && input->points == 0)
        return "points";
    return NULL;
}

static bool propose(struct db *db, void *context, struct error *error)
{
    const struct proposal_view *view = context;
    const struct proposal *proposal = &view->proposal;
    const struct audit audit = {
        .actor = proposal->proposed_by,
        .action = "proposal.create",
        .object_id = proposal->row.key,
        .why = {view->reason, strlen(view->reason)},
    };

    return proposal_create(db, view, error) && audit_append(db, &audit, view->proposed_us, error);
}

static enum answered proposal_post(struct call *call)
{
    const struct proposal_input *input = call->input;
    const char *lacking = proposal_lacks(input);
    struct wallet_view wallet;
    struct error error;
    enum find found;
    struct proposal_view view = {
        .proposal = {.row = {.key = id_next(call->app->ids)},
                     .kind = (enum proposal_kind)(input->kind + 1),
                     .member_id = input->member_id,
                     .subject = input->record_id,
                     .points = input->points,
                     .proposed_by = call->who.account_id},
        .reason = arena_copy(call->arena, input->reason.data, input->reason.length),
        .proposed_us = call->now_us,
    };

    if (lacking != NULL) {
        struct json_fault fault = {.code = "missing"};

        snprintf(fault.pointer, sizeof fault.pointer, "/%s", lacking);
        return reply_fault(call, &fault);
    }
    if (view.proposal.kind == PROPOSAL_WAIVE && input->points < 0)
        return reply_bad_field(call, "/points", "too_small", "what is owed and let go: above 0");
    found =
        wallet_view_read(call->db, input->member_id, call->now_us, call->arena, &wallet, &error);
    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!db_transaction(call->db, propose, &view, &error))
        return reply_error(call, &error);
    return show_proposal(call, 201, view.proposal.row.key);
}

struct proposals_query {
    bool open;
    struct page page;
};

static const struct json_field proposals_query_fields[] = {
    {"open", JSON_FLAG, OPTIONAL, offsetof(struct proposals_query, open)},
    PAGE_FIELDS(struct proposals_query, page),
    {0},
};

static enum answered proposals_get(struct call *call)
{
    const struct proposals_query *query = call->query;
    int64_t limit = page_limit(&query->page);
    struct proposal_view *views;
    struct error error;
    size_t count;
    json_t *items;

    if (!proposal_list(call->db, query->open, query->page.after, limit, call->arena, &views, &count,
                       &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, proposal_json(&views[i]));
    return reply_json(
        call, 200,
        page_json(items, (int64_t)count == limit ? views[count - 1].proposal.row.key : 0));
}

static enum answered proposal_get(struct call *call)
{
    return show_proposal(call, 200, call->ids[0]);
}

/* --- Deciding -------------------------------------------------------------------------------- */

static enum answered render_decision(struct call *call, const struct outcome *outcome)
{
    return reply_json(call, 200,
                      json_pack("{s:o, s:s, s:o}", "id", json_id(outcome->ref), "state",
                                proposal_state_name((enum proposal_state)outcome->state), "points",
                                json_points(outcome->points)));
}

static struct command *adjust_command(struct call *call, const struct proposal *proposal)
{
    struct adjust *adjust = call_command(call, sizeof *adjust, &command_adjust);

    adjust->proposal_id = proposal->row.key;
    adjust->member_id = proposal->member_id;
    adjust->person_id = call->who.person_id;
    adjust->points = proposal->points;
    adjust->expires_us = call->now_us + ADJUSTMENT_LIFE_US;
    return &adjust->command;
}

static struct command *claw_back_command(struct call *call, const struct proposal *proposal)
{
    struct claw_back *claw_back = call_command(call, sizeof *claw_back, &command_claw_back);

    claw_back->proposal_id = proposal->row.key;
    claw_back->member_id = proposal->member_id;
    claw_back->lot_id = proposal->subject;
    claw_back->person_id = call->who.person_id;
    return &claw_back->command;
}

static struct command *waive_command(struct call *call, const struct proposal *proposal)
{
    struct waive *waive = call_command(call, sizeof *waive, &command_waive);

    waive->proposal_id = proposal->row.key;
    waive->member_id = proposal->member_id;
    waive->person_id = call->who.person_id;
    return &waive->command;
}

static enum answered proposal_approve(struct call *call)
{
    struct proposal_view view;
    struct error error;
    enum find found = proposal_find(call->db, call->ids[0], call->arena, &view, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    switch (view.proposal.kind) {
    case PROPOSAL_ADJUST:
        return call_submit(call, adjust_command(call, &view.proposal), render_decision);
    case PROPOSAL_CLAW_BACK:
        return call_submit(call, claw_back_command(call, &view.proposal), render_decision);
    case PROPOSAL_WAIVE:
        return call_submit(call, waive_command(call, &view.proposal), render_decision);
    }
    return reply_problem(call, PROBLEM_INTERNAL);
}

static enum answered proposal_reject(struct call *call)
{
    struct reject *reject = call_command(call, sizeof *reject, &command_reject);
    struct proposal_view view;
    struct error error;
    enum find found = proposal_find(call->db, call->ids[0], call->arena, &view, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!wallet_owner(call->db, view.proposal.member_id, &reject->owner_id, &error))
        return reply_error(call, &error);
    reject->proposal_id = call->ids[0];
    reject->person_id = call->who.person_id;
    return call_submit(call, &reject->command, render_decision);
}

const struct route proposal_routes[] = {
    {HTTP_GET, "/v1/proposals", ROLE_ADMINISTRATOR | ROLE_AUDITOR, ON_QUERY, proposals_get,
     .query_fields = proposals_query_fields, .query_size = sizeof(struct proposals_query)},
    {HTTP_POST, "/v1/proposals", ROLE_ADMINISTRATOR, ON_QUERY, proposal_post,
     .fields = proposal_fields, .input_size = sizeof(struct proposal_input)},
    {HTTP_GET, "/v1/proposals/{id}", ROLE_ADMINISTRATOR | ROLE_AUDITOR, ON_QUERY, proposal_get},
    {HTTP_POST, "/v1/proposals/{id}/approve", ROLE_ADMINISTRATOR, ON_QUERY, proposal_approve,
     .idempotent = true},
    {HTTP_POST, "/v1/proposals/{id}/reject", ROLE_ADMINISTRATOR, ON_QUERY, proposal_reject,
     .idempotent = true},
    {0},
};
