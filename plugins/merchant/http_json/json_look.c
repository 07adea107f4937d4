#include "json_look.h"

#define DEPTH_MOST 32

struct look {
    const char *at, *end;
    int depth;
};

static void skip_space(struct look *look)
{
    while (look->at < look->end &&
           (*look->at == ' ' || *look->at == '\t' || *look->at == '\n' || *look->at == '\r'))
        look->at++;
}

static bool take(struct look *look, char c)
{
    skip_space(look);
    if (look->at >= look->end || *look->at != c)
        return false;
    look->at++;
    return true;
}

/* --- Strings ---------------------------------------------------------------------------------- */

static bool put(struct linli_room *out, unsigned char c)
{
    if (!out)
        return true;
    if (out->length >= out->capacity)
        return false;
    out->bytes[out->length++] = (char)c;
    return true;
}

static bool put_character(struct linli_room *out, uint32_t c)
{
    if (c < 0x80)
        return put(out, (unsigned char)c);
    if (c < 0x800)
        return put(out, (unsigned char)(0xC0 | c >> 6)) &&
               put(out, (unsigned char)(0x80 | (c & 0x3F)));
    if (c < 0x10000)
        return put(out, (unsigned char)(0xE0 | c >> 12)) &&
               put(out, (unsigned char)(0x80 | (c >> 6 & 0x3F))) &&
               put(out, (unsigned char)(0x80 | (c & 0x3F)));
    return put(out, (unsigned char)(0xF0 | c >> 18)) &&
           put(out, (unsigned char)(0x80 | (c >> 12 & 0x3F))) &&
           put(out, (unsigned char)(0x80 | (c >> 6 & 0x3F))) &&
           put(out, (unsigned char)(0x80 | (c & 0x3F)));
}

