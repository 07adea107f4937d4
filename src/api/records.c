/* Service records: what was done, and whether it is approved. */
#include "api/app.h"
#include "api/call.h"
#include "api/record_calls.h"
#include "api/resources.h"
#include "ledger/statement.h"
#include "people/units.h"
#include "service/activities.h"

json_t *record_json(const struct record_view *view)
{
    const struct record *record = &view->record;
    json_t *body = json_pack(
        "{s:o, s:o, s:s, s:o, s:s, s:s, s:o, s:o, s:i, s:o, s:o}", "id", json_id(record->row.key),
        "activity_id", json_id(record->activity_id), "activity_title", view->activity_title,
        "member_id", json_id(record->member_id), "state", record_state_name(record->state), "grade",
        evidence_grade_name(record->grade), "started_at", json_time(record->started_us), "ended_at",
        json_time(record->ended_us), "minutes", record->minutes, "points",
        json_points(record->points), "reviewed_at", json_time(record->reviewed_us));

    json_object_set_new(body, "place_check", json_string(place_check_name(view->place_check)));
    json_object_set_new(body, "stated", json_boolean(view->stated));
    json_object_set_new(body, "overlaps", json_boolean(view->overlaps));
    json_object_set_new(body, "statement_until", json_time(view->statement_until_us));
    if (record->state == RECORD_CHECKING)
        json_object_set_new(body, "answer_by", json_time(view->answer_by_us));
    json_object_set_new(body, "notice_until", json_time(record->notice_until_us));
    return body;
}

/* The member whose record it is, and whoever coordinates the unit of the activity. */
static bool may_see(struct call *call, const struct record_view *view)
{
    switch (call->who.role) {
    case ROLE_MEMBER: return call->who.account_id == view->record.member_id;
    case ROLE_COORDINATOR: return unit_contains(call->db, call->who.scope_id, view->unit_id);
    case ROLE_AUDITOR:
    case ROLE_ADMINISTRATOR: return true;
    default: return false;
    }
}

enum find record_find_visible(struct call *call, uint64_t record_id, struct record_view *view,
                              struct error *error)
{
    enum find found = record_find(call->db, record_id, call->arena, view, error);

    return found == FIND_FOUND && !may_see(call, view) ? FIND_NOTHING : found;
}

static enum answered record_get(struct call *call)
{
    struct record_view view;
    struct error error;
    enum find found = record_find_visible(call, call->ids[0], &view, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return reply_json(call, 200, record_json(&view));
}

struct records_query {
    uint64_t activity_id;
    int state; /* 0: any */
    struct page page;
};

static const struct json_field records_query_fields[] = {
    {"activity_id", JSON_ID, OPTIONAL, offsetof(struct records_query, activity_id)},
    {"state", JSON_CHOICE, OPTIONAL, offsetof(struct records_query, state),
     .choices = "any|open|pending|approved|rejected|needs_statement|checking"},
    PAGE_FIELDS(struct records_query, page),
    {0},
};

static enum answered records_get(struct call *call)
{
    const struct records_query *query = call->query;
    struct record_filter filter = {
        .activity_id = query->activity_id,
        .member_id = call->who.role == ROLE_MEMBER ? call->who.account_id : 0,
        .under = call->who.role == ROLE_COORDINATOR ? call->who.scope_id : 0,
        .state = query->state,
    };
    int64_t limit = page_limit(&query->page);
    struct record_view *views;
    struct error error;
    size_t count;
    json_t *items;

    if (!record_list(call->db, &filter, query->page.after, limit, call->arena, &views, &count,
                     &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, record_json(&views[i]));
    return reply_json(
        call, 200, page_json(items, (int64_t)count == limit ? views[count - 1].record.row.key : 0));
}

/* --- The review ------------------------------------------------------------------------------ */

static enum answered render_decision(struct call *call, const struct outcome *outcome)
{
    bool is_held = outcome->state == RECORD_CHECKING;
    json_t *body = json_pack("{s:o, s:s, s:o, s:o}", "id", json_id(outcome->ref), "state",
                             record_state_name((enum record_state)outcome->state), "points",
                             json_points(outcome->points), "expires_at",
                             json_time(is_held ? 0 : outcome->until_us));

    if (is_held)
        json_object_set_new(body, "answer_by", json_time(outcome->until_us));
    return reply_json(call, 200, body);
}

struct award_terms *records_terms(struct call *call, const struct record_view *const *views,
                                  size_t count)
{
    const struct award_ask ask = {
        .plugins = call->app->plugins,
        .programme = call->app->award_policy,
        .utc_offset_minutes = (int)call->app->programme->utc_offset_minutes,
        .actor = call->who.account_id,
        .now_us = call->now_us,
    };
    struct award_terms *terms = arena_take(call->arena, count * sizeof *terms);

    award_ask(&ask, call->db, views, count, call->arena, terms);
    return terms;
}

struct award *record_award(struct call *call, const struct record_view *view, uint64_t wallet_id,
                           const struct award_terms *terms)
{
    const struct record *record = &view->record;
    struct award *award = call_command(call, sizeof *award, &command_award);

    award->record_id = record->row.key;
    award->member_id = record->member_id;
    award->wallet_id = wallet_id;
    award->person_id = call->who.person_id;
    award->minutes = record->minutes;
    award->points = view->is_erased ? 0 : terms->answer.points; /* nobody could spend them */
    award->daily_cap = terms->answer.daily_cap;
    award->expires_us = terms->answer.expires_us;
    award->missing = terms->missing;
    award->of.activity_id = record->activity_id;
    award->of.started_us = record->started_us;
    award->of.ended_us = record->ended_us;
    award->of.minutes = record->minutes;
    award->of.grade = record->grade;
    award_set_day(award, record->started_us, (int)call->app->programme->utc_offset_minutes);
    return award;
}

static enum answered record_approve(struct call *call)
{
    struct record_view view;
    const struct record_view *views[] = {&view};
    struct error error;
    uint64_t wallet_id;
    enum find found = record_find_visible(call, call->ids[0], &view, &error);
    struct award *award;

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!wallet_owner(call->db, view.record.member_id, &wallet_id, &error))
        return reply_error(call, &error);
    award = record_award(call, &view, wallet_id, records_terms(call, views, 1));
    return call_submit(call, &award->command, render_decision);
}

static enum answered record_reject(struct call *call)
{
    struct reject_record *reject = call_command(call, sizeof *reject, &command_reject_record);
    struct record_view view;
    struct error error;
    uint64_t wallet_id;
    enum find found = record_find_visible(call, call->ids[0], &view, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!wallet_owner(call->db, view.record.member_id, &wallet_id, &error))
        return reply_error(call, &error);
    reject->record_id = view.record.row.key;
    reject->member_id = view.record.member_id;
    reject->wallet_id = wallet_id;
    reject->person_id = call->who.person_id;
    return call_submit(call, &reject->command, render_decision);
}

const struct route record_routes[] = {
    {HTTP_GET, "/v1/records", ROLE_MEMBER | STAFF, ON_QUERY, records_get,
     .query_fields = records_query_fields, .query_size = sizeof(struct records_query)},
    {HTTP_GET, "/v1/records/{id}", ROLE_MEMBER | STAFF, ON_QUERY, record_get},
    {HTTP_POST, "/v1/records/{id}/approve", REVIEWERS, ON_QUERY, record_approve,
     .idempotent = true},
    {HTTP_POST, "/v1/records/{id}/reject", REVIEWERS, ON_QUERY, record_reject, .idempotent = true},
    {0},
};
