#include "service/figures.h"

#include <stdio.h>
#include <string.h>

#include "service/figures_sql.h"

static const char *const names[FIGURES] = {
    [FIGURE_ACTIVITIES] = "activities",   [FIGURE_VOLUNTEERS] = "volunteers",
    [FIGURE_ATTENDANCES] = "attendances", [FIGURE_RESIDENTS] = "residents",
    [FIGURE_HOUSEHOLDS] = "households",   [FIGURE_CASES] = "cases",
    [FIGURE_MINUTES] = "minutes",         [FIGURE_UNDECIDED] = "undecided",
};

const char *figure_name(enum figure figure)
{
    return name_from(names, FIGURES, (size_t)figure);
}

bool figure_parse(struct text name, enum figure *figure)
{
    for (int i = 0; i < FIGURES; i++)
        if (strlen(names[i]) == name.length && memcmp(names[i], name.data, name.length) == 0) {
            *figure = (enum figure)i;
            return true;
        }
    return false;
}

struct figures_span figures_span(const struct figures_of *of, struct arena *arena)
{
    return (struct figures_span){
        .pattern = arena_printf(arena, "%s%s", of->path, of->directly ? "" : "%"),
        .from_us = calendar_day_start_us(of->from_day, of->utc_offset_minutes),
        .to_us = calendar_day_start_us(of->to_day + 1, of->utc_offset_minutes),
        .offset_us = of->utc_offset_minutes * MINUTE_US,
        .below = strlen(of->path) + 1,
    };
}

/* --- The lines ------------------------------------------------------------------------------- */

/* 1970-01-01 was a Thursday. */
static int32_t days_since_monday(int32_t day)
{
    int32_t days = (day + 3) % 7;

    return days < 0 ? days + 7 : days;
}

static int32_t day_of_month(int32_t day)
{
    char date[11];

    calendar_format_day(day, date);
    return (date[8] - '0') * 10 + (date[9] - '0');
}

int32_t figures_first_day(int32_t day, enum figures_by by)
{
    switch (by) {
    case BY_WEEK: return day - days_since_monday(day);
    case BY_MONTH: return day - day_of_month(day) + 1;
    default: return day;
    }
}

/* The first day after the day, week or month that contains `day`. */
static int32_t next_first_day(int32_t day, enum figures_by by)
{
    int32_t longest = by == BY_MONTH ? 31 : by == BY_WEEK ? 7 : 1;

    return figures_first_day(figures_first_day(day, by) + longest, by);
}

size_t figures_line_count(const struct figures_question *question)
{
    size_t count = 0;

    if (question->by == BY_TOTAL || question->by == BY_UNIT)
        return 0;
    for (int32_t day = question->of.from_day; day <= question->of.to_day;
         day = next_first_day(day, question->by))
        count++;
    return count;
}

static void make_time_lines(const struct figures_question *question, struct arena *arena,
                            struct figures_sheet *sheet)
{
    int32_t day = question->of.from_day;

    sheet->count = figures_line_count(question);
    ASSERT(sheet->count <= FIGURES_LINES_MOST);
    sheet->lines = arena_take(arena, sheet->count * sizeof *sheet->lines);
    for (size_t i = 0; i < sheet->count; i++) {
        int32_t next = next_first_day(day, question->by);

        sheet->lines[i] = sheet->total;
        sheet->lines[i].key = figures_first_day(day, question->by);
        sheet->lines[i].from_day = day;
        sheet->lines[i].to_day = next <= question->of.to_day ? next - 1 : question->of.to_day;
        day = next;
    }
}

/* The unit itself, then those just below it: also those of which there is nothing to tell. */
static bool make_unit_lines(struct db *db, const struct figures_question *question,
                            struct arena *arena, struct figures_sheet *sheet, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT unit_id, name, COUNT(*) OVER () FROM units WHERE parent_id = ?"
                 " ORDER BY unit_id",
                 DB_ID(question->unit_id));

    sheet->lines = &sheet->total;
    while (rows_next(rows)) {
        if (sheet->count == 0)
            sheet->lines =
                arena_take(arena, (size_t)(rows_int(rows, 2) + 1) * sizeof *sheet->lines);
        struct figures_line *line = &sheet->lines[++sheet->count];
        *line = sheet->total;
        line->key = (int64_t)rows_id(rows, 0);
        line->unit_id = rows_id(rows, 0);
        line->unit_name = rows_copy(rows, 1, arena);
    }
    if (sheet->count == 0)
        sheet->lines = arena_take(arena, sizeof *sheet->lines);
    sheet->lines[0] = sheet->total;
    sheet->lines[0].key = 0;
    sheet->lines[0].directly = true;
    sheet->count++;
    return rows_end(rows, error);
}