static bool take_hex(struct look *look, uint32_t *value)
{
    *value = 0;
    for (int i = 0; i < 4; i++, look->at++) {
        char c = look->at < look->end ? *look->at : 'x';

        if (c >= '0' && c <= '9')
            *value = *value << 4 | (uint32_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            *value = *value << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
        else
            return false;
    }
    return true;
}

/* Behind "\u": a character, or the two halves of one. */
static bool take_unicode(struct look *look, struct linli_room *out)
{
    uint32_t high, low;

    if (!take_hex(look, &high) || high == 0 || (high >= 0xDC00 && high < 0xE000))
        return false;
    if (high < 0xD800 || high >= 0xE000)
        return put_character(out, high);
    if (look->end - look->at < 6 || look->at[0] != '\\' || look->at[1] != 'u')
        return false;
    look->at += 2;
    if (!take_hex(look, &low) || low < 0xDC00 || low >= 0xE000)
        return false;
    return put_character(out, 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
}

static bool take_escape(struct look *look, struct linli_room *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *found;

    if (look->at >= look->end)
        return false;
    if (*look->at == 'u') {
        look->at++;
        return take_unicode(look, out);
    }
    found = (const char *)memchr(from, *look->at++, sizeof from - 1);
    return found && put(out, (unsigned char)to[found - from]);
}

/* Out may be NULL: passed over. */
static bool take_string(struct look *look, struct linli_room *out)
{
    if (!take(look, '"'))
        return false;
    while (look->at < look->end && *look->at != '"') {
        unsigned char c = (unsigned char)*look->at++;

        if (c < 0x20 || (c == '\\' ? !take_escape(look, out) : !put(out, c)))
            return false;
    }
    return take(look, '"');
}

/* --- Other values ----------------------------------------------------------------------------- */

static bool is_plain(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' || c == '.' ||
           c == 'E';
}

/* A number, or true, false, null: told apart by who asked. */
static const char *pass_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

/* RFC 8259, section 6. */
static bool is_number(const char *at, const char *end)
{
    const char *first = at += at < end && *at == '-';

    at = pass_digits(at, end);
    if (at == first || (*first == '0' && at > first + 1))
        return false;
    if (at < end && *at == '.') {
        first = ++at;
        at = pass_digits(at, end);
        if (at == first)
            return false;
    }
    if (at < end && (*at | 0x20) == 'e') {
        at++;
        first = at += at < end && (*at == '+' || *at == '-');
        at = pass_digits(at, end);
        if (at == first)
            return false;
    }
    return at == end;
}

static bool take_plain(struct look *look, struct linli_room *out)
{
    struct linli_text word = {look->at, 0};

    while (look->at < look->end && is_plain(*look->at))
        if (!put(out, (unsigned char)*look->at++))
            return false;
    word.length = (size_t)(look->at - word.bytes);
    return linli_text_is(word, "true") || linli_text_is(word, "false") ||
           linli_text_is(word, "null") || is_number(word.bytes, look->at);
}

static bool pass_value(struct look *look);

static bool pass_members(struct look *look, char close, bool named)
{
    if (take(look, close))
        return true;
    do {
        if (named && !(take_string(look, NULL) && take(look, ':')))
            return false;
        if (!pass_value(look))
            return false;
    } while (take(look, ','));
    return take(look, close);
}

static bool pass_value(struct look *look)
{
    bool passed;

    skip_space(look);
    if (look->at >= look->end || look->depth >= DEPTH_MOST)
        return false;
    if (*look->at == '"')
        return take_string(look, NULL);
    if (*look->at != '{' && *look->at != '[')
        return take_plain(look, NULL);
    look->depth++;
    passed = *look->at++ == '{' ? pass_members(look, '}', true) : pass_members(look, ']', false);
    look->depth--;
    return passed;
}

/* --- The pointer ------------------------------------------------------------------------------ */

/* Takes the next token off: false at the end, or when it does not fit. */
static bool next_token(struct linli_text *pointer, struct linli_room *token)
{
    size_t i = 1;

    token->length = 0;
    if (pointer->length == 0 || pointer->bytes[0] != '/')
        return false;
    for (; i < pointer->length && pointer->bytes[i] != '/'; i++) {
        char c = pointer->bytes[i];

        if (c == '~' && i + 1 < pointer->length)
            c = pointer->bytes[++i] == '1' ? '/' : '~';
        if (!put(token, (unsigned char)c))
            return false;
    }
    pointer->bytes += i;
    pointer->length -= i;
    return true;
}

static bool enter_object(struct look *look, const struct linli_room *token)
{
    char bytes[128] = "";

    do {
        struct linli_room name = {bytes, sizeof bytes, 0};
        struct look before = *look;

        if (!take_string(look, &name)) {
            *look = before; /* longer than what is looked for */
            name.length = 0;
            if (!take_string(look, NULL))
                return false;
        }
        if (!take(look, ':'))
            return false;
        if (name.length == token->length && memcmp(bytes, token->bytes, name.length) == 0)
            return true;
        if (!pass_value(look))
            return false;
    } while (take(look, ','));
    return false;
}

static bool enter_array(struct look *look, const struct linli_room *token)
{
    size_t index = 0;

    for (size_t i = 0; i < token->length; i++) {
        if (token->bytes[i] < '0' || token->bytes[i] > '9' || i > 4)
            return false;
        index = index * 10 + (size_t)(token->bytes[i] - '0');
    }
    for (; index > 0; index--)
        if (!pass_value(look) || !take(look, ','))
            return false;
    return token->length > 0;
}

static bool take_value(struct look *look, struct linli_room *out)
{
    skip_space(look);
    if (look->at >= look->end || *look->at == '{' || *look->at == '[')
        return false;
    return *look->at == '"' ? take_string(look, out) : take_plain(look, out);
}

/* The tail of a character that begins with `c`: how many bytes; -1: none begins so. Over-long
 * forms, surrogates and what is beyond Unicode show in the byte behind it. */
static int tail_of(unsigned char c, unsigned char next)
{
    if (c < 0x80)
        return 0;
    if (c < 0xC2 || c > 0xF4)
        return -1;
    if ((c == 0xE0 && next < 0xA0) || (c == 0xED && next > 0x9F) || (c == 0xF0 && next < 0x90) ||
        (c == 0xF4 && next > 0x8F))
        return -1;
    return c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
}

static bool is_utf8(struct linli_text text)
{
    for (size_t i = 0; i < text.length;) {
        unsigned char c = (unsigned char)text.bytes[i++];
        int tail = tail_of(c, i < text.length ? (unsigned char)text.bytes[i] : 0);

        for (; tail > 0; tail--, i++)
            if (i >= text.length || ((unsigned char)text.bytes[i] & 0xC0) != 0x80)
                return false;
        if (tail < 0)
            return false;
    }
    return true;
}

bool json_is_sound(struct linli_text json)
{
    struct look look = {json.bytes, json.bytes + json.length, 0};

    if (!is_utf8(json) || !pass_value(&look))
        return false;
    skip_space(&look);
    return look.at == look.end; /* nothing stands behind it */
}

bool json_look(struct linli_text json, struct linli_text pointer, struct linli_room *out)
{
    struct look look = {json.bytes, json.bytes + json.length, 0};
    size_t before = out->length;
    char bytes[128];
    struct linli_room token = {bytes, sizeof bytes, 0};

    if (!json_is_sound(json))
        return false;
    while (pointer.length > 0) {
        if (!next_token(&pointer, &token))
            return false;
        if (take(&look, '{') ? !enter_object(&look, &token)
                             : !(take(&look, '[') && enter_array(&look, &token)))
            return false;
    }
    if (take_value(&look, out))
        return true;
    out->length = before;
    return false;
}
