/*
 * The review queue: what rules asked a person to look at, and what plugins decided. Members read
 * that something is being checked and by when they are answered; which rule it was, and why, staff
 * read. Coordinators see earnings of their unit, never redemptions.
 */
#include "service/review_queue.h"
#include "api/app.h"
#include "api/people_json.h"
#include "api/record_calls.h"
#include "api/resources.h"
#include "api/vouchers.h"
#include "ledger/statement.h"
#include "people/units.h"
#include "service/erase.h"
#include "service/record.h"

#define RULES_MOST 100

/* --- How they look ---------------------------------------------------------------------------- */

static json_t *item_json(const struct call *call, const struct review_item *item)
{
    const struct check_row *check = &item->check;
    json_t *body =
        json_pack("{s:o, s:s, s:s, s:b, s:o, s:o, s:s?, s:o, s:o, s:o, s:o, s:s, s:s}", "id",
                  json_id(check->row.key), "about", event_kind_name(check->kind), "state",
                  check_state_name(check->state), "held", check->held, "ref", json_id(check->ref),
                  "points", json_points(check->terms.points), "title", item->title, "opened_at",
                  json_time(check->opened_us), "answer_by", json_time(check->due_us), "decided_at",
                  json_time(check->decided_us), "unit_id", id_or_null(item->unit_id), "reason",
                  item->reason, "said", item->said);

    if (call->who.role == ROLE_MEMBER)
        return body;
    json_object_set_new(body, "member_id", json_id(check->member_id));
    json_object_set_new(body, "merchant_id", id_or_null(check->merchant_id));
    json_object_set_new(body, "asked_by", id_or_null(check->asked_by));
    json_object_set_new(body, "decided_by", id_or_null(check->decided_by));
    return body;
}

static const char *verdict_name(unsigned verdict)
{
    static const char *const names[] = {
        [LINLI_ALLOW] = "allow", [LINLI_FLAG] = "flag", [LINLI_DENY] = "deny"};

    return name_from(names, ARRAY_LENGTH(names), verdict);
}

static const char *effect_name(enum plugin_effect effect)
{
    static const char *const names[] = {[EFFECT_PASS] = "pass",
                                        [EFFECT_MARK] = "mark",
                                        [EFFECT_HOLD] = "hold",
                                        [EFFECT_DENY] = "deny"};

    return name_from(names, ARRAY_LENGTH(names), (size_t)effect);
}

static json_t *decision_json(const struct decision_view *view)
{
    json_t *body =
        json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", json_id(view->id), "about",
                  event_kind_name((enum linli_event_kind)view->kind), "ref", json_id(view->ref),
                  "member_id", json_id(view->member_id), "actor", id_or_null(view->actor),
                  "merchant_id", id_or_null(view->merchant_id), "points", json_points(view->points),
                  "check_id", id_or_null(view->check_id), "at", json_time(view->at_us));

    json_object_set_new(body, "plugin",
                        json_pack("{s:o, s:s?, s:o, s:o}", "id", json_id(view->plugin_id), "name",
                                  view->plugin, "version_id", json_id(view->version_id),
                                  "policy_id", json_id(view->policy_id)));
    json_object_set_new(body, "obeyed", json_boolean(view->mode == PLUGIN_ENFORCED));
    json_object_set_new(body, "verdict",
                        view->fault ? json_null() : json_string(verdict_name(view->verdict)));
    json_object_set_new(body, "effect", json_string(effect_name(view->effect)));
    json_object_set_new(body, "fault",
                        view->fault ? json_string(plugin_fault_name((enum plugin_fault)view->fault))
                                    : json_null());
    json_object_set_new(body, "code", json_string(view->code));
    json_object_set_new(body, "zh", json_string(view->zh));
    json_object_set_new(body, "en", json_string(view->en));
    return body;
}

/* --- Looking ---------------------------------------------------------------------------------- */

