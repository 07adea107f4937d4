/*
 * Assessments: administrators run them and see everything, auditors numbers for people, a unit
 * reader the counts of their own unit, and members their own rating with its reasons.
 */
#include <inttypes.h>

#include "api/activity_calls.h"
#include "api/app.h"
#include "api/call.h"
#include "api/people_json.h"
#include "api/resources.h"
#include "assess/runs.h"
#include "base/clock.h"
#include "people/units.h"

#define READERS (ROLE_ADMINISTRATOR | ROLE_AUDITOR)

static const char *const scope_names[] = {"", "member", "unit"};
static const char *const affiliation_names[] = {"", "residence", "work"};

static enum answered reply_run_answer(struct call *call, enum run_answer answer,
                                      const struct error *error)
{
    switch (answer) {
    case RUN_NOT_FOUND: return reply_problem(call, PROBLEM_NOT_FOUND);
    case RUN_WRONG_STATE: return reply_refused(call, REFUSED_WRONG_STATE);
    case RUN_NOT_OWN: return reply_refused(call, REFUSED_OWN_RECORD);
    case RUN_NO_POLICY:
        return reply_problem_detail(call, PROBLEM_CONFLICT, "没有启用这样的考核政策",
                                    "No assessment policy of this id is in shadow or enforced");
    case RUN_BAD_PERIOD:
        return reply_bad_field(call, "/from", "bad_period", "begun, from..to, 3660 days at most");
    case RUN_BAD_RATING:
        return reply_bad_field(call, "/rating", "bad_choice", "one of the policy's ratings");
    case RUN_OPEN_APPEALS:
        return reply_problem_detail(call, PROBLEM_CONFLICT, "还有申诉未答复",
                                    "There are appeals without an answer");
    case RUN_UNREAD:
        return reply_problem_detail(
            call, PROBLEM_CONFLICT, "请先阅读全部申诉和答复，再签署",
            "Read the appeals and their answers first: their list says how many are decided");
    case RUN_SAME_PERSON: return reply_refused(call, REFUSED_SAME_PERSON);
    case RUN_TOO_LATE:
        return reply_problem_detail(call, PROBLEM_CONFLICT, "申诉期已过",
                                    "The time for appeals is over");
    default: return reply_error(call, error);
    }
}

/* --- Runs ------------------------------------------------------------------------------------- */

static json_t *run_json(const struct run *run)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:s, s:i, s:o, s:o, s:b, s:s, s:I, s:I, s:I, s:s?, s:s?, s:o, "
        "s:o, s:o, s:o, s:s?, s:o, s:o}",
        "id", json_id(run->run_id), "plugin_id", json_id(run->plugin_id), "version_id",
        json_id(run->version_id), "policy_id", json_id(run->policy_id), "unit_id",
        json_id(run->unit_id), "by",
        name_from(affiliation_names, ARRAY_LENGTH(affiliation_names), run->affiliation), "revision",
        (int)run->revision, "from", json_day(run->from_day), "to", json_day(run->to_day),
        "forecast", run->forecast, "state", run_state_name(run->state), "members",
        (json_int_t)run->members, "members_rated", (json_int_t)run->members_done, "without_rating",
        (json_int_t)run->faults, "failure", *run->failure ? run->failure : NULL, "waits",
        *run->waits ? run->waits : NULL, "finished_at", json_time(run->finished_us), "shown_at",
        json_time(run->shown_us), "appeals_until", json_time(run->appeals_until_us), "signed_by",
        id_or_null(run->signed_by), "signed_name", *run->signed_name ? run->signed_name : NULL,
        "signed_at", json_time(run->signed_us), "published_at", json_time(run->published_us));
}

static json_t *counts_json(const struct rating_count *counts, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:s?, s:I}", "rating",
                                              *counts[i].rating ? counts[i].rating : NULL, "count",
                                              (json_int_t)counts[i].count));
    return list;
}

