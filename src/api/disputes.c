/* Disputes: a line of a statement with which the merchant does not agree, until it is answered. */
#include "market/disputes.h"

#include "api/app.h"
#include "api/call.h"
#include "api/people_json.h"
#include "api/resources.h"

static json_t *dispute_json(const struct call *call, const struct dispute *dispute)
{
    bool is_open = dispute->state == DISPUTE_OPEN;
    json_t *claimed = dispute->has_claim ? json_integer(dispute->claimed_fen) : json_null();

    return json_pack(
        "{s:o, s:s, s:o, s:o, s:o, s:s, s:o, s:I, s:s, s:s, s:o, s:o, s:o, s:b, s:o,"
        " s:o, s:o, s:o}",
        "id", json_id(dispute->id), "state", dispute_state_name(dispute->state), "statement_id",
        json_id(dispute->statement_id), "redemption_id", json_id(dispute->redemption_id),
        "merchant_id", json_id(dispute->merchant_id), "merchant_name", dispute->merchant_name,
        "claimed_fen", claimed, "difference_fen", (json_int_t)dispute->fen, "reason",
        dispute->reason, "answer", dispute->answer, "opened_by", id_or_null(dispute->opened_by),
        "opened_at", json_time(dispute->opened_us), "answer_by", json_time(dispute->due_us),
        "overdue", is_open && dispute->due_us < call->now_us, "escalated_at",
        json_time(dispute->escalated_us), "decided_by", id_or_null(dispute->decided_by),
        "decided_at", json_time(dispute->decided_us), "corrected_on",
        id_or_null(dispute->corrected_on));
}

static enum answered show(struct call *call, int status, uint64_t dispute_id)
{
    struct dispute dispute;
    struct error error;
    enum find found = dispute_find(call->db, dispute_id, call->arena, &dispute, &error);

    if (found == FIND_FOUND && call->who.role == ROLE_MANAGER &&
        call->who.scope_id != dispute.merchant_id)
        found = FIND_NOTHING;
    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (status == 201)
        return reply_created(
            call, arena_printf(call->arena, "/v1/disputes/%llu", (unsigned long long)dispute_id),
            dispute_json(call, &dispute));
    return reply_json(call, status, dispute_json(call, &dispute));
}

struct dispute_input {
    uint64_t redemption_id;
    int64_t claimed_fen;
    struct text reason;
};

static const struct json_field dispute_fields[] = {
    {"redemption_id", JSON_ID, REQUIRED, offsetof(struct dispute_input, redemption_id)},
    {"claimed_fen", JSON_INT, REQUIRED, offsetof(struct dispute_input, claimed_fen),
     .max = 100000000},
    {"reason", JSON_TEXT, REQUIRED, offsetof(struct dispute_input, reason), .min = 4, .max = 400},
    {0},
};

static enum answered dispute_post(struct call *call)
{
    const struct dispute_input *input = call->input;
    struct dispute_opening opening = {
        .id = id_next(call->app->ids),
        .statement_id = call->ids[0],
        .redemption_id = input->redemption_id,
        .merchant_id = call->who.scope_id,
        .claimed_fen = input->claimed_fen,
        .reason = input->reason,
        .actor = call->who.account_id,
        .now_us = call->now_us,
    };
    struct error error;

    if (!dispute_open(call->db, &opening, &error))
        return reply_error(call, &error);
    switch (opening.verdict) {
    case DISPUTE_NO_LINE: return reply_problem(call, PROBLEM_NOT_FOUND);
    case DISPUTE_THERE:
        return reply_problem_detail(call, PROBLEM_CONFLICT, "该笔已提出过异议",
                                    "This line was disputed already");
    case DISPUTE_TOO_LATE:
        return reply_problem_detail(call, PROBLEM_CONFLICT, "已超过提出异议的期限",
                                    "It is too late to dispute this line");
    case DISPUTE_DONE: break;
    }
    return show(call, 201, opening.id);
}

static enum answered dispute_get(struct call *call)
{
    return show(call, 200, call->ids[0]);
}

struct disputes_query {
    uint64_t merchant_id, statement_id;
    int state;
    bool state_seen, overdue;
    struct page page;
};