/* A mark on what went through is between staff: the member waits for nothing. */
static bool may_see(struct call *call, const struct review_item *item)
{
    switch (call->who.role) {
    case ROLE_MEMBER: return item->check.held && item->check.member_id == call->who.account_id;
    case ROLE_COORDINATOR:
        return item->check.kind == LINLI_EARN && item->unit_id != 0 &&
               unit_contains(call->db, call->who.scope_id, item->unit_id);
    case ROLE_AUDITOR:
    case ROLE_ADMINISTRATOR: return true;
    default: return false;
    }
}

static enum find find_visible(struct call *call, struct review_item *item, struct error *error)
{
    enum find found = review_find(call->db, call->ids[0], call->arena, item, error);

    return found == FIND_FOUND && !may_see(call, item) ? FIND_NOTHING : found;
}

struct checks_query {
    int state, about;
    struct page page;
};

static const struct json_field checks_query_fields[] = {
    {"state", JSON_CHOICE, OPTIONAL, offsetof(struct checks_query, state),
     .choices = "any|open|released|refused|withdrawn"},
    {"about", JSON_CHOICE, OPTIONAL, offsetof(struct checks_query, about),
     .choices = "any|earn|redeem|confirm|cancel|refund|adjust"},
    PAGE_FIELDS(struct checks_query, page),
    {0},
};

static enum answered checks_get(struct call *call)
{
    const struct checks_query *query = call->query;
    bool coordinates = call->who.role == ROLE_COORDINATOR;
    struct review_filter filter = {
        .state = query->state,
        .kind = query->about == 0 ? 0 : 1U << (query->about - 1),
        .under = coordinates ? call->who.scope_id : 0,
        .member_id = call->who.role == ROLE_MEMBER ? call->who.account_id : 0,
    };
    int64_t limit = page_limit(&query->page);
    struct review_item *list;
    struct error error;
    size_t count;
    json_t *items = json_array();

    if (coordinates && (filter.kind & ~(unsigned)LINLI_EARN) != 0)
        return reply_json(call, 200, page_json(items, 0));
    if (!review_list(call->db, &filter, query->page.after, limit, call->arena, &list, &count,
                     &error)) {
        json_decref(items);
        return reply_error(call, &error);
    }
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, item_json(call, &list[i]));
    return reply_json(
        call, 200, page_json(items, (int64_t)count == limit ? list[count - 1].check.row.key : 0));
}

/* With what the rules said, for staff. */
static enum answered check_get(struct call *call)
{
    struct decision_filter filter = {.check_id = call->ids[0]};
    struct decision_view *views;
    struct review_item item;
    struct error error;
    enum find found = find_visible(call, &item, &error);
    size_t count = 0;
    json_t *body, *rules;

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (call->who.role == ROLE_MEMBER)
        return reply_json(call, 200, item_json(call, &item));
    if (!decisions_list(call->db, &filter, 0, RULES_MOST, call->arena, &views, &count, &error))
        return reply_error(call, &error);
    rules = json_array();
    for (size_t i = count; i-- > 0;) /* in the order in which they were asked */
        json_array_append_new(rules, decision_json(&views[i]));
    body = item_json(call, &item);
    json_object_set_new(body, "rules", rules);
    return reply_json(call, 200, body);
}

/* --- Deciding --------------------------------------------------------------------------------- */

struct decision_input {
    int decision; /* 0 release, 1 refuse */
    struct text reason;
};

static const struct json_field decision_fields[] = {
    {"decision", JSON_CHOICE, REQUIRED, offsetof(struct decision_input, decision),
     .choices = "release|refuse"},
    {"reason", JSON_TEXT, REQUIRED, offsetof(struct decision_input, reason), .min = 2, .max = 200},
    {0},
};

static enum answered render_on_redemption(struct call *call, const struct outcome *outcome)
{
    return reply_json(call, 200,
                      json_pack("{s:o, s:s, s:s, s:o}", "ref", json_id(outcome->ref), "about",
                                "redeem", "state",
                                redemption_state_name((enum redemption_state)outcome->state),
                                "points", json_points(outcome->points)));
}

