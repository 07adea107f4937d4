/*
 * Where members live and work, and where they have registered: affiliations, registrations with
 * their receipt, and delegations, who register together.
 */
#include "people/registrations.h"

#include <inttypes.h>

#include "api/app.h"
#include "api/call.h"
#include "api/people_json.h"
#include "api/resources.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "people/affiliations.h"

/* The member of the path, if the caller may see them; NULL: answered. */
static struct member *seen_member(struct call *call)
{
    struct member *member = arena_take(call->arena, sizeof(*member));
    struct error error;
    enum find found =
        member_find(call->db, call->app->keyring, call->ids[0], call->arena, member, &error);

    if (found == FIND_FOUND && !member_may_see(call, member))
        found = FIND_NOTHING;
    if (found == FIND_FOUND)
        return member;
    reply_missing(call, found, &error);
    return NULL;
}

/* --- Affiliations ---------------------------------------------------------------------------- */

static enum answered reply_affiliations(struct call *call, uint64_t member_id)
{
    struct affiliation *list;
    struct error error;
    size_t count;

    if (!affiliation_list(call->db, member_id, call->arena, &list, &count, &error))
        return reply_error(call, &error);
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            items,
            json_pack("{s:s, s:o, s:s, s:o, s:o}", "kind",
                      list[i].kind == AFFILIATION_RESIDENCE ? "residence" : "work", "unit_id",
                      json_id(list[i].unit_id), "unit_name", list[i].unit_name, "from",
                      json_time(list[i].from_us), "until",
                      list[i].to_us == AFFILIATION_STILL ? json_null() : json_time(list[i].to_us)));
    return reply_json(call, 200, json_pack("{s:o}", "items", items));
}

static enum answered affiliations_get(struct call *call)
{
    const struct member *member = seen_member(call);

    return member ? reply_affiliations(call, member->member_id) : ANSWERED;
}

struct move_input {
    int kind;
    uint64_t unit_id;
    int64_t from_us;
};

static const struct json_field move_fields[] = {
    {"kind", JSON_CHOICE, REQUIRED, offsetof(struct move_input, kind), .choices = "residence|work"},
    {"unit_id", JSON_ID, OPTIONAL, offsetof(struct move_input, unit_id)},
    {"from", JSON_TIME, OPTIONAL, offsetof(struct move_input, from_us)},
    {0},
};

static enum answered affiliations_post(struct call *call)
{
    const struct move_input *input = call->input;
    const struct member *member = seen_member(call);
    struct move move = {
        .member_id = call->ids[0],
        .kind = input->kind == 0 ? AFFILIATION_RESIDENCE : AFFILIATION_WORK,
        .unit_id = input->unit_id,
        .from_us = input->from_us ? input->from_us : call->now_us,
        .actor = call->who.account_id,
    };
    struct error error;

    if (!member)
        return ANSWERED;
    switch (affiliation_move(call->db, call->app->keyring, &move, call->now_us, &error)) {
    case PEOPLE_DONE: return reply_affiliations(call, move.member_id);
    case PEOPLE_NOT_FOUND: return reply_problem(call, PROBLEM_NOT_FOUND);
    case PEOPLE_NO_UNIT:
        return reply_bad_field(call, "/unit_id", "unknown_unit", "a unit of GET /v1/units");
    case PEOPLE_BAD_TIME:
        return reply_bad_field(call, "/from", "bad_time", "since the present one, until now");
    default: return reply_error(call, &error);
    }
}

/* --- Registrations --------------------------------------------------------------------------- */

static json_t *registration_json(const struct call *call, const struct registration_entry *entry)
{
    char number[RECEIPT_NUMBER_SIZE];

    receipt_number(call->app->keyring, entry->member_id, entry->unit_id, number);
    return json_pack("{s:o, s:s, s:s, s:s, s:o}", "unit_id", json_id(entry->unit_id), "unit_name",
                     entry->unit_name, "way", registration_way_name(entry->way), "receipt_number",
                     number, "at", json_time(entry->at_us));
}

static bool read_registrations(struct call *call, struct registration_entry **entries,
                               size_t *count)
{
    struct error error;

    if (registration_list(call->db, call->ids[0], call->arena, entries, count, &error))
        return true;
    reply_error(call, &error);
    return false;
}

static enum answered reply_registrations(struct call *call)
{
    struct registration_entry *entries;
    size_t count;

    if (!read_registrations(call, &entries, &count))
        return ANSWERED;
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, registration_json(call, &entries[i]));
    return reply_json(call, 200, json_pack("{s:o}", "items", items));
}

static enum answered registrations_get(struct call *call)
{
    return seen_member(call) ? reply_registrations(call) : ANSWERED;
}

struct register_input {
    uint64_t unit_id;
};

