#include "base/utf8.h"

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
