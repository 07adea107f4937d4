#include "settings.h"

#define DIGITS  "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static size_t span(struct linli_text text, const char *of)
{
    size_t length = 0;

    while (length < text.length && text.bytes[length] && strchr(of, text.bytes[length]))
        length++;
    return length;
}

static struct linli_text after(struct linli_text text, size_t length)
{
    return (struct linli_text){text.bytes + length, text.length - length};
}

static bool begins_with(struct linli_text text, const char *start)
{
    size_t length = strlen(start);

    return text.length >= length && memcmp(text.bytes, start, length) == 0;
}

/* Every byte can stand in an address, and none is among `but`. */
static bool is_visible(struct linli_text text, const char *but)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.bytes[i] <= ' ' || text.bytes[i] >= 0x7F || strchr(but, text.bytes[i]))
            return false;
    return true;
}

/* --- The address ------------------------------------------------------------------------------ */

/* Labels of letters, digits and hyphens; or IPv6 in brackets. */
static size_t host_length(struct linli_text text)
{
    size_t length = 0, label;

    if (begins_with(text, "[")) {
        length = 1 + span(after(text, 1), DIGITS "ABCDEFabcdef:.");
        return length > 2 && begins_with(after(text, length), "]") ? length + 1 : 0;
    }
    while ((label = span(after(text, length), LETTERS DIGITS "-_")) > 0) {
        length += label;
        if (!begins_with(after(text, length), "."))
            return length;
        length++;
    }
    return 0;
}

/* ":1" to ":65535", or nothing. */
static bool take_port(struct linli_text *text)
{
    size_t digits;
    long port = 0;

    if (!begins_with(*text, ":"))
        return true;
    *text = after(*text, 1);
    digits = span(*text, DIGITS);
    for (size_t i = 0; i < digits && port <= 65535; i++)
        port = port * 10 + (text->bytes[i] - '0');
    *text = after(*text, digits);
    return port >= 1 && port <= 65535;
}

/* Paths begin with a slash and are put behind it: a query, or another slash, would be in their way.
 * The server checks the whole address again when it calls. */
static bool base_is_sound(struct linli_text base)
{
    size_t host;

    if (!begins_with(base, "https://"))
        return false;
    base = after(base, strlen("https://"));
    host = host_length(base);
    base = after(base, host);
    if (host == 0 || !take_port(&base))
        return false;
    return base.length == 0 ||
           (base.bytes[0] == '/' && base.bytes[base.length - 1] != '/' && is_visible(base, "?#\\"));
}

/* --- The others ------------------------------------------------------------------------------- */

/* "PUT /vouchers/{redemption}". Who is not asked for a voucher, or for what became of it, is no
 * merchant; of everything else one may not want to hear. */
static bool line_is_sound(struct linli_text line, bool needed)
{
    static const char *const starts[] = {"GET /", "POST /", "PUT /", "PATCH /", "DELETE /"};

    if (line.length == 0)
        return !needed;
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (begins_with(line, starts[i]))
            return is_visible(after(line, strlen(starts[i]) - 1), "#\\");
    return false;
}

static bool is_sound(const struct linli_value *values, enum http_json_setting which,
                     bool of_merchant)
{
    struct linli_text text = values[which].text;

    if (which == BASE)
        return text.length == 0 ? !of_merchant : base_is_sound(text);
    if (which == CREDENTIAL)
        return is_visible(text, "");
    if (which >= RESERVE && which <= QUERY)
        return line_is_sound(text, which == RESERVE || which == QUERY);
    if (which >= KEY_AT && which <= REASON_AT)
        return text.length == 0 || text.bytes[0] == '/'; /* RFC 6901 */
    return which != DONE_WORDS || text.length > 0;
}

enum http_json_setting settings_find_slip(const struct linli_value *values, bool of_merchant)
{
    int which = 0;

    while (which < SETTINGS && is_sound(values, (enum http_json_setting)which, of_merchant))
        which++;
    return (enum http_json_setting)which;
}

void settings_say_slip(enum http_json_setting which, struct linli_room *zh, struct linli_room *en)
{
    if (which == BASE) {
        linli_say(zh, "应为 https://主机[:端口][/路径]，不含账号、?、#，末尾无 /");
        linli_say(en, "write https://host[:port][/path], no user, ? or #, no / at its end");
    } else if (which == CREDENTIAL) {
        linli_say(zh, "应为凭证的名称");
        linli_say(en, "write the name of a credential");
    } else if (which == BODY) {
        linli_say(zh, "按模板写不出 JSON 请求");
        linli_say(en, "the templates make no request that is JSON and fits");
    } else if (which <= QUERY) {
        linli_say(zh, "应为方法与路径，如 POST /vouchers/{redemption}");
        linli_say(en, "write a method and a path: POST /vouchers/{redemption}");
    } else if (which <= REASON_AT) {
        linli_say(zh, "应以 / 开头，如 /state");
        linli_say(en, "write a pointer that begins with /: /state");
    } else {
        linli_say(zh, "至少写一个词");
        linli_say(en, "write a word at least");
    }
}
