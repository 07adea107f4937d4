/*
 * Many records reviewed at once. What deserves a closer look is left out, and the answer says why;
 * the rest is approved one by one, as if each had been asked for: a retry gets what it got.
 */
#include "api/app.h"
#include "api/record_calls.h"
#include "api/resources.h"
#include "jobs/crowd.h"
#include "ledger/statement.h"

#define RECORDS_MOST 100

struct review_input {
    struct json_list record_ids;
};

static const struct json_field review_fields[] = {
    {"record_ids", JSON_IDS, REQUIRED, offsetof(struct review_input, record_ids), .min = 1,
     .max = RECORDS_MOST},
    {0},
};

/* One of the list: left out because of `why`, or awarded. */
struct reviewed {
    uint64_t record_id;
    const char *why;
    struct record_view view;
    uint64_t wallet_id;
    struct award *award;
};

/* Why a record needs a person's own look; NULL: it does not. */
static const char *closer_look(const struct record_view *view)
{
    if (view->record.grade == GRADE_D)
        return "backfilled";
    if (view->overlaps)
        return "overlapping";
    if (view->place_check == PLACE_OUT_OF_RANGE)
        return "out_of_range";
    if (view->stated)
        return "stated";
    return NULL;
}

static bool look_at(struct call *call, struct reviewed *reviewed, struct error *error)
{
    switch (record_find_visible(call, reviewed->record_id, &reviewed->view, error)) {
    case FIND_FAILED: return false;
    case FIND_NOTHING: reviewed->why = "not_found"; return true;
    case FIND_FOUND: break;
    }
    reviewed->why = closer_look(&reviewed->view);
    return reviewed->why != NULL ||
           wallet_owner(call->db, reviewed->view.record.member_id, &reviewed->wallet_id, error);
}

/* The policy is asked once, about all that are left. */
static void make_awards(struct call *call, struct reviewed *list, size_t count)
{
    const struct record_view **views = arena_take(call->arena, count * sizeof *views);
    const struct award_terms *terms;
    size_t asked = 0;

    for (size_t i = 0; i < count; i++)
        if (!list[i].why)
            views[asked++] = &list[i].view;
    terms = records_terms(call, views, asked);
    for (size_t i = 0; i < count; i++) {
        if (list[i].why)
            continue;
        list[i].award = record_award(call, &list[i].view, list[i].wallet_id, terms++);
        call_take_part(&list[i].award->command, list[i].record_id);
    }
}

static void award_all(struct call *call, struct reviewed *list, size_t count)
{
    struct crowd *crowd = crowd_new(call_teller(call));

    for (size_t i = 0; i < count; i++)
        if (list[i].award && !crowd_submit(crowd, &list[i].award->command))
            list[i].why = "busy";
    crowd_wait(crowd);
}

static const char *why_not(const struct reviewed *reviewed)
{
    if (reviewed->why)
        return reviewed->why;
    if (reviewed->award->command.failure)
        return "busy";
    if (reviewed->award->command.outcome.refusal != ACCEPTED)
        return refusal_text(reviewed->award->command.outcome.refusal)->code;
    if (reviewed->award->command.outcome.state == RECORD_CHECKING)
        return refusal_text(REFUSED_BEING_CHECKED)->code;
    return NULL;
}

static json_t *review_json(const struct reviewed *list, size_t count)
{
    json_t *approved = json_array(), *left_out = json_array();

    for (size_t i = 0; i < count; i++) {
        const char *why = why_not(&list[i]);

        if (why)
            json_array_append_new(
                left_out, json_pack("{s:o, s:s}", "id", json_id(list[i].record_id), "why", why));
        else
            json_array_append_new(
                approved, json_pack("{s:o, s:o}", "id", json_id(list[i].record_id), "points",
                                    json_points(list[i].award->command.outcome.points)));
    }
    return json_pack("{s:o, s:o}", "approved", approved, "left_out", left_out);
}

static enum answered review_post(struct call *call)
{
    const struct review_input *input = call->input;
    const uint64_t *ids = input->record_ids.items;
    size_t count = input->record_ids.count;
    struct reviewed *list = arena_take(call->arena, count * sizeof *list);
    struct outcome claim = {0};
    struct error error;

    if (!call_keep(call, 0, &claim))
        return ANSWERED;
    for (size_t i = 0; i < count; i++) {
        list[i].record_id = ids[i];
        if (!look_at(call, &list[i], &error))
            return reply_error(call, &error);
    }
    make_awards(call, list, count);
    award_all(call, list, count);
    return reply_json(call, 200, review_json(list, count));
}

const struct route review_routes[] = {
    {HTTP_POST, "/v1/records/approve", REVIEWERS, ON_QUERY, review_post, .fields = review_fields,
     .input_size = sizeof(struct review_input), .idempotent = true},
    {0},
};
