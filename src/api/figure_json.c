#include "api/figure_json.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/csv.h"
#include "base/json_fields.h"

const char *figures_by_name(enum figures_by by)
{
    static const char *const names[] = {"total", "day", "week", "month", "unit"};

    return name_from(names, ARRAY_LENGTH(names), (size_t)by);
}

static json_t *rows_path(const struct figures_line *line, enum figure figure, struct arena *arena)
{
    char from[11], to[11];

    calendar_format_day(line->from_day, from);
    calendar_format_day(line->to_day, to);
    return json_string(arena_printf(arena, "/v1/units/%" PRIu64 "/figures/%s?from=%s&to=%s%s",
                                    line->unit_id, figure_name(figure), from, to,
                                    line->directly ? "&directly=true" : ""));
}

static json_t *line_json(const struct figures_line *line, struct arena *arena)
{
    json_t *body = json_pack("{s:o, s:s, s:b, s:o, s:o}", "unit_id", json_id(line->unit_id),
                             "unit_name", line->unit_name, "directly", line->directly, "from",
                             json_day(line->from_day), "to", json_day(line->to_day));

    for (int i = 0; i < FIGURES; i++)
        json_object_set_new(body, figure_name((enum figure)i),
                            json_pack("{s:I, s:o}", "value", (json_int_t)line->values[i], "rows",
                                      rows_path(line, (enum figure)i, arena)));
    return body;
}

json_t *figures_json(const struct figures_question *question, const struct figures_sheet *sheet,
                     struct arena *arena)
{
    json_t *lines = json_array();

    for (size_t i = 0; i < sheet->count; i++)
        json_array_append_new(lines, line_json(&sheet->lines[i], arena));
    return json_pack("{s:s, s:o, s:o}", "by", figures_by_name(question->by), "total",
                     line_json(&sheet->total, arena), "lines", lines);
}

static void csv_day(struct buffer *out, int32_t day)
{
    char text[11];

    calendar_format_day(day, text);
    csv_word(out, text);
}

static void csv_line(struct buffer *out, const struct figures_line *line)
{
    csv_id(out, line->unit_id);
    csv_word(out, line->unit_name);
    csv_day(out, line->from_day);
    csv_day(out, line->to_day);
    for (int i = 0; i < FIGURES; i++)
        csv_int(out, line->values[i]);
    csv_end_row(out);
}

void figures_csv(const struct figures_sheet *sheet, struct buffer *out)
{
    static const char *const heads[] = {
        "unit_id 组织编号",    "unit 组织",         "from 起",          "to 止",
        "activities 活动",     "volunteers 志愿者", "attendances 人次", "residents 服务居民",
        "households 走访户数", "cases 个案",        "minutes 分钟",     "undecided 待审",
    };

    csv_begin(out);
    for (size_t i = 0; i < ARRAY_LENGTH(heads); i++)
        csv_word(out, heads[i]);
    csv_end_row(out);
    for (size_t i = 0; i < sheet->count; i++)
        csv_line(out, &sheet->lines[i]);
    csv_line(out, &sheet->total);
}
