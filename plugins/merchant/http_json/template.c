#include "template.h"

static bool put(struct linli_room *out, char c)
{
    if (out->length >= out->capacity)
        return false;
    out->bytes[out->length++] = c;
    return true;
}

static bool put_all(struct linli_room *out, const char *text)
{
    for (; *text; text++)
        if (!put(out, *text))
            return false;
    return true;
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

static bool put_hex(struct linli_room *out, const char *before, unsigned char c)
{
    static const char digits[] = "0123456789ABCDEF";

    return put_all(out, before) && put(out, digits[c >> 4]) && put(out, digits[c & 15]);
}

static bool put_in_json(struct linli_room *out, char c)
{
    if (c == '"' || c == '\\')
        return put(out, '\\') && put(out, c);
    if ((unsigned char)c < 0x20)
        return put_hex(out, "\\u00", (unsigned char)c);
    return put(out, c);
}

static bool put_value(struct linli_room *out, struct linli_text value, enum template_place place)
{
    for (size_t i = 0; i < value.length; i++) {
        char c = value.bytes[i];
        bool fits = place == IN_JSON   ? put_in_json(out, c)
                    : is_unreserved(c) ? put(out, c)
                                       : put_hex(out, "%", (unsigned char)c);

        if (!fits)
            return false;
    }
    return true;
}

static const struct template_value *find_value(const struct template_value *values,
                                               const char *name, size_t length)
{
    for (; values->name; values++)
        if (strlen(values->name) == length && memcmp(values->name, name, length) == 0)
            return values;
    return NULL;
}

/* A segment of dots would climb in the path, encoded or not. */
static bool is_dots(struct linli_text text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.bytes[i] != '.')
            return false;
    return text.length > 0;
}

bool template_write(struct linli_text text, const struct template_value *values,
                    enum template_place place, struct linli_room *out)
{
    for (size_t i = 0; i < text.length; i++) {
        const char *open = text.bytes + i;
        const char *close = *open == '{' ? (const char *)memchr(open, '}', text.length - i) : NULL;
        const struct template_value *value =
            close ? find_value(values, open + 1, (size_t)(close - open - 1)) : NULL;

        if (!value) {
            if (!put(out, *open))
                return false;
            continue;
        }
        if (place == IN_PATH && is_dots(value->text))
            return false;
        if (!put_value(out, value->text, place))
            return false;
        i += (size_t)(close - open);
    }
    return true;
}
