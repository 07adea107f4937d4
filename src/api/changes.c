/* What is changed after publishing, and the history of it. */
#include "service/changes.h"

#include <stdlib.h>
#include <string.h>

#include "api/activity_calls.h"
#include "api/people_json.h"
#include "api/record_calls.h"
#include "api/resources.h"
#include "people/audit.h"
#include "service/statements.h"

#define WHY_MOST 200

/* Two objects as text for the history: only the members that differ. */
static void differences(struct call *call, json_t *old, json_t *new, struct change *change)
{
    json_t *before = json_object(), *after = json_object(), *value;
    const char *key;
    char *texts[2];

    json_object_foreach(old, key, value)
    {
        if (json_equal(value, json_object_get(new, key)))
            continue;
        json_object_set(before, key, value);
        json_object_set(after, key, json_object_get(new, key));
    }
    texts[0] = json_dumps(before, JSON_COMPACT);
    texts[1] = json_dumps(after, JSON_COMPACT);
    change->before =
        (struct text){arena_copy(call->arena, texts[0], strlen(texts[0])), strlen(texts[0])};
    change->after =
        (struct text){arena_copy(call->arena, texts[1], strlen(texts[1])), strlen(texts[1])};
    free(texts[0]);
    free(texts[1]);
    json_decref(before);
    json_decref(after);
    json_decref(old);
    json_decref(new);
}

static struct change change_by(const struct call *call, struct text why)
{
    return (struct change){.object_id = call->ids[0],
                           .actor = call->who.account_id,
                           .person_id = call->who.person_id,
                           .why = why,
                           .now_us = call->now_us};
}

/* --- Activities ------------------------------------------------------------------------------ */

struct why_input {
    struct text why;
};

static const struct json_field why_fields[] = {
    {"why", JSON_TEXT, REQUIRED, offsetof(struct why_input, why), .min = 1, .max = WHY_MOST},
    {0},
};

static enum answered cancel_post(struct call *call)
{
    const struct why_input *input = call->input;
    struct change change = change_by(call, input->why);
    struct activity activity;
    enum refusal refusal;
    struct error error;
    enum find found = activity_find_led(call, call->ids[0], &activity, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!activity_cancel(call->db, &change, &refusal, &error))
        return reply_error(call, &error);
    return refusal != ACCEPTED ? reply_refused(call, refusal)
                               : activity_show(call, 200, activity.id);
}

struct correction_input {
    struct text why;
    struct activity_terms terms;
};

static const struct json_field correction_fields[] = {
    {"why", JSON_TEXT, REQUIRED, offsetof(struct correction_input, why), .min = 1, .max = WHY_MOST},
    ACTIVITY_TERMS_FIELDS(struct correction_input, terms),
    {0},
};

/* The terms of `terms` on what else the activity is. */
static struct activity corrected(struct call *call, const struct activity *old,
                                 const struct activity_terms *terms)
{
    struct activity new = activity_of_terms(call, terms);

    new.id = old->id;
    new.unit_id = old->unit_id;
    new.state = old->state;
    new.signed_up = old->signed_up;
    new.waiting = old->waiting;
    new.part_of = old->part_of;
    new.series_id = old->series_id;
    return new;
}

static bool is_news(const struct activity *old, const struct activity *new)
{
    return old->starts_us != new->starts_us || old->ends_us != new->ends_us ||
           strcmp(old->place, new->place) != 0;
}

static enum answered activity_put(struct call *call)
{
    const struct correction_input *input = call->input;
    struct change change = change_by(call, input->why);
    struct activity old, new;
    enum refusal refusal;
    struct error error;
    enum find found = activity_find_led(call, call->ids[0], &old, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    new = corrected(call, &old, &input->terms);
    if (!activity_times_fit(new.starts_us, new.ends_us))
        return reply_bad_times(call);
    differences(call, activity_json(&old), activity_json(&new), &change);
    if (!activity_correct(call->db, &change, &new, is_news(&old, &new), &refusal, &error))
        return reply_error(call, &error);
    return refusal != ACCEPTED ? reply_refused(call, refusal) : activity_show(call, 200, old.id);
}

/* --- Records --------------------------------------------------------------------------------- */

static enum answered show_record(struct call *call)
{
    struct record_view view;
    struct error error;
    enum find found = record_find_visible(call, call->ids[0], &view, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return reply_json(call, 200, record_json(&view));
}

struct statement_input {
    int64_t left_us;
};

static const struct json_field statement_fields[] = {
    {"left_at", JSON_TIME, REQUIRED, offsetof(struct statement_input, left_us)},
    {0},
};

static enum answered statement_post(struct call *call)
{
    const struct statement_input *input = call->input;
    struct statement statement = {.record_id = call->ids[0],
                                  .member_id = call->who.account_id,
                                  .left_us = input->left_us,
                                  .now_us = call->now_us};
    enum refusal refusal;
    struct error error;

