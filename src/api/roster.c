/* The roster on paper: who has a place, with room to sign in and out. */
#include "service/roster.h"

#include <string.h>

#include "api/activity_calls.h"
#include "api/app.h"
#include "api/resources.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "people/members.h"

struct sheet {
    struct call *call;
    struct buffer html;
    int number; /* of the last line of this table */
};

static const char *said(const struct sheet *sheet, const char *zh, const char *en)
{
    return sheet->call->language == LANGUAGE_EN ? en : zh;
}

static void add_escaped(struct buffer *html, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&': buffer_add_text(html, "&amp;"); break;
        case '<': buffer_add_text(html, "&lt;"); break;
        case '>': buffer_add_text(html, "&gt;"); break;
        case '"': buffer_add_text(html, "&quot;"); break;
        default: buffer_add_char(html, *text);
        }
    }
}

/* "2026-03-02 09:00" of the programme's zone */
static void add_time(struct sheet *sheet, int64_t at_us)
{
    char text[CLOCK_RFC3339_SIZE];

    clock_format(at_us, (int)sheet->call->app->programme->utc_offset_minutes, text);
    text[10] = ' ';
    buffer_add(&sheet->html, text, 16);
}

static void add_note(struct sheet *sheet, const char *name, const char *text)
{
    if (text[0] == '\0')
        return;
    buffer_printf(&sheet->html, "<p>%s：", name);
    add_escaped(&sheet->html, text);
    buffer_add_text(&sheet->html, "</p>");
}

static void add_head(struct sheet *sheet, const struct activity *activity)
{
    buffer_printf(&sheet->html, "<!doctype html><html lang=\"%s\"><meta charset=\"utf-8\"><title>",
                  said(sheet, "zh-CN", "en"));
    add_escaped(&sheet->html, activity->title);
    buffer_add_text(&sheet->html, "</title><style>"
                                  "body{font:14px/1.5 \"Noto Sans CJK SC\",sans-serif;margin:2em}"
                                  "table{border-collapse:collapse;width:100%;margin-bottom:2em}"
                                  "td,th{border:1px solid #000;padding:.5em;text-align:left}"
                                  "td:first-child{width:3em}"
                                  "tr{break-inside:avoid}thead{display:table-header-group}"
                                  "@page{size:A4;margin:15mm}@media print{body{margin:0}}"
                                  "</style><h1>");
    add_escaped(&sheet->html, activity->title);
    buffer_add_text(&sheet->html, "</h1>");
    add_note(sheet, said(sheet, "地点", "Place"), activity->place);
    add_note(sheet, said(sheet, "年龄", "Age"), activity->age_note);
    add_note(sheet, said(sheet, "保险", "Insurance"), activity->insurance_note);
}

static void begin_table(struct sheet *sheet, const struct roster_line *line)
{
    sheet->number = 0;
    buffer_add_text(&sheet->html, "<h2>");
    add_escaped(&sheet->html, line->title);
    buffer_add_text(&sheet->html, "</h2><p>");
    add_time(sheet, line->starts_us);
    buffer_add_text(&sheet->html, " – ");
    add_time(sheet, line->ends_us);
    buffer_printf(&sheet->html,
                  "</p><table><thead><tr><th>%s<th>%s<th>%s<th>%s</tr></thead><tbody>",
                  said(sheet, "序号", "No."), said(sheet, "姓名", "Name"),
                  said(sheet, "签到", "Signed in"), said(sheet, "签退", "Signed out"));
}

static void add_lines(struct sheet *sheet, const struct roster_line *lines, size_t count,
                      char *const *names)
{
    for (size_t i = 0; i < count; i++) {
        bool is_first = i == 0 || lines[i].activity_id != lines[i - 1].activity_id;

        if (is_first && i > 0)
            buffer_add_text(&sheet->html, "</tbody></table>");
        if (is_first)
            begin_table(sheet, &lines[i]);
        if (lines[i].member_id == 0)
            continue;
        buffer_printf(&sheet->html, "<tr><td>%d<td>", ++sheet->number);
        add_escaped(&sheet->html, names[i] ? names[i] : "");
        buffer_add_text(&sheet->html, "<td><td></tr>");
    }
    buffer_add_text(&sheet->html, "</tbody></table></html>\n");
}

static enum answered roster_get(struct call *call)
{
    struct sheet sheet = {.call = call};
    struct roster_line *lines;
    struct activity activity;
    struct error error;
    enum find found = activity_find_led(call, call->ids[0], &activity, &error);
    uint64_t *ids;
    char **names;
    size_t count;

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!roster_read(call->db, activity.id, call->arena, &lines, &count, &error))
        return reply_error(call, &error);
    ids = arena_take(call->arena, (count + 1) * sizeof *ids);
    names = arena_take(call->arena, (count + 1) * sizeof *names);
    for (size_t i = 0; i < count; i++)
        ids[i] = lines[i].member_id;
    if (!member_names(call->db, call->app->keyring, ids, count, call->arena, names, &error))
        return reply_error(call, &error);
    add_head(&sheet, &activity);
    add_lines(&sheet, lines, count, names);
    reply_bytes(call, 200, "text/html; charset=utf-8",
                (struct text){sheet.html.data, sheet.html.length});
    buffer_free(&sheet.html);
    return ANSWERED;
}

const struct route roster_routes[] = {
    {HTTP_GET, "/v1/activities/{id}/roster", LEADERS, ON_QUERY, roster_get},
    {0},
};