static enum answered render_on_record(struct call *call, const struct outcome *outcome)
{
    return reply_json(call, 200,
                      json_pack("{s:o, s:s, s:s, s:o}", "ref", json_id(outcome->ref), "about",
                                "earn", "state",
                                record_state_name((enum record_state)outcome->state), "points",
                                json_points(outcome->points)));
}

static enum answered render_on_mark(struct call *call, const struct outcome *outcome)
{
    return reply_json(call, 200,
                      json_pack("{s:o, s:s, s:s, s:o}", "ref", json_id(outcome->ref), "about",
                                "mark", "state", check_state_name((enum check_state)outcome->state),
                                "points", json_points(outcome->points)));
}

static enum answered decide_redemption(struct call *call, const struct review_item *item)
{
    const struct decision_input *input = call->input;
    struct redemption_view view;
    struct redemption_ref *decide;
    struct error error;
    enum find found = redemption_find(call->db, item->check.ref, call->arena, &view, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    decide =
        redemption_command(call, input->decision == 0 ? &command_release : &command_refuse, &view);
    decide->check_id = item->check.row.key;
    decide->reason = input->reason;
    return call_submit(call, &decide->command, render_on_redemption);
}

struct gone {
    uint64_t member_id;
    int64_t now_us;
};

static bool withdraw_from_gone(struct db *db, void *context, struct error *error)
{
    const struct gone *gone = context;

    return service_withdraw_from_erased(db, gone->member_id, gone->now_us, error);
}

/* An award that came to be held while its member was erased is withdrawn now: the teller finds it
 * decided. */
static enum answered decide_record(struct call *call, const struct review_item *item)
{
    const struct decision_input *input = call->input;
    struct decide_record *decide = call_command(call, sizeof *decide, &command_decide_record);
    struct gone gone = {item->record_of, call->now_us};
    struct error error;

    if ((item->check.terms.points > 0 &&
         !db_transaction(call->db, withdraw_from_gone, &gone, &error)) ||
        !wallet_owner(call->db, item->record_of, &decide->wallet_id, &error))
        return reply_error(call, &error);
    decide->record_id = item->check.ref;
    decide->member_id = item->record_of;
    decide->person_id = call->who.person_id;
    decide->check_id = item->check.row.key;
    decide->release = input->decision == 0;
    decide->reason = input->reason;
    return call_submit(call, &decide->command, render_on_record);
}

static enum answered decide_mark(struct call *call, const struct review_item *item)
{
    const struct decision_input *input = call->input;
    struct decide_mark *decide = call_command(call, sizeof *decide, &command_decide_mark);

    decide->check_id = item->check.row.key;
    decide->ref = item->check.ref;
    decide->person_id = call->who.person_id;
    decide->release = input->decision == 0;
    decide->reason = input->reason;
    return call_submit(call, &decide->command, render_on_mark);
}

static enum answered decision_post(struct call *call)
{
    struct review_item item;
    struct error error;
    enum find found = find_visible(call, &item, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!item.check.held)
        return decide_mark(call, &item);
    return item.check.kind == LINLI_EARN ? decide_record(call, &item)
                                         : decide_redemption(call, &item);
}

/* --- The member's word ------------------------------------------------------------------------ */

struct words_input {
    struct text words;
};

static const struct json_field words_fields[] = {
    {"words", JSON_TEXT, REQUIRED, offsetof(struct words_input, words), .min = 1, .max = 400},
    {0},
};

static enum answered words_post(struct call *call)
{
    const struct words_input *input = call->input;
    struct error error;
    enum find found =
        review_say(call->db, call->ids[0], call->who.account_id, input->words, &error);