static const struct json_field disputes_query_fields[] = {
    {"merchant_id", JSON_ID, OPTIONAL, offsetof(struct disputes_query, merchant_id)},
    {"statement_id", JSON_ID, OPTIONAL, offsetof(struct disputes_query, statement_id)},
    {"state", JSON_CHOICE, OPTIONAL, offsetof(struct disputes_query, state),
     .choices = DISPUTE_STATES, .seen = offsetof(struct disputes_query, state_seen)},
    {"overdue", JSON_FLAG, OPTIONAL, offsetof(struct disputes_query, overdue)},
    PAGE_FIELDS(struct disputes_query, page),
    {0},
};

/* A manager gets their own merchant's, whatever they ask for. */
static enum answered disputes_get(struct call *call)
{
    const struct disputes_query *query = call->query;
    const struct dispute_filter filter = {
        .merchant_id = call->who.role == ROLE_MANAGER ? call->who.scope_id : query->merchant_id,
        .statement_id = query->statement_id,
        .state = query->state_seen ? query->state + 1 : 0,
        .late_us = query->overdue ? call->now_us : 0,
    };
    int64_t limit = page_limit(&query->page);
    struct dispute_counts counts;
    struct dispute *disputes;
    struct error error;
    size_t count;
    json_t *items, *body;

    if (!dispute_list(call->db, &filter, query->page.after, limit, call->arena, &disputes, &count,
                      &error) ||
        !dispute_count(call->db, filter.merchant_id, call->now_us, &counts, &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, dispute_json(call, &disputes[i]));
    body = page_json(items, (int64_t)count == limit ? disputes[count - 1].id : 0);
    json_object_set_new(body, "open", json_integer(counts.open));
    json_object_set_new(body, "overdue", json_integer(counts.overdue));
    return reply_json(call, 200, body);
}

struct decision_input {
    bool accepted;
    struct text answer;
};

static const struct json_field decision_fields[] = {
    {"accepted", JSON_FLAG, REQUIRED, offsetof(struct decision_input, accepted)},
    {"answer", JSON_TEXT, REQUIRED, offsetof(struct decision_input, answer), .min = 4, .max = 400},
    {0},
};

static enum answered dispute_decide_post(struct call *call)
{
    const struct decision_input *input = call->input;
    struct dispute_decision decision = {.dispute_id = call->ids[0],
                                        .actor = call->who.account_id,
                                        .accepted = input->accepted,
                                        .answer = input->answer,
                                        .now_us = call->now_us};
    struct dispute dispute;
    struct error error;
    enum find found = dispute_find(call->db, call->ids[0], call->arena, &dispute, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!dispute_decide(call->db, &decision, &error))
        return reply_error(call, &error);
    switch (decision.verdict) {
    case DISPUTE_NOT_OPEN:
        return reply_problem_detail(call, PROBLEM_CONFLICT, "已经答复过",
                                    "It was answered already");
    case DISPUTE_IS_OWN:
        return reply_problem_detail(call, PROBLEM_FORBIDDEN, "不能答复自己或所属商家的异议",
                                    "Nobody answers a dispute of their own or their merchant's");
    case DISPUTE_DECIDED: break;
    }
    return show(call, 200, dispute.id);
}

#define SEE_THEM (ROLE_MANAGER | ROLE_AUDITOR | ROLE_ADMINISTRATOR)

const struct route dispute_routes[] = {
    {HTTP_POST, "/v1/statements/{id}/disputes", ROLE_MANAGER, ON_QUERY, dispute_post,
     .fields = dispute_fields, .input_size = sizeof(struct dispute_input)},
    {HTTP_GET, "/v1/disputes", SEE_THEM, ON_QUERY, disputes_get,
     .query_fields = disputes_query_fields, .query_size = sizeof(struct disputes_query)},
    {HTTP_GET, "/v1/disputes/{id}", SEE_THEM, ON_QUERY, dispute_get},
    {HTTP_POST, "/v1/disputes/{id}/decide", ROLE_ADMINISTRATOR, ON_QUERY, dispute_decide_post,
     .fields = decision_fields, .input_size = sizeof(struct decision_input)},
    {0},
};
