#include "api/headers.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* The part before the next `separator`, trimmed; takes it off `rest`. False at the end. */
static bool next_part(struct text *rest, char separator, struct text *part)
{
    const char *end;

    if (rest->length == 0)
        return false;
    end = memchr(rest->data, separator, rest->length);
    *part = (struct text){rest->data, end ? (size_t)(end - rest->data) : rest->length};
    rest->data += part->length + (end != NULL);
    rest->length -= part->length + (end != NULL);
    while (part->length > 0 && isblank((unsigned char)part->data[0])) {
        part->data++;
        part->length--;
    }
    while (part->length > 0 && isblank((unsigned char)part->data[part->length - 1]))
        part->length--;
    return true;
}

static bool equals(struct text text, const char *word)
{
    return text.length == strlen(word) && strncasecmp(text.data, word, text.length) == 0;
}

/* "zh", or "zh-…" for any subtags. */
static bool is_language(struct text range, const char *language)
{
    size_t length = strlen(language);

    return range.length >= length && strncasecmp(range.data, language, length) == 0 &&
           (range.length == length || range.data[length] == '-');
}

/* A quality value in thousandths: "q=0.8" is 800. Anything that is not one counts as 1000. */
static int quality_of(struct text parameter)
{
    int quality;

    if (parameter.length < 3 || strncasecmp(parameter.data, "q=", 2) != 0 ||
        (parameter.data[2] != '0' && parameter.data[2] != '1'))
        return 1000;
    quality = (parameter.data[2] - '0') * 1000;
    for (size_t i = 4, unit = 100; i < parameter.length && i < 7; i++, unit /= 10) {
        if (isdigit((unsigned char)parameter.data[i]))
            quality += (parameter.data[i] - '0') * (int)unit;
    }
    return quality > 1000 ? 1000 : quality;
}

enum language language_choose(struct text accept_language)
{
    int zh = -1, en = -1, others = -1; /* -1: not named */
    struct text item, range, parameter;

    while (next_part(&accept_language, ',', &item)) {
        int quality = 1000;

        if (!next_part(&item, ';', &range))
            continue;
        while (next_part(&item, ';', &parameter))
            quality = quality_of(parameter);
        if (is_language(range, "zh"))
            zh = quality > zh ? quality : zh;
        else if (is_language(range, "en"))
            en = quality > en ? quality : en;
        else if (equals(range, "*"))
            others = quality;
    }
    zh = zh < 0 ? others : zh;
    en = en < 0 ? others : en;
    return en > 0 && en > zh ? LANGUAGE_EN : LANGUAGE_ZH;
}

const char *language_tag(enum language language)
{
    return language == LANGUAGE_EN ? "en" : "zh-CN";
}

static bool is_visible(char c)
{
    return c > ' ' && c < 0x7f;
}

bool idempotency_key_read(struct text header, char key[IDEMPOTENCY_KEY_MOST], size_t *length)
{
    bool quoted = header.length >= 2 && header.data[0] == '"';
    size_t end = quoted ? header.length - 1 : header.length;

    *length = 0;
    if (quoted && header.data[end] != '"')
        return false;
    for (size_t i = quoted; i < end; i++) {
        char c = header.data[i];

        if (quoted && c == '"')
            return false;          /* the string ended before: what follows is none of ours */
        if (quoted && c == '\\') { /* RFC 8941 section 3.3.3: only these two are escaped */
            if (++i == end || (header.data[i] != '"' && header.data[i] != '\\'))
                return false;
            c = header.data[i];
        }
        if (!is_visible(c) || *length == IDEMPOTENCY_KEY_MOST)
            return false;
        key[(*length)++] = c;
    }
    return *length > 0;
}

bool request_id_is_sane(struct text request_id)
{
    if (request_id.length < 8 || request_id.length > 64)
        return false;
    for (size_t i = 0; i < request_id.length; i++) {
        char c = request_id.data[i];

        if (!isalnum((unsigned char)c) && c != '.' && c != '_' && c != '-')
            return false;
    }
    return true;
}

static bool media_type_is(struct text content_type, const char *type)
{
    struct text part;

    if (!next_part(&content_type, ';', &part) || !equals(part, type))
        return false;
    while (next_part(&content_type, ';', &part)) {
        if (part.length > 8 && strncasecmp(part.data, "charset=", 8) == 0 &&
            !equals(part, "charset=utf-8") && !equals(part, "charset=\"utf-8\""))
            return false;
    }
    return true;
}

bool media_type_is_json(struct text content_type)
{
    return media_type_is(content_type, "application/json");
}

bool media_type_is_csv(struct text content_type)
{
    return media_type_is(content_type, "text/csv");
}

struct text bearer_token(struct text authorization)
{
    static const struct text none = {0};
    struct text token;

    if (authorization.length < 8 || strncasecmp(authorization.data, "Bearer ", 7) != 0)
        return none;
    token = (struct text){authorization.data + 7, authorization.length - 7};
    while (token.length > 0 && token.data[0] == ' ') {
        token.data++;
        token.length--;
    }
    return token;
}

bool entity_tag_matches(struct text if_none_match, const char *tag)
{
    struct text item;

    while (next_part(&if_none_match, ',', &item)) {
        if (equals(item, "*"))
            return true;
        if (item.length > 2 && memcmp(item.data, "W/", 2) == 0)
            item = (struct text){item.data + 2, item.length - 2};
        if (item.length == strlen(tag) && memcmp(item.data, tag, item.length) == 0)
            return true;
    }
    return false;
}