/* The run, with how many got which rating. */
static enum answered reply_run(struct call *call, int status, uint64_t run_id)
{
    struct rating_count *members, *units;
    size_t member_count, unit_count;
    struct run run;
    struct error error;
    enum find found = run_find(call->db, run_id, call->arena, &run, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!rating_counts(call->db, run_id, LINLI_OF_MEMBER, 0, call->arena, &members, &member_count,
                       &error) ||
        !rating_counts(call->db, run_id, LINLI_OF_UNIT, 0, call->arena, &units, &unit_count,
                       &error))
        return reply_error(call, &error);
    json_t *body = run_json(&run);
    json_object_set_new(body, "member_counts", counts_json(members, member_count));
    json_object_set_new(body, "unit_counts", counts_json(units, unit_count));
    if (status == 201)
        return reply_created(call, arena_printf(call->arena, "/v1/assessments/%" PRIu64, run_id),
                             body);
    return reply_json(call, status, body);
}

static enum answered run_get(struct call *call)
{
    return reply_run(call, 200, call->ids[0]);
}

static enum answered runs_get(struct call *call)
{
    const struct page_query *query = call->query;
    size_t limit = (size_t)page_limit(&query->page), count;
    struct run *runs;
    struct error error;

    if (!run_list(call->db, query->page.after, limit + 1, call->arena, &runs, &count, &error))
        return reply_error(call, &error);
    json_t *items = json_array();
    for (size_t i = 0; i < count && i < limit; i++)
        json_array_append_new(items, run_json(&runs[i]));
    return reply_json(call, 200, page_json(items, count > limit ? runs[limit - 1].run_id : 0));
}

struct run_input {
    uint64_t plugin_id, unit_id;
    int32_t from_day, to_day;
    int by;
    bool has_by;
};

static const struct json_field run_fields[] = {
    {"plugin_id", JSON_ID, REQUIRED, offsetof(struct run_input, plugin_id)},
    {"unit_id", JSON_ID, REQUIRED, offsetof(struct run_input, unit_id)},
    {"from", JSON_DAY, REQUIRED, offsetof(struct run_input, from_day)},
    {"to", JSON_DAY, REQUIRED, offsetof(struct run_input, to_day)},
    {"by", JSON_CHOICE, OPTIONAL, offsetof(struct run_input, by), .choices = "work|residence",
     .seen = offsetof(struct run_input, has_by)},
    {0},
};

static enum answered run_post(struct call *call)
{
    const struct run_input *input = call->input;
    struct new_run wanted = {
        .plugin_id = input->plugin_id,
        .unit_id = input->unit_id,
        .affiliation = input->has_by && input->by == 1 ? AFFILIATION_RESIDENCE : AFFILIATION_WORK,
        .from_day = input->from_day,
        .to_day = input->to_day,
        .actor = call->who.account_id,
        .utc_offset_minutes = (int)call->app->programme->utc_offset_minutes,
    };
    uint64_t run_id;
    struct error error = {0};
    enum run_answer answer = run_create(call->db, call->app->ids, call->app->plugins, &wanted,
                                        call->now_us, &run_id, &error);

    return answer == RUN_FINE ? reply_run(call, 201, run_id)
                              : reply_run_answer(call, answer, &error);
}

/* --- Ratings ---------------------------------------------------------------------------------- */

static json_t *rating_json(const struct rating *rating)
{
    return json_pack(
        "{s:o, s:s, s:o, s:o, s:o, s:s?, s:s?, s:b, s:o, s:o}", "assessment_id",
        json_id(rating->run_id), "scope",
        name_from(scope_names, ARRAY_LENGTH(scope_names), rating->scope), "subject_id",
        json_id(rating->subject_id), "merged_into", id_or_null(rating->merged_into), "unit_id",
        json_id(rating->unit_id), "rating", *rating->rating ? rating->rating : NULL, "drafted",
        *rating->drafted ? rating->drafted : NULL, "fails", rating->fails, "reasons",
        json_loads(rating->reasons, 0, NULL), "facts", json_loads(rating->facts, 0, NULL));
}