/* --- Filling them ---------------------------------------------------------------------------- */

/* The line that a row is about; the total for the last row, which is that of all lines. NULL: of a
 * unit that was made meanwhile. */
static struct figures_line *line_of(struct figures_sheet *sheet, struct rows *rows)
{
    int64_t key;

    if (rows_is_null(rows, 0))
        return &sheet->total;
    key = rows_int(rows, 0);
    for (size_t i = 0; i < sheet->count; i++)
        if (sheet->lines[i].key == key)
            return &sheet->lines[i];
    return NULL;
}

/* Takes the columns after the first as `figures`. */
static bool take(struct rows *rows, struct figures_sheet *sheet, const enum figure *figures,
                 size_t count, struct error *error)
{
    while (rows_next(rows)) {
        struct figures_line *line = line_of(sheet, rows);

        for (unsigned i = 0; line && i < count; i++)
            line->values[figures[i]] = rows_int(rows, i + 1);
    }
    return rows_end(rows, error);
}

static bool add_activities(struct db *db, const struct figures_question *question,
                           const struct figures_span *span, struct figures_sheet *sheet,
                           struct error *error)
{
    static const enum figure figures[] = {FIGURE_ACTIVITIES, FIGURE_RESIDENTS, FIGURE_HOUSEHOLDS,
                                          FIGURE_CASES};
    struct rows *rows = db_query(
        db,
        "SELECT " LINE_KEY " AS line, SUM(a.part_of = 0), SUM(c.residents), SUM(c.households),"
        " SUM(c.cases)" FROM_HELD " LEFT" JOIN_COUNTS JOIN_QUESTION WHERE_HELD
        " GROUP BY line WITH ROLLUP",
        SPLIT_VALUES(question->by, span), HELD_VALUES(span));

    return take(rows, sheet, figures, ARRAY_LENGTH(figures), error);
}

/* 3: approved; all but those that were rejected, since what waits is told as well. */
static bool add_records(struct db *db, const struct figures_question *question,
                        const struct figures_span *span, struct figures_sheet *sheet,
                        struct error *error)
{
    static const enum figure figures[] = {FIGURE_ATTENDANCES, FIGURE_VOLUNTEERS, FIGURE_MINUTES,
                                          FIGURE_UNDECIDED};
    struct rows *rows = db_query(
        db,
        "SELECT " LINE_KEY " AS line, SUM(r.state = 3),"
        " COUNT(DISTINCT IF(r.state = 3, " PERSON ", NULL)), SUM(IF(r.state = 3, r.minutes, 0)),"
        " SUM(r.state <> 3)" FROM_HELD
        " JOIN records r ON r.activity_id = a.activity_id" JOIN_PERSON JOIN_QUESTION WHERE_HELD
        " AND r.state IN (1, 2, 3, 5) AND " NOT_CLAWED_BACK " GROUP BY line WITH ROLLUP",
        SPLIT_VALUES(question->by, span), HELD_VALUES(span));

    return take(rows, sheet, figures, ARRAY_LENGTH(figures), error);
}

bool figures_read(struct db *db, const struct figures_question *question, struct arena *arena,
                  struct figures_sheet *sheet, struct error *error)
{
    struct figures_span span = figures_span(&question->of, arena);

    *sheet = (struct figures_sheet){.total = {.unit_id = question->unit_id,
                                              .unit_name = question->unit_name,
                                              .from_day = question->of.from_day,
                                              .to_day = question->of.to_day}};
    if (question->by == BY_UNIT) {
        if (!make_unit_lines(db, question, arena, sheet, error))
            return false;
    } else {
        make_time_lines(question, arena, sheet);
    }
    return add_activities(db, question, &span, sheet, error) &&
           add_records(db, question, &span, sheet, error);
}
