#include "base/csv.h"

#include <string.h>

#include "base/clock.h"
#include "base/json_fields.h"

void csv_begin(struct buffer *out)
{
    buffer_add_text(out, "\xef\xbb\xbf");
}

/* What spreadsheets take for a formula, in the full-width forms of Chinese input too. */
static bool looks_like_formula(struct text text)
{
    static const char *const starts[] = {"=",  "+",  "-",  "@",  "\t", "\r",
                                         "\n", "＝", "＋", "－", "＠"};

    for (size_t i = 0; i < ARRAY_LENGTH(starts); i++) {
        size_t length = strlen(starts[i]);

        if (text.length >= length && memcmp(text.data, starts[i], length) == 0)
            return true;
    }
    return false;
}

static bool needs_quotes(struct text text)
{
    for (size_t i = 0; i < text.length; i++)
        if (strchr(",\"\r\n", text.data[i]) && text.data[i] != '\0')
            return true;
    return false;
}

void csv_text(struct buffer *out, struct text text)
{
    bool quotes = needs_quotes(text);

    if (quotes)
        buffer_add_char(out, '"');
    if (looks_like_formula(text))
        buffer_add_char(out, '\'');
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '"')
            buffer_add_char(out, '"');
        buffer_add_char(out, text.data[i]);
    }
    buffer_add_text(out, quotes ? "\"," : ",");
}

void csv_word(struct buffer *out, const char *word)
{
    csv_text(out, word == NULL ? (struct text){0} : (struct text){word, strlen(word)});
}

void csv_int(struct buffer *out, int64_t number)
{
    buffer_printf(out, "%lld,", (long long)number);
}

void csv_id(struct buffer *out, uint64_t id)
{
    if (id == 0)
        buffer_add_char(out, ',');
    else
        buffer_printf(out, "%llu,", (unsigned long long)id);
}

void csv_points(struct buffer *out, int64_t hundredths)
{
    char points[24];

    points_format(hundredths, points);
    buffer_printf(out, "%s,", points);
}

void csv_time(struct buffer *out, int64_t at_us, int offset_minutes)
{
    char time[CLOCK_RFC3339_SIZE] = "";

    if (at_us != 0)
        clock_format(at_us, offset_minutes, time);
    buffer_printf(out, "%s,", time);
}

void csv_end_row(struct buffer *out)
{
    ASSERT(out->length > 0 && out->data[out->length - 1] == ',');
    out->length--;
    buffer_add_text(out, "\r\n");
}