    return found == FIND_FOUND ? reply_empty(call) : reply_missing(call, found, &error);
}

/* --- Decisions -------------------------------------------------------------------------------- */

struct decisions_query {
    uint64_t plugin_id, member_id, ref;
    int mode;
    struct page page;
};

static const struct json_field decisions_query_fields[] = {
    {"plugin_id", JSON_ID, OPTIONAL, offsetof(struct decisions_query, plugin_id)},
    {"member_id", JSON_ID, OPTIONAL, offsetof(struct decisions_query, member_id)},
    {"ref", JSON_ID, OPTIONAL, offsetof(struct decisions_query, ref)},
    {"mode", JSON_CHOICE, OPTIONAL, offsetof(struct decisions_query, mode),
     .choices = "any|shadow|enforced"},
    PAGE_FIELDS(struct decisions_query, page),
    {0},
};

static enum answered decisions_get(struct call *call)
{
    static const int modes[] = {0, PLUGIN_SHADOW, PLUGIN_ENFORCED};
    const struct decisions_query *query = call->query;
    struct decision_filter filter = {.plugin_id = query->plugin_id,
                                     .member_id = query->member_id,
                                     .ref = query->ref,
                                     .mode = modes[query->mode]};
    int64_t limit = page_limit(&query->page);
    struct decision_view *views;
    struct error error;
    size_t count;
    json_t *items;

    if (!decisions_list(call->db, &filter, query->page.after, limit, call->arena, &views, &count,
                        &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, decision_json(&views[i]));
    return reply_json(call, 200,
                      page_json(items, (int64_t)count == limit ? views[count - 1].id : 0));
}

/* Why something could not be done, for the member whom it concerns: words, no rule. */
static json_t *words_json(const struct decision_view *view)
{
    return json_pack("{s:o, s:s, s:o, s:s, s:s, s:s}", "id", json_id(view->id), "about",
                     event_kind_name((enum linli_event_kind)view->kind), "at",
                     json_time(view->at_us), "code", view->code, "zh", view->zh, "en", view->en);
}

static enum answered decision_get(struct call *call)
{
    struct decision_filter filter = {.decision_id = call->ids[0]};
    bool is_member = call->who.role == ROLE_MEMBER;
    struct decision_view *view;
    struct error error;
    size_t count;

    if (!decisions_list(call->db, &filter, 0, 1, call->arena, &view, &count, &error))
        return reply_error(call, &error);
    if (count == 0 || (is_member && (view->member_id != call->who.account_id ||
                                     view->mode != PLUGIN_ENFORCED || view->effect != EFFECT_DENY)))
        return reply_problem(call, PROBLEM_NOT_FOUND);
    return reply_json(call, 200, is_member ? words_json(view) : decision_json(view));
}

const struct route review_queue_routes[] = {
    {HTTP_GET, "/v1/reviews", ROLE_MEMBER | STAFF, ON_QUERY, checks_get,
     .query_fields = checks_query_fields, .query_size = sizeof(struct checks_query)},
    {HTTP_GET, "/v1/reviews/{id}", ROLE_MEMBER | STAFF, ON_QUERY, check_get},
    {HTTP_POST, "/v1/reviews/{id}/decision", REVIEWERS, ON_QUERY, decision_post,
     .fields = decision_fields, .input_size = sizeof(struct decision_input), .idempotent = true},
    {HTTP_POST, "/v1/reviews/{id}/words", ROLE_MEMBER, ON_QUERY, words_post, .fields = words_fields,
     .input_size = sizeof(struct words_input)},
    {HTTP_GET, "/v1/decisions", ROLE_AUDITOR | ROLE_ADMINISTRATOR, ON_QUERY, decisions_get,
     .query_fields = decisions_query_fields, .query_size = sizeof(struct decisions_query)},
    {HTTP_GET, "/v1/decisions/{id}", ROLE_MEMBER | ROLE_AUDITOR | ROLE_ADMINISTRATOR, ON_QUERY,
     decision_get},
    {0},
};
