/*
 * Replays, for administrators and auditors: whom a rule would have flagged or denied, before it is
 * switched on. In parts: each answer says how far it has come and where the next one begins.
 */
#include "service/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/app.h"
#include "api/call.h"
#include "api/resources.h"
#include "base/clock.h"
#include "ledger/check.h"

#define EVENTS_MOST 4000 /* a query thread is not kept longer than a moment */

struct replay_input {
    int32_t from_day, to_day;
    int64_t limit;
    struct text settings, cursor;
    bool has_settings;
};

static const struct json_field replay_fields[] = {
    {"from", JSON_DAY, REQUIRED, offsetof(struct replay_input, from_day)},
    {"to", JSON_DAY, REQUIRED, offsetof(struct replay_input, to_day)},
    {"settings", JSON_DOCUMENT, OPTIONAL, offsetof(struct replay_input, settings),
     .seen = offsetof(struct replay_input, has_settings)},
    {"cursor", JSON_TEXT, OPTIONAL, offsetof(struct replay_input, cursor), .max = 48},
    {"limit", JSON_INT, OPTIONAL, offsetof(struct replay_input, limit), .min = 1,
     .max = EVENTS_MOST},
    {0},
};

static bool read_number(const char **text, uint64_t *number)
{
    char *end;

    errno = 0;
    if (**text < '0' || **text > '9') /* strtoull takes spaces and signs */
        return false;
    *number = strtoull(*text, &end, 10);
    *text = end;
    return errno == 0;
}

/* "1780704000000000.2.8589934592": time, kind and number of the last event. */
static bool read_cursor(struct call *call, struct text cursor, struct past_place *place)
{
    const char *text = arena_copy(call->arena, cursor.data ? cursor.data : "", cursor.length);
    uint64_t at, kind;

    if (!*text)
        return true;
    if (!read_number(&text, &at) || at > INT64_MAX || *text++ != '.' ||
        !read_number(&text, &kind) || kind > UINT32_MAX || *text++ != '.' ||
        !read_number(&text, &place->event))
        return false;
    place->at_us = (int64_t)at;
    place->kind = (uint32_t)kind;
    return *text == '\0';
}

static void add_hit(void *context, const struct replay_hit *hit)
{
    const struct linli_opinion *opinion = &hit->call->answer.opinion;
    const struct linli_reason *reason = &opinion->reason;
    bool faulted = hit->call->fault != FAULT_NONE;
    const char *verdict = opinion->verdict == LINLI_DENY ? "deny" : "flag";

    json_array_append_new(
        context,
        json_pack("{s:o, s:s, s:o, s:o, s:s, s:s?, s:o, s:o}", "at", json_time(hit->event->at_us),
                  "about", event_kind_name((enum linli_event_kind)hit->event->kind), "id",
                  json_id(hit->event->event), "member_id", json_id(hit->event->member), "verdict",
                  faulted ? plugin_fault_name(hit->call->fault) : verdict, "code",
                  faulted ? NULL : reason->code, "zh",
                  json_text((struct text){reason->zh.bytes, faulted ? 0 : reason->zh.length}), "en",
                  json_text((struct text){reason->en.bytes, faulted ? 0 : reason->en.length})));
}

static json_t *sum_json(struct call *call, const struct replay *replay,
                        const struct replay_sum *sum, json_t *hits)
{
    const struct past_place *at = &sum->next;
    const char *next = arena_printf(call->arena, "%" PRId64 ".%" PRIu32 ".%" PRIu64, at->at_us,
                                    at->kind, at->event);

    return json_pack("{s:I, s:I, s:I, s:I, s:o, s:o, s:s?}", "asked", (json_int_t)sum->asked,
                     "flagged", (json_int_t)sum->flagged, "denied", (json_int_t)sum->denied,
                     "without_answer", (json_int_t)sum->faulted, "items", hits, "reached",
                     json_time(sum->ended ? replay->until_us : at->at_us), "next",
                     sum->ended ? NULL : next);
}

/* What the plugin or its settings are refused for is the asker's to mend. */
static enum answered reply_not_replayed(struct call *call, const struct error *error)
{
    const char *detail = arena_printf(call->arena, "%s", error->detail);

    if (strncmp(error->code, "plugin.", 7) != 0 && strncmp(error->code, "replay.", 7) != 0)
        return reply_error(call, error);
    return reply_problem_detail(call, PROBLEM_CONFLICT, detail, detail);
}

static enum answered replay_rule(struct call *call, const struct plugin_row *plugin,
                                 const json_t *settings)
{
    const struct replay_input *input = call->input;
    int offset = (int)call->app->programme->utc_offset_minutes;
    json_t *hits = json_array();
    struct replay replay = {
        .registry = call->app->registry,
        .plugin = plugin,
        .settings = settings,
        .from_us = calendar_day_start_us(input->from_day, offset),
        .until_us = calendar_day_start_us(input->to_day + 1, offset),
        .utc_offset_minutes = offset,
        .most = input->limit > 0 ? (size_t)input->limit : EVENTS_MOST,
        .hit = add_hit,
        .context = hits,
    };
    struct replay_sum sum;
    struct error error = {0};

    if (!read_cursor(call, input->cursor, &replay.from)) {
        json_decref(hits);
        return reply_bad_field(call, "/cursor", "bad_cursor", "the `next` of the part before");
    }
    if (replay_run(&replay, call->db, &sum, &error))
        return reply_json(call, 200, sum_json(call, &replay, &sum, hits));
    json_decref(hits);
    return reply_not_replayed(call, &error);
}

static enum answered replay_post(struct call *call)
{
    const struct replay_input *input = call->input;
    struct plugin_row plugin;
    struct error error;
    enum find found = registry_find(call->db, call->ids[0], call->arena, &plugin, &error);
    json_t *settings;
    enum answered answered;

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (input->from_day > input->to_day)
        return reply_bad_field(call, "/from", "bad_period", "a day not after `to`");
    settings = input->has_settings
                   ? json_loadb(input->settings.data, input->settings.length, 0, NULL)
                   : NULL;
    answered = replay_rule(call, &plugin, settings);
    json_decref(settings);
    return answered;
}

const struct route replay_routes[] = {
    {HTTP_POST, "/v1/plugins/{id}/replay", ROLE_ADMINISTRATOR | ROLE_AUDITOR, ON_QUERY, replay_post,
     .fields = replay_fields, .input_size = sizeof(struct replay_input)},
    {0},
};
