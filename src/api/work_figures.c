/*
 * What the people of a work unit did for others: counts, for the unit's reader. Their service is
 * theirs: no times, no places, no names, no rows.
 */
#include "service/work_figures.h"

#include "api/app.h"
#include "api/figure_calls.h"
#include "api/resources.h"
#include "base/clock.h"

struct work_query {
    struct period_input period;
};

static const struct json_field work_query_fields[] = {
    PERIOD_FIELDS(struct work_query, period),
    {0},
};

/* Whole months that are over: of one that is not, tomorrow's figures would tell the day's. By
 * default the last of them. */
static bool read_months(struct call *call, const struct period_input *period,
                        const struct unit *unit, struct figures_of *of)
{
    int offset = (int)call->app->programme->utc_offset_minutes;
    int32_t this_month = figures_first_day(calendar_day(call->now_us, offset), BY_MONTH);
    int32_t to = period->to_seen ? period->to_day : this_month - 1;
    int32_t from = period->from_seen ? period->from_day : figures_first_day(to, BY_MONTH);

    *of = (struct figures_of){
        .path = unit->path, .from_day = from, .to_day = to, .utc_offset_minutes = offset};
    if (0 <= from && from <= to && to < this_month && figures_first_day(from, BY_MONTH) == from &&
        figures_first_day(to + 1, BY_MONTH) == to + 1 &&
        figures_line_count(&(struct figures_question){.of = *of, .by = BY_MONTH}) <=
            WORK_MONTHS_MOST)
        return true;
    reply_bad_field(call, "/from", "bad_period", "whole months that are over, 24 at most");
    return false;
}

static json_t *part_json(const struct work_figures *part)
{
    char from[11], to[11];
    json_t *body;

    calendar_format_day(part->from_day, from);
    calendar_format_day(part->to_day, to);
    body =
        json_pack("{s:s, s:s, s:I}", "from", from, "to", to, "members", (json_int_t)part->members);
    json_object_set_new(body, "volunteers",
                        part->hidden ? json_null() : json_integer(part->volunteers));
    json_object_set_new(body, "attendances",
                        part->hidden ? json_null() : json_integer(part->attendances));
    json_object_set_new(body, "minutes", part->hidden ? json_null() : json_integer(part->minutes));
    return body;
}

/* A reader reads their own unit as a whole, and no part of it: parts could be subtracted. */
static bool may_read(const struct who *who, uint64_t unit_id)
{
    return who->role != ROLE_UNIT_READER || who->scope_id == unit_id;
}

static enum answered work_figures_get(struct call *call)
{
    const struct work_query *query = call->query;
    struct work_figures total, months[WORK_MONTHS_MOST];
    struct figures_of of;
    struct unit unit;
    struct error error;
    enum find found = unit_find(call->db, call->ids[0], call->arena, &unit, &error);
    size_t count;
    json_t *items;

    if (found == FIND_FOUND && !may_read(&call->who, unit.unit_id))
        found = FIND_NOTHING;
    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!read_months(call, &query->period, &unit, &of))
        return ANSWERED;
    if (!work_figures_read(call->db, &of, &total, months, &count, call->arena, &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, part_json(&months[i]));
    return reply_json(call, 200,
                      json_pack("{s:o, s:o}", "total", part_json(&total), "months", items));
}

const struct route work_figure_routes[] = {
    {HTTP_GET, "/v1/units/{id}/work-figures", ROLE_UNIT_READER | ROLE_AUDITOR | ROLE_ADMINISTRATOR,
     ON_QUERY, work_figures_get, .query_fields = work_query_fields,
     .query_size = sizeof(struct work_query)},
    {0},
};
