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

#define SLICES 4 /* of 500 events: a query thread is not kept longer than a moment */

struct replay_input {
    int32_t from_day, to_day;
    struct text settings, cursor;
    bool has_settings;
};

static const struct json_field replay_fields[] = {
    {"from", JSON_DAY, REQUIRED, offsetof(struct replay_input, from_day)},
    {"to", JSON_DAY, REQUIRED, offsetof(struct replay_input, to_day)},
    {"settings", JSON_DOCUMENT, OPTIONAL, offsetof(struct replay_input, settings),
     .seen = offsetof(struct replay_input, has_settings)},
    {"cursor", JSON_TEXT, OPTIONAL, offsetof(struct replay_input, cursor), .max = 24},
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

/* "2.8589934592": the kind of event, and the last one's id. */
static bool read_cursor(struct call *call, struct text cursor, struct replay_place *place)
{
    const char *text = arena_copy(call->arena, cursor.data ? cursor.data : "", cursor.length);
    uint64_t kind;

    if (!*text)
        return true;
    if (!read_number(&text, &kind) || *text++ != '.' || !read_number(&text, &place->after))
        return false;
    place->kind = kind;
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

static json_t *sum_json(struct call *call, const struct replay_sum *sum, json_t *hits)
{
    const char *next = arena_printf(call->arena, "%zu.%" PRIu64, sum->next.kind, sum->next.after);

    return json_pack("{s:I, s:I, s:I, s:I, s:o, s:s?}", "asked", (json_int_t)sum->asked, "flagged",
                     (json_int_t)sum->flagged, "denied", (json_int_t)sum->denied, "without_answer",
                     (json_int_t)sum->faulted, "items", hits, "next", sum->ended ? NULL : next);
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
        .slices = SLICES,
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
        return reply_json(call, 200, sum_json(call, &sum, hits));
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