    if (!statement_make(call->db, &statement, &refusal, &error))
        return reply_error(call, &error);
    return refusal != ACCEPTED ? reply_refused(call, refusal) : show_record(call);
}

struct times_input {
    int64_t started_us, ended_us;
    struct text why;
};

static const struct json_field times_fields[] = {
    {"started_at", JSON_TIME, REQUIRED, offsetof(struct times_input, started_us)},
    {"ended_at", JSON_TIME, REQUIRED, offsetof(struct times_input, ended_us)},
    {"why", JSON_TEXT, REQUIRED, offsetof(struct times_input, why), .min = 1, .max = WHY_MOST},
    {0},
};

static json_t *times_json(int64_t started_us, int64_t ended_us)
{
    return json_pack("{s:o, s:o}", "started_at", json_time(started_us), "ended_at",
                     json_time(ended_us));
}

static enum answered record_correct_post(struct call *call)
{
    const struct times_input *input = call->input;
    struct change change = change_by(call, input->why);
    struct record_view view;
    enum refusal refusal;
    struct error error;
    enum find found = record_find_visible(call, call->ids[0], &view, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!activity_times_fit(input->started_us, input->ended_us))
        return reply_bad_times(call);
    differences(call, times_json(view.record.started_us, view.record.ended_us),
                times_json(input->started_us, input->ended_us), &change);
    if (!record_correct(call->db, &change, input->started_us, input->ended_us, &refusal, &error))
        return reply_error(call, &error);
    return refusal != ACCEPTED ? reply_refused(call, refusal) : show_record(call);
}

/* --- The history ----------------------------------------------------------------------------- */

static json_t *entry_json(const struct audit_entry *entry)
{
    const struct audit *audit = &entry->audit;

    return json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o}", "at", json_time(entry->at_us), "actor",
                     id_or_null(audit->actor), "action", audit->action, "before",
                     json_text(audit->before), "after", json_text(audit->after), "why",
                     json_text(audit->why), "id", json_id(entry->audit_id));
}

static enum answered reply_history(struct call *call)
{
    const struct page_query *asked = call->query;
    struct audit_query query = {.object_id = call->ids[0],
                                .before_id = asked->page.after,
                                .limit = (size_t)page_limit(&asked->page)};
    struct audit_entry *entries;
    struct error error;
    size_t count;
    uint64_t next;
    json_t *items;

    if (!audit_list(call->db, &query, call->arena, &entries, &count, &next, &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, entry_json(&entries[i]));
    return reply_json(call, 200, page_json(items, next));
}

static enum answered activity_history_get(struct call *call)
{
    struct activity activity;
    struct error error;
    enum find found = activity_find_led(call, call->ids[0], &activity, &error);

    return found == FIND_FOUND ? reply_history(call) : reply_missing(call, found, &error);
}

static enum answered record_history_get(struct call *call)
{
    struct record_view view;
    struct error error;
    enum find found = record_find_visible(call, call->ids[0], &view, &error);

    return found == FIND_FOUND ? reply_history(call) : reply_missing(call, found, &error);
}

const struct route change_routes[] = {
    {HTTP_PUT, "/v1/activities/{id}", LEADERS, ON_QUERY, activity_put, .fields = correction_fields,
     .input_size = sizeof(struct correction_input)},
    {HTTP_POST, "/v1/activities/{id}/cancel", LEADERS, ON_QUERY, cancel_post, .fields = why_fields,
     .input_size = sizeof(struct why_input)},
    {HTTP_GET, "/v1/activities/{id}/history", LEADERS, ON_QUERY, activity_history_get,
     .query_fields = page_query_fields, .query_size = sizeof(struct page_query)},
    {HTTP_POST, "/v1/records/{id}/statement", ROLE_MEMBER, ON_QUERY, statement_post,
     .fields = statement_fields, .input_size = sizeof(struct statement_input)},
    {HTTP_POST, "/v1/records/{id}/correct", REVIEWERS, ON_QUERY, record_correct_post,
     .fields = times_fields, .input_size = sizeof(struct times_input)},
    {HTTP_GET, "/v1/records/{id}/history", ROLE_MEMBER | STAFF, ON_QUERY, record_history_get,
     .query_fields = page_query_fields, .query_size = sizeof(struct page_query)},
    {0},
};