struct ratings_query {
    int scope;
    uint64_t unit_id;
    struct text rating;
    struct page page;
};

static const struct json_field ratings_query_fields[] = {
    {"scope", JSON_CHOICE, OPTIONAL, offsetof(struct ratings_query, scope),
     .choices = "member|unit"},
    {"unit_id", JSON_ID, OPTIONAL, offsetof(struct ratings_query, unit_id)},
    {"rating", JSON_TEXT, OPTIONAL, offsetof(struct ratings_query, rating), .max = 40},
    PAGE_FIELDS(struct ratings_query, page),
    {0},
};

static enum answered ratings_get(struct call *call)
{
    const struct ratings_query *asked = call->query;
    size_t limit = (size_t)page_limit(&asked->page), count;
    struct rating_query query = {
        .run_id = call->ids[0],
        .scope = asked->scope == 1 ? LINLI_OF_UNIT : LINLI_OF_MEMBER,
        .unit_id = asked->unit_id,
        .rating = asked->rating.data ? asked->rating : TEXT(""),
        .after_id = asked->page.after,
        .limit = limit + 1,
    };
    struct rating *list;
    struct run run;
    struct error error;
    enum find found = run_find(call->db, call->ids[0], call->arena, &run, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!rating_list(call->db, &query, call->arena, &list, &count, &error))
        return reply_error(call, &error);
    json_t *items = json_array();
    for (size_t i = 0; i < count && i < limit; i++)
        json_array_append_new(items, rating_json(&list[i]));
    return reply_json(call, 200, page_json(items, count > limit ? list[limit - 1].subject_id : 0));
}

static enum answered own_get(struct call *call)
{
    struct rating *list;
    struct error error;
    size_t count;

    if (!rating_list_own(call->db, call->who.account_id, call->arena, &list, &count, &error))
        return reply_error(call, &error);
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, rating_json(&list[i]));
    return reply_json(call, 200, json_pack("{s:o}", "items", items));
}

/* --- Of a unit, in numbers -------------------------------------------------------------------- */

struct unit_query_input {
    uint64_t assessment_id;
};

static const struct json_field unit_query_fields[] = {
    {"assessment_id", JSON_ID, OPTIONAL, offsetof(struct unit_query_input, assessment_id)},
    {0},
};

static bool may_see_unit(struct call *call, uint64_t unit_id)
{
    return !(call->who.role & (ROLE_COORDINATOR | ROLE_UNIT_READER)) ||
           unit_contains(call->db, call->who.scope_id, unit_id);
}

/* How the unit was rated. Reasons tell numbers too: where these are hidden, the rating stands
 * alone. */
static enum answered reply_unit(struct call *call, const struct run *run,
                                const struct rating *rating)
{
    struct rating_count *counts;
    struct error error;
    size_t count;
    bool hidden;

    if (!rating_counts(call->db, run->run_id, LINLI_OF_MEMBER, rating->subject_id, call->arena,
                       &counts, &count, &error) ||
        !rating_is_hidden(call->db, run, rating->subject_id, call->arena, &hidden, &error))
        return reply_error(call, &error);
    return reply_json(call, 200,
                      json_pack("{s:o, s:s?, s:o, s:o}", "assessment", run_json(run), "rating",
                                *rating->rating ? rating->rating : NULL, "reasons",
                                hidden ? json_array() : json_loads(rating->reasons, 0, NULL),
                                "member_counts",
                                hidden ? json_null() : counts_json(counts, count)));
}

static enum answered unit_get(struct call *call)
{
    const struct unit_query_input *query = call->query;
    struct rating rating;
    struct run run;
    struct error error;
    enum find found = query->assessment_id != 0
                          ? run_find(call->db, query->assessment_id, call->arena, &run, &error)
                          : run_find_newest(call->db, call->ids[0], call->arena, &run, &error);

