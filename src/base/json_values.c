/* The texts that values have in JSON: points, ids, times. Reading tables is json_fields.c. */
#include "base/json_fields.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/utf8.h"

void points_format(int64_t hundredths, char out[24])
{
    /* INT64_MIN has no positive counterpart in int64_t. */
    uint64_t size = hundredths < 0 ? 0 - (uint64_t)hundredths : (uint64_t)hundredths;

    snprintf(out, 24, "%s%" PRIu64 ".%02u", hundredths < 0 ? "-" : "", size / 100,
             (unsigned)(size % 100));
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Appends a digit to a number that is built downwards from 0: negatives reach one further. */
static bool add_digit(int64_t *negative, char digit)
{
    return !__builtin_mul_overflow(*negative, 10, negative) &&
           !__builtin_sub_overflow(*negative, digit - '0', negative);
}

/* "12", "12.5", "12.50", "-0.50"; no other zeros in front, no minus before nothing. */
bool points_parse(struct text text, int64_t *hundredths)
{
    if (text.length == 0)
        return false;
    const char *at = text.data, *end = text.data + text.length;
    bool minus = at != end && *at == '-';
    int64_t negative = 0;
    int decimals = 0;

    at += minus;
    if (at == end || !is_digit(*at) || (*at == '0' && end - at > 1 && at[1] != '.'))
        return false;
    for (; at != end && is_digit(*at); at++)
        if (!add_digit(&negative, *at))
            return false;
    if (at != end && *at == '.') {
        for (at++; at != end && is_digit(*at) && decimals < 2; at++, decimals++)
            if (!add_digit(&negative, *at))
                return false;
        if (decimals == 0)
            return false;
    }
    for (; decimals < 2; decimals++)
        if (!add_digit(&negative, '0'))
            return false;
    if (at != end || (minus ? negative == 0 : negative == INT64_MIN))
        return false;
    *hundredths = minus ? negative : -negative;
    return true;
}

json_t *json_points(int64_t hundredths)
{
    char points[24];

    points_format(hundredths, points);
    return json_string(points);
}

json_t *json_id(uint64_t id)
{
    return json_sprintf("%" PRIu64, id);
}

json_t *json_time(int64_t at_us)
{
    char time[CLOCK_RFC3339_SIZE];

    if (at_us == 0)
        return json_null();
    clock_format(at_us, 0, time);
    return json_string(time);
}

json_t *json_day(int32_t day)
{
    char text[11];

    calendar_format_day(day, text);
    return json_string(text);
}

/* U+FFFD in place of every byte that is no UTF-8: jansson would give no value at all. */
static json_t *json_mended_text(struct text text)
{
    struct buffer mended = {0};

    for (size_t at = 0; at < text.length;) {
        uint32_t character;
        size_t length = utf8_decode(text.data + at, text.length - at, &character);
        if (length > 0)
            buffer_add(&mended, text.data + at, length);
        else
            buffer_add_text(&mended, "\xEF\xBF\xBD");
        at += length ? length : 1;
    }
    json_t *value = json_stringn(mended.data, mended.length);
    buffer_free(&mended);
    return value;
}

json_t *json_text(struct text text)
{
    size_t characters;

    if (text.length == 0)
        return json_string("");
    if (!utf8_count(text, &characters))
        return json_mended_text(text);
    return json_stringn_nocheck(text.data, text.length);
}
