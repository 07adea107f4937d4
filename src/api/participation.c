/*
 * Participation: of the people registered in a unit and in each of those below it, how many took
 * part. Small groups are not told apart (service/participation.h).
 */
#include "service/participation.h"

#include <inttypes.h>
#include <string.h>

#include "api/app.h"
#include "api/figure_calls.h"
#include "api/resources.h"
#include "base/clock.h"
#include "people/members.h"

/* What is told of one group: a unit with all below it, or the unit by itself. */
struct group {
    const struct participation *unit;
    bool directly, hidden;
    int64_t members, active;
};

static struct group group_of(const struct participation *unit, bool directly)
{
    return directly ? (struct group){unit, true, unit->direct_hidden, unit->direct_members,
                                     unit->direct_active}
                    : (struct group){unit, false, unit->hidden, unit->members, unit->active};
}

static json_t *number_json(struct call *call, const struct group *group,
                           const struct figures_of *of, const char *what, int64_t value)
{
    char from[11], to[11];

    calendar_format_day(of->from_day, from);
    calendar_format_day(of->to_day, to);
    return json_pack("{s:I, s:s}", "value", (json_int_t)value, "rows",
                     arena_printf(call->arena,
                                  "/v1/units/%" PRIu64 "/participation/%s?from=%s&to=%s%s",
                                  group->unit->unit_id, what, from, to,
                                  group->directly ? "&directly=true" : ""));
}

/* Of nobody there is no share. */
static json_t *share_json(const struct group *group)
{
    if (group->hidden || group->members == 0)
        return json_null();
    return json_integer((group->active * 200 + group->members) / (group->members * 2));
}

static json_t *group_json(struct call *call, const struct figures_of *of, struct group group)
{
    return json_pack("{s:o, s:s, s:b, s:o, s:o, s:o}", "unit_id", json_id(group.unit->unit_id),
                     "unit_name", group.unit->name, "directly", group.directly, "members",
                     number_json(call, &group, of, "members", group.members), "active",
                     group.hidden ? json_null()
                                  : number_json(call, &group, of, "active", group.active),
                     "share_percent", share_json(&group));
}

static json_t *parts_json(struct call *call, const struct figures_of *of,
                          const struct participation *units, size_t whole)
{
    json_t *items = json_array();

    json_array_append_new(items, group_json(call, of, group_of(&units[whole], true)));
    for (size_t i = whole + 1; i < units[whole].end; i = units[i].end)
        json_array_append_new(items, group_json(call, of, group_of(&units[i], false)));
    return items;
}

/* The unit, the period and the tree. False: answered. */
static bool read_tree(struct call *call, const struct period_input *period, struct figures_of *of,
                      struct participation **units, size_t *at)
{
    struct unit unit;
    struct error error;
    enum find found = figures_find_unit(call, &unit, &error);
    size_t count;

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error), false;
    if (!figures_period(call, period, &unit, of))
        return false;
    if (!participation_read(call->db, of, unit.unit_id, call->arena, units, &count, at, &error))
        return reply_error(call, &error), false;
    return true;
}

struct participation_query {
    struct period_input period;
};

static const struct json_field participation_query_fields[] = {
    PERIOD_FIELDS(struct participation_query, period),
    {0},
};

static enum answered participation_get(struct call *call)
{
    const struct participation_query *query = call->query;
    struct participation *units;
    struct figures_of of;
    size_t at;

    if (!read_tree(call, &query->period, &of, &units, &at))
        return ANSWERED;
    return reply_json(call, 200,
                      json_pack("{s:o, s:o}", "total",
                                group_json(call, &of, group_of(&units[at], false)), "parts",
                                parts_json(call, &of, units, at)));
}

/* --- Who they are ---------------------------------------------------------------------------- */

struct people_query {
    struct period_input period;
    bool directly;
    struct page page;
};

static const struct json_field people_query_fields[] = {
    PERIOD_FIELDS(struct people_query, period),
    {"directly", JSON_FLAG, OPTIONAL, offsetof(struct people_query, directly)},
    PAGE_FIELDS(struct people_query, page),
    {0},
};

static bool is_word(struct text word, const char *name)
{
    return word.length == strlen(name) && memcmp(word.data, name, word.length) == 0;
}

static enum answered reply_people(struct call *call, const struct figures_of *of, bool active)
{
    const struct people_query *query = call->query;
    int64_t limit = page_limit(&query->page);
    char **names = arena_take(call->arena, (size_t)limit * sizeof *names);
    uint64_t *members;
    struct error error;
    size_t count;
    json_t *items;

    if (!participation_people(call->db, of, active, query->page.after, limit, call->arena, &members,
                              &count, &error) ||
        (call->who.role != ROLE_AUDITOR && count > 0 &&
         !member_names(call->db, call->app->keyring, members, count, call->arena, names, &error)))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            items, json_pack("{s:o, s:s?}", "member_id", json_id(members[i]), "name", names[i]));
    return reply_json(call, 200,
                      page_json(items, (int64_t)count == limit ? members[count - 1] : 0));
}

/* What is not told as a number is not listed either. */
static enum answered participation_people_get(struct call *call)
{
    const struct people_query *query = call->query;
    bool active = is_word(call->word, "active");
    struct participation *units;
    struct figures_of of;
    size_t at;

    if (!read_tree(call, &query->period, &of, &units, &at))
        return ANSWERED;
    if ((!active && !is_word(call->word, "members")) ||
        (active && group_of(&units[at], query->directly).hidden))
        return reply_problem(call, PROBLEM_NOT_FOUND);
    of.directly = query->directly;
    return reply_people(call, &of, active);
}

const struct route participation_routes[] = {
    {HTTP_GET, "/v1/units/{id}/participation", STAFF, ON_QUERY, participation_get,
     .query_fields = participation_query_fields, .query_size = sizeof(struct participation_query)},
    {HTTP_GET, "/v1/units/{id}/participation/{word}", STAFF, ON_QUERY, participation_people_get,
     .query_fields = people_query_fields, .query_size = sizeof(struct people_query)},
    {0},
};
