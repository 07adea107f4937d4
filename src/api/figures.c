/*
 * Figures: one sheet a unit, each figure leading to its rows. For those who coordinate the unit, or
 * see everything; an auditor gets numbers for people.
 */
#include "service/figures.h"

#include "api/app.h"
#include "api/figure_calls.h"
#include "api/figure_json.h"
#include "api/people_json.h"
#include "api/resources.h"
#include "base/clock.h"
#include "people/members.h"

enum find figures_find_unit(struct call *call, struct unit *unit, struct error *error)
{
    enum find found = unit_find(call->db, call->ids[0], call->arena, unit, error);

    if (found == FIND_FOUND && call->who.role == ROLE_COORDINATOR &&
        !unit_contains(call->db, call->who.scope_id, unit->unit_id))
        return FIND_NOTHING;
    return found;
}

bool figures_period(struct call *call, const struct period_input *period, const struct unit *unit,
                    struct figures_of *of)
{
    int offset = (int)call->app->programme->utc_offset_minutes;
    int32_t to = period->to_seen ? period->to_day : calendar_day(call->now_us, offset);
    int32_t from = period->from_seen ? period->from_day : figures_first_day(to, BY_MONTH);

    *of = (struct figures_of){
        .path = unit->path, .from_day = from, .to_day = to, .utc_offset_minutes = offset};
    if (0 <= from && from <= to && to - from < PERIOD_DAYS_MOST)
        return true;
    reply_bad_field(call, "/from", "bad_period", "1970-01-01..to, and 3660 days at most");
    return false;
}

/* --- The sheet ------------------------------------------------------------------------------- */

enum figures_format { FORMAT_JSON, FORMAT_CSV };

struct sheet_query {
    struct period_input period;
    int by;     /* enum figures_by */
    int format; /* enum figures_format */
};

static const struct json_field sheet_query_fields[] = {
    PERIOD_FIELDS(struct sheet_query, period),
    {"by", JSON_CHOICE, OPTIONAL, offsetof(struct sheet_query, by), .choices = FIGURES_BY},
    {"format", JSON_CHOICE, OPTIONAL, offsetof(struct sheet_query, format), .choices = "json|csv"},
    {0},
};

static enum answered reply_csv(struct call *call, const struct figures_sheet *sheet)
{
    struct buffer csv = {0};

    figures_csv(sheet, &csv);
    reply_bytes(call, 200, "text/csv; charset=utf-8", (struct text){csv.data, csv.length});
    buffer_free(&csv);
    return ANSWERED;
}

static enum answered figures_get(struct call *call)
{
    const struct sheet_query *query = call->query;
    struct figures_question question = {.by = (enum figures_by)query->by};
    struct figures_sheet sheet;
    struct unit unit;
    struct error error;
    enum find found = figures_find_unit(call, &unit, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!figures_period(call, &query->period, &unit, &question.of))
        return ANSWERED;
    question.unit_id = unit.unit_id;
    question.unit_name = unit.name;
    if (figures_line_count(&question) > FIGURES_LINES_MOST)
        return reply_bad_field(call, "/by", "too_many_lines", "600 lines at most");
    if (!figures_read(call->db, &question, call->arena, &sheet, &error))
        return reply_error(call, &error);
    if (query->format == FORMAT_CSV)
        return reply_csv(call, &sheet);
    return reply_json(call, 200, figures_json(&question, &sheet, call->arena));
}

/* --- The rows of a figure -------------------------------------------------------------------- */

struct rows_query {
    struct period_input period;
    bool directly;
    struct page page;
};

static const struct json_field rows_query_fields[] = {
    PERIOD_FIELDS(struct rows_query, period),
    {"directly", JSON_FLAG, OPTIONAL, offsetof(struct rows_query, directly)},
    PAGE_FIELDS(struct rows_query, page),
    {0},
};

/* The names of those whose rows they are; none for an auditor. */
static bool read_names(struct call *call, const struct figure_row *rows, size_t count,
                       char ***names, struct error *error)
{
    uint64_t *ids = arena_take(call->arena, (count + 1) * sizeof *ids);

    *names = arena_take(call->arena, (count + 1) * sizeof **names);
    if (count == 0 || rows[0].member_id == 0 || call->who.role == ROLE_AUDITOR)
        return true;
    for (size_t i = 0; i < count; i++)
        ids[i] = rows[i].member_id;
    return member_names(call->db, call->app->keyring, ids, count, call->arena, *names, error);
}

static json_t *row_json(const struct figure_row *row, const char *name)
{
    return json_pack("{s:o, s:o, s:o, s:s?, s:o, s:o, s:s?, s:I}", "activity_id",
                     id_or_null(row->activity_id), "unit_id", id_or_null(row->unit_id), "starts_at",
                     json_time(row->starts_us), "title", row->title, "record_id",
                     id_or_null(row->record_id), "member_id", id_or_null(row->member_id), "name",
                     name, "value", (json_int_t)row->value);
}

static enum answered figure_rows_get(struct call *call)
{
    const struct rows_query *query = call->query;
    int64_t limit = page_limit(&query->page);
    struct figure_row *rows;
    struct figures_of of;
    struct unit unit;
    struct error error;
    enum find found = figures_find_unit(call, &unit, &error);
    enum figure figure;
    json_t *items;
    char **names;
    size_t count;

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!figure_parse(call->word, &figure))
        return reply_problem(call, PROBLEM_NOT_FOUND);
    if (!figures_period(call, &query->period, &unit, &of))
        return ANSWERED;
    of.directly = query->directly;
    if (!figure_rows(call->db, &of, figure, query->page.after, limit, call->arena, &rows, &count,
                     &error) ||
        !read_names(call, rows, count, &names, &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, row_json(&rows[i], names[i]));
    return reply_json(call, 200,
                      page_json(items, (int64_t)count == limit ? rows[count - 1].id : 0));
}

const struct route figure_routes[] = {
    {HTTP_GET, "/v1/units/{id}/figures", STAFF, ON_QUERY, figures_get,
     .query_fields = sheet_query_fields, .query_size = sizeof(struct sheet_query)},
    {HTTP_GET, "/v1/units/{id}/figures/{word}", STAFF, ON_QUERY, figure_rows_get,
     .query_fields = rows_query_fields, .query_size = sizeof(struct rows_query)},
    {0},
};