    if (found == FIND_FOUND && (run.shown_us == 0 || !may_see_unit(call, call->ids[0])))
        found = FIND_NOTHING;
    if (found == FIND_FOUND)
        found = rating_find(call->db, run.run_id, LINLI_OF_UNIT, call->ids[0], call->arena, &rating,
                            &error);
    return found == FIND_FOUND ? reply_unit(call, &run, &rating)
                               : reply_missing(call, found, &error);
}

/* --- Steps ------------------------------------------------------------------------------------ */

struct show_input {
    int64_t appeal_days;
};

static const struct json_field show_fields[] = {
    {"appeal_days", JSON_INT, REQUIRED, offsetof(struct show_input, appeal_days), .min = 1,
     .max = 90},
    {0},
};

static enum answered reply_step(struct call *call, enum run_answer answer,
                                const struct error *error)
{
    return answer == RUN_FINE ? reply_run(call, 200, call->ids[0])
                              : reply_run_answer(call, answer, error);
}

static enum answered show_post(struct call *call)
{
    const struct show_input *input = call->input;
    struct error error = {0};

    return reply_step(call,
                      run_show(call->db, call->ids[0], call->who.account_id,
                               call->now_us + input->appeal_days * DAY_US, call->now_us, &error),
                      &error);
}

struct sign_input {
    struct text name;
    int64_t appeals_read;
};

static const struct json_field sign_fields[] = {
    {"name", JSON_TEXT, REQUIRED, offsetof(struct sign_input, name), .min = 2, .max = 50},
    {"appeals_read", JSON_INT, OPTIONAL, offsetof(struct sign_input, appeals_read), .min = 0,
     .max = INT32_MAX},
    {0},
};

static enum answered sign_post(struct call *call)
{
    const struct sign_input *input = call->input;
    struct signing signing = {
        .run_id = call->ids[0],
        .actor = call->who.account_id,
        .person_id = call->who.person_id,
        .name = input->name,
        .appeals_read = input->appeals_read,
    };
    struct error error = {0};

    return reply_step(call, run_sign(call->db, &signing, call->now_us, &error), &error);
}

static enum answered publish_post(struct call *call)
{
    struct error error = {0};

    return reply_step(
        call, run_publish(call->db, call->ids[0], call->who.account_id, call->now_us, &error),
        &error);
}

/* --- Appeals ---------------------------------------------------------------------------------- */

/* `waits`: it was upheld, and what follows waits with the run. */
static json_t *appeal_json(const struct run *run, const struct appeal *appeal)
{
    bool waits = appeal->state == APPEAL_UPHELD && *run->waits;

    return json_pack("{s:o, s:o, s:s, s:s, s:o, s:s?, s:o, s:o, s:s?}", "assessment_id",
                     json_id(appeal->run_id), "member_id", json_id(appeal->member_id), "state",
                     appeal_state_name(appeal->state), "words", appeal->words, "made_at",
                     json_time(appeal->made_us), "answer", *appeal->answer ? appeal->answer : NULL,
                     "decided_by", id_or_null(appeal->decided_by), "decided_at",
                     json_time(appeal->decided_us), "waits", waits ? run->waits : NULL);
}

static enum answered appeals_get(struct call *call)
{
    const struct page_query *query = call->query;
    size_t limit = (size_t)page_limit(&query->page), count;
    struct appeal *list;
    struct run run;
    struct error error;
    enum find found = run_find(call->db, call->ids[0], call->arena, &run, &error);
    int64_t decided;

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!appeal_count(call->db, call->ids[0], &decided, &error) || /* first: none is passed over */
        !appeal_list(call->db, call->ids[0], query->page.after, limit + 1, call->arena, &list,
                     &count, &error))
        return reply_error(call, &error);
    json_t *items = json_array();
    for (size_t i = 0; i < count && i < limit; i++)
        json_array_append_new(items, appeal_json(&run, &list[i]));
    json_t *body = page_json(items, count > limit ? list[limit - 1].member_id : 0);
    json_object_set_new(body, "decided", json_integer(decided));
    return reply_json(call, 200, body);
}

struct appeal_input {
    struct text words;
};

