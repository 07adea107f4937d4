#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"

/*
 * A line is put together on the stack and written with one write(2). At most PIPE_BUF bytes, so
 * that lines of several threads and processes never mix in a pipe; no allocation, so that even
 * "out of memory" can be said. A text that does not fit is cut, which `cut` says.
 */
#define LINE_SIZE 4096
#define ROOM_AFTER                                                                                 \
    32 /* what may still be needed behind a text: quote, cut mark, brace, newline                  \
        */

struct line {
    char data[LINE_SIZE];
    size_t length;
    bool cut; /* something did not fit: nothing more is added but the end */
};

struct style {
    const char *level, *event, *name, *end;
};

static _Atomic int lowest_level = LOG_INFO;
static _Atomic int chosen_format = LOG_AUTO;

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn", [LOG_ERROR] = "error"};

struct log_field log_text_field(const char *name, const char *value)
{
    if (!value)
        value = "";
    return (struct log_field){.name = name, .type = LOG_FIELD_TEXT, .text = {value, strlen(value)}};
}

void log_configure(enum log_level lowest, enum log_format format)
{
    atomic_store(&lowest_level, (int)lowest);
    atomic_store(&chosen_format, (int)format);
}

/* All of `data` or nothing. */
static void add(struct line *line, const char *data, size_t length)
{
    if (line->cut || line->length + length > LINE_SIZE - ROOM_AFTER) {
        line->cut = true;
        return;
    }
    memcpy(line->data + line->length, data, length);
    line->length += length;
}

static void add_text(struct line *line, const char *text)
{
    add(line, text, strlen(text));
}

/* Into the room that is kept free for it. */
static void add_end(struct line *line, const char *text)
{
    size_t length = strlen(text);

    ASSERT(length <= LINE_SIZE - line->length);
    memcpy(line->data + line->length, text, length);
    line->length += length;
}

static void add_number(struct line *line, int64_t number)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%" PRId64, number);
    add_text(line, digits);
}

/* One character of a quoted text: what a JSON string or a terminal must not get is escaped. */
static void add_character(struct line *line, const char *bytes, size_t length, uint32_t character)
{
    char escape[8];

    if (length == 0) {
        add_text(line, "\xEF\xBF\xBD"); /* U+FFFD in place of a byte that is not UTF-8 */
    } else if (character == '"' || character == '\\') {
        add(line, (const char[]){'\\', (char)character}, 2);
    } else if (character == '\n') {
        add(line, "\\n", 2);
    } else if (character < 0x20 || (character >= 0x7F && character < 0xA0)) {
        snprintf(escape, sizeof(escape), "\\u%04x", character);
        add_text(line, escape);
    } else {
        add(line, bytes, length);
    }
}

static void add_escaped(struct line *line, struct text text)
{
    for (size_t at = 0; at < text.length && !line->cut;) {
        uint32_t character = 0;
        size_t length = utf8_decode(text.data + at, text.length - at, &character);
        add_character(line, text.data + at, length, character);
        at += length ? length : 1;
    }
}

static void add_json_field(struct line *line, const struct log_field *field)
{
    bool is_text = field->type == LOG_FIELD_TEXT;
    size_t before = line->length;

    add_text(line, ",\"");
    add_text(line, field->name);
    add_text(line, is_text ? "\":\"" : "\":");
    if (!is_text)
        add_number(line, field->number);
    if (line->cut) {
        line->length = before; /* no half names or numbers */
        return;
    }
    if (is_text) {
        add_escaped(line, field->text);
        add_end(line, "\""); /* a cut text is closed too */
    }
}

static void format_json(struct line *line, enum log_level level, const char *event,
                        const struct log_field *fields, int64_t now_us)
{
    char head[96], stamp[CLOCK_RFC3339_SIZE];

    clock_format(now_us, 0, stamp);
    snprintf(head, sizeof(head), "{\"time\":\"%.19s.%06dZ\",\"level\":\"%s\",\"event\":\"", stamp,
             (int)(now_us % SECOND_US), level_names[level]);
    add_text(line, head);
    add_escaped(line, (struct text){event, strlen(event)});
    add_end(line, "\"");
    for (const struct log_field *field = fields; field->type != LOG_FIELD_END; field++)
        add_json_field(line, field);
    add_end(line, line->cut ? ",\"cut\":true}\n" : "}\n");
}

/* A word that needs no quotes on a terminal. */
static bool is_plain(struct text text)
{
    for (size_t i = 0; i < text.length; i++) {
        uint8_t c = (uint8_t)text.data[i];
        if (c <= ' ' || c >= 0x7F || c == '"' || c == '\\' || c == '=')
            return false;
    }
    return text.length > 0;
}

static void add_people_field(struct line *line, const struct log_field *field,
                             const struct style *style)
{
    add_text(line, " ");
    add_text(line, style->name);
    add_text(line, field->name);
    add_text(line, "=");
    add_text(line, style->end);
    if (field->type == LOG_FIELD_INT) {
        add_number(line, field->number);
        return;
    }
    const char *quote = is_plain(field->text) ? "" : "\"";
    add_text(line, quote);
    add_escaped(line, field->text);
    if (!line->cut)
        add_end(line, quote);
}

static void format_people(struct line *line, enum log_level level, const char *event,
                          const struct log_field *fields, int64_t now_us, bool colours)
{
    static const struct style plain = {"", "", "", ""};
    static const struct style coloured[] = {
        [LOG_DEBUG] = {"\033[2m", "\033[2m", "\033[2m", "\033[0m"},
        [LOG_INFO] = {"\033[32m", "\033[1m", "\033[36m", "\033[0m"},
        [LOG_WARN] = {"\033[33m", "\033[1m", "\033[36m", "\033[0m"},
        [LOG_ERROR] = {"\033[31m", "\033[1m", "\033[36m", "\033[0m"},
    };
    const struct style *style = colours ? &coloured[level] : &plain;
    time_t seconds = (time_t)(now_us / SECOND_US);
    char head[128];
    struct tm local;

    localtime_r(&seconds, &local);
    snprintf(head, sizeof(head), "%02d:%02d:%02d.%03d %s%-5s%s %s", local.tm_hour, local.tm_min,
             local.tm_sec, (int)(now_us % SECOND_US / 1000), style->level, level_names[level],
             style->end, style->event);
    add_text(line, head);
    add_text(line, event);
    add_text(line, style->end);
    for (const struct log_field *field = fields; field->type != LOG_FIELD_END; field++)
        add_people_field(line, field, style);
    if (line->cut)
        add_end(line, style->end); /* the cut may have taken one */
    add_end(line, line->cut ? "...\n" : "\n");
}

void log_write(enum log_level level, const char *event, const struct log_field *fields)
{
    int format = atomic_load_explicit(&chosen_format, memory_order_relaxed);
    struct line line;
    ssize_t written;

    if ((int)level < atomic_load_explicit(&lowest_level, memory_order_relaxed))
        return;
    line.length = 0;
    line.cut = false;
    bool terminal = format != LOG_JSON && isatty(STDERR_FILENO) == 1;
    int64_t now_us = clock_now_us();
    if (format == LOG_PEOPLE || (format == LOG_AUTO && terminal))
        format_people(&line, level, event, fields, now_us, terminal);
    else
        format_json(&line, level, event, fields, now_us);
    do
        written = write(STDERR_FILENO, line.data, line.length);
    while (written < 0 && errno == EINTR);
}
