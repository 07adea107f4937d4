#include "base/utf8.h"

#include <string.h>

#include "base/buffer.h"

static bool is_continuation(char byte)
{
    return ((uint8_t)byte & 0xC0) == 0x80;
}

/* How long a character is that begins with `first`; 0 when none does. */
static size_t length_by_first(uint8_t first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xC2) /* a continuation, or an overlong form of ASCII */
        return 0;
    if (first < 0xE0)
        return 2;
    if (first < 0xF0)
        return 3;
    return first < 0xF5 ? 4 : 0;
}

size_t utf8_decode(const char *data, size_t left, uint32_t *character)
{
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};

    if (left == 0)
        return 0;
    uint8_t first = (uint8_t)data[0];
    size_t length = length_by_first(first);
    if (length <= 1 || length > left) {
        *character = first;
        return length == 1 ? 1 : 0;
    }
    uint32_t value = first & (0x7FU >> length);
    for (size_t i = 1; i < length; i++) {
        if (!is_continuation(data[i]))
            return 0;
        value = value << 6 | ((uint8_t)data[i] & 0x3F);
    }
    if (value < lowest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *character = value;
    return length;
}

size_t utf8_cut(const char *data, size_t length)
{
    size_t start = length;

    while (start > 0 && length - start < 4) {
        uint8_t byte = (uint8_t)data[--start];
        if (!is_continuation((char)byte))
            return length_by_first(byte) > length - start ? start : length;
    }
    return length;
}

bool utf8_count(struct text text, size_t *characters)
{
    size_t count = 0;

    for (size_t at = 0; at < text.length; count++) {
        uint32_t character;
        size_t length = utf8_decode(text.data + at, text.length - at, &character);
        if (length == 0)
            return false;
        at += length;
    }
    *characters = count;
    return true;
}

bool utf8_is_no_character(uint32_t character)
{
    return (character & 0xFFFE) == 0xFFFE || (0xFDD0 <= character && character <= 0xFDEF);
}

struct range {
    uint32_t first, last;
};

static bool is_among(uint32_t character, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ranges[i].first <= character && character <= ranges[i].last)
            return true;
    return false;
}

bool utf8_is_name(struct text text)
{
    /* Controls, separators of lines and paragraphs, what turns directions. */
    static const struct range forbidden[] = {
        {0, 0x1F}, {0x7F, 0x9F}, {0x2028, 0x202E}, {0x2066, 0x2069}};
    /* Blanks, joiners, selectors, fillers. */
    static const struct range unseen[] = {
        {' ', ' '},       {0xA0, 0xA0},     {0xAD, 0xAD},     {0x034F, 0x034F}, {0x061C, 0x061C},
        {0x115F, 0x1160}, {0x1680, 0x1680}, {0x17B4, 0x17B5}, {0x180B, 0x180F}, {0x2000, 0x200F},
        {0x202F, 0x202F}, {0x205F, 0x2065}, {0x206A, 0x206F}, {0x2800, 0x2800}, {0x3000, 0x3000},
        {0x3164, 0x3164}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xE0000, 0xE0FFF}};
    bool seen = false;

    for (size_t at = 0, length; at < text.length; at += length) {
        uint32_t character = 0;
        length = utf8_decode(text.data + at, text.length - at, &character);
        if (length == 0 || utf8_is_no_character(character) ||
            is_among(character, forbidden, ARRAY_LENGTH(forbidden)))
            return false;
        seen = seen || !is_among(character, unseen, ARRAY_LENGTH(unseen));
    }
    return seen;
}

const char *utf8_drawable(struct arena *arena, const char *text)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    struct buffer mended = {0};
    size_t left = strlen(text), step, kept = 0;
    const char *drawn = text;

    for (const char *at = text; left > 0; at += step, left -= step) {
        uint32_t character = 0;
        step = utf8_decode(at, left, &character);
        if (step > 0 && !utf8_is_no_character(character))
            continue;
        step = step > 0 ? step : 1;
        buffer_add(&mended, text + kept, (size_t)(at - text) - kept);
        buffer_add_text(&mended, replacement);
        kept = (size_t)(at - text) + step;
    }
    if (kept > 0) {
        buffer_add_text(&mended, text + kept);
        drawn = arena_copy(arena, mended.data, mended.length);
    }
    buffer_free(&mended);
    return drawn;
}