static const struct json_field appeal_fields[] = {
    {"words", JSON_TEXT, REQUIRED, offsetof(struct appeal_input, words), .min = 1, .max = 1000},
    {0},
};

static enum answered appeal_post(struct call *call)
{
    const struct appeal_input *input = call->input;
    struct error error = {0};
    enum run_answer answer = appeal_make(call->db, call->ids[0], call->who.account_id, input->words,
                                         call->now_us, &error);

    return answer == RUN_FINE ? reply_empty(call) : reply_run_answer(call, answer, &error);
}

struct decision_input {
    uint64_t member_id;
    struct text rating, answer;
};

static const struct json_field decision_fields[] = {
    {"member_id", JSON_ID, REQUIRED, offsetof(struct decision_input, member_id)},
    {"rating", JSON_TEXT, OPTIONAL, offsetof(struct decision_input, rating), .min = 1, .max = 39},
    {"answer", JSON_TEXT, REQUIRED, offsetof(struct decision_input, answer), .min = 1, .max = 1000},
    {0},
};

static enum answered decision_post(struct call *call)
{
    const struct decision_input *input = call->input;
    struct appeal_decision decision = {
        .run_id = call->ids[0],
        .member_id = input->member_id,
        .actor = call->who.account_id,
        .person_id = call->who.person_id,
        .rating = input->rating.data ? input->rating : TEXT(""),
        .answer = input->answer,
    };
    struct error error = {0};
    enum run_answer answer = appeal_decide(call->db, &decision, call->now_us, &error);

    return answer == RUN_FINE ? reply_empty(call) : reply_run_answer(call, answer, &error);
}

const struct route assessment_routes[] = {
    {HTTP_GET, "/v1/assessments", READERS, ON_QUERY, runs_get, .query_fields = page_query_fields,
     .query_size = sizeof(struct page_query)},
    {HTTP_POST, "/v1/assessments", ROLE_ADMINISTRATOR, ON_QUERY, run_post, .fields = run_fields,
     .input_size = sizeof(struct run_input)},
    {HTTP_GET, "/v1/assessments/{id}", READERS, ON_QUERY, run_get},
    {HTTP_GET, "/v1/assessments/{id}/ratings", READERS, ON_QUERY, ratings_get,
     .query_fields = ratings_query_fields, .query_size = sizeof(struct ratings_query)},
    {HTTP_POST, "/v1/assessments/{id}/show", ROLE_ADMINISTRATOR, ON_QUERY, show_post,
     .fields = show_fields, .input_size = sizeof(struct show_input)},
    {HTTP_POST, "/v1/assessments/{id}/sign", ROLE_ADMINISTRATOR, ON_QUERY, sign_post,
     .fields = sign_fields, .input_size = sizeof(struct sign_input)},
    {HTTP_POST, "/v1/assessments/{id}/publish", ROLE_ADMINISTRATOR, ON_QUERY, publish_post},
    {HTTP_GET, "/v1/assessments/{id}/appeals", READERS, ON_QUERY, appeals_get,
     .query_fields = page_query_fields, .query_size = sizeof(struct page_query)},
    {HTTP_POST, "/v1/assessments/{id}/decide-appeal", ROLE_ADMINISTRATOR, ON_QUERY, decision_post,
     .fields = decision_fields, .input_size = sizeof(struct decision_input)},
    {HTTP_POST, "/v1/assessments/{id}/appeal", ROLE_MEMBER, ON_QUERY, appeal_post,
     .fields = appeal_fields, .input_size = sizeof(struct appeal_input)},
    {HTTP_GET, "/v1/me/assessments", ROLE_MEMBER, ON_QUERY, own_get},
    {HTTP_GET, "/v1/units/{id}/assessment",
     ROLE_UNIT_READER | ROLE_COORDINATOR | ROLE_ADMINISTRATOR | ROLE_AUDITOR, ON_QUERY, unit_get,
     .query_fields = unit_query_fields, .query_size = sizeof(struct unit_query_input)},
    {0},
};