static const struct json_field register_fields[] = {
    {"unit_id", JSON_ID, REQUIRED, offsetof(struct register_input, unit_id)},
    {0},
};

/* A member registers where they like; staff register those whom they see with their own units. */
static enum answered registrations_post(struct call *call)
{
    const struct register_input *input = call->input;
    bool by_self = call->who.role == ROLE_MEMBER;
    struct registering registering = {
        .member_id = call->ids[0],
        .unit_id = input->unit_id,
        .way = by_self ? REGISTERED_ONLINE : REGISTERED_ON_SITE,
        .actor = by_self ? 0 : call->who.account_id,
    };
    struct error error;
    bool first;

    if (!seen_member(call))
        return ANSWERED;
    if (!by_self && !unit_contains(call->db, call->who.scope_id, input->unit_id))
        return reply_problem(call, PROBLEM_NOT_FOUND);
    switch (registration_add(call->db, &registering, call->now_us, &first, &error)) {
    case PEOPLE_DONE: return reply_registrations(call);
    case PEOPLE_NO_MEMBER: return reply_problem(call, PROBLEM_NOT_FOUND);
    case PEOPLE_NO_UNIT:
        return reply_bad_field(call, "/unit_id", "unknown_unit", "a unit of GET /v1/units");
    default: return reply_error(call, &error);
    }
}

/* --- The receipt ----------------------------------------------------------------------------- */

static void add_escaped(struct buffer *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '<': buffer_add_text(out, "&lt;"); break;
        case '>': buffer_add_text(out, "&gt;"); break;
        case '&': buffer_add_text(out, "&amp;"); break;
        case '"': buffer_add_text(out, "&quot;"); break;
        default: buffer_add(out, text, 1);
        }
    }
}

static void add_line(struct buffer *out, const char *label, const char *value)
{
    buffer_printf(out, "<tr><th>%s</th><td>", label);
    add_escaped(out, value);
    buffer_add_text(out, "</td></tr>\n");
}

static void add_receipt(struct call *call, const struct member *member,
                        const struct registration_entry *entry, struct buffer *out)
{
    char number[RECEIPT_NUMBER_SIZE], at[CLOCK_RFC3339_SIZE];

    receipt_number(call->app->keyring, entry->member_id, entry->unit_id, number);
    clock_format(entry->at_us, (int)call->app->programme->utc_offset_minutes, at);
    at[10] = '\0'; /* the day is enough on paper */
    buffer_add_text(out, "<section><h1>报到回执 Receipt of registration</h1>\n<table>\n");
    add_line(out, "回执编号 Number", number);
    add_line(out, "姓名 Name", member->name ? member->name : "—");
    add_line(out, "报到社区 Registered with", entry->unit_name);
    add_line(out, "报到日期 On", at);
    buffer_add_text(out, "</table></section>\n");
}

/* A page to print, one sheet a community. */
static enum answered receipts_get(struct call *call)
{
    const struct member *member = seen_member(call);
    struct registration_entry *entries;
    struct buffer page = {0};
    size_t count;

    if (!member || !read_registrations(call, &entries, &count))
        return ANSWERED;
    buffer_add_text(&page,
                    "<!doctype html>\n<html lang=\"zh-CN\">\n<meta charset=\"utf-8\">\n"
                    "<title>报到回执</title>\n<style>body{font:16px/1.6 serif;margin:2cm}"
                    "th{text-align:left;padding-right:2em}section{break-after:page}</style>\n");
    for (size_t i = 0; i < count; i++)
        add_receipt(call, member, &entries[i], &page);
    enum answered answered =
        reply_bytes(call, 200, "text/html; charset=utf-8", (struct text){page.data, page.length});
    buffer_free(&page);
    return answered;
}

const struct route registration_routes[] = {
    {HTTP_GET, "/v1/members/{id}/affiliations", STAFF | ROLE_MEMBER, ON_QUERY, affiliations_get},
    {HTTP_POST, "/v1/members/{id}/affiliations",
     ROLE_MEMBER | ROLE_COORDINATOR | ROLE_ADMINISTRATOR, ON_QUERY, affiliations_post,
     .fields = move_fields, .input_size = sizeof(struct move_input)},
    {HTTP_GET, "/v1/members/{id}/registrations", STAFF | ROLE_MEMBER, ON_QUERY, registrations_get},
    {HTTP_POST, "/v1/members/{id}/registrations",
     ROLE_MEMBER | ROLE_COORDINATOR | ROLE_ADMINISTRATOR, ON_QUERY, registrations_post,
     .fields = register_fields, .input_size = sizeof(struct register_input)},
    {HTTP_GET, "/v1/members/{id}/receipts", ROLE_MEMBER | ROLE_COORDINATOR | ROLE_ADMINISTRATOR,
     ON_QUERY, receipts_get},
    {0},
};
