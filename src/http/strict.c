#include "http/strict.h"

#include <ctype.h>
#include <string.h>

/* RFC 9112 section numbers are given as "9112 5.2"; RFC 9110 and 3986 likewise. */

/* ---- characters ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_alphanumeric(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* 9110 5.6.2 */
static bool is_token_char(char c)
{
    return is_alphanumeric(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

bool http_text_is_token(struct text text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!is_token_char(text.data[i]))
            return false;
    return text.length > 0;
}

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f;
}

static bool has_byte(struct text text, char byte)
{
    return text.length > 0 && memchr(text.data, byte, text.length);
}

static bool starts_with(struct text text, const char *lower_case)
{
    size_t length = strlen(lower_case);

    return text.length >= length && http_text_is((struct text){text.data, length}, lower_case);
}

/* ---- what lines consist of ---- */

bool http_text_is(struct text text, const char *lower_case)
{
    for (size_t i = 0; i < text.length; i++)
        if (lower_case[i] == '\0' || tolower((unsigned char)text.data[i]) != lower_case[i])
            return false;
    return lower_case[text.length] == '\0';
}

static bool ends_in_crlf(struct text line)
{
    return line.length >= 2 && memcmp(line.data + line.length - 2, "\r\n", 2) == 0;
}

static struct text without_line_end(struct text line)
{
    return ends_in_crlf(line) ? (struct text){line.data, line.length - 2} : line;
}

bool http_request_line_split(struct text line, struct http_request_line *parts)
{
    struct text rest = without_line_end(line);
    const char *first = rest.length ? memchr(rest.data, ' ', rest.length) : NULL;
    const char *last = rest.length ? memrchr(rest.data, ' ', rest.length) : NULL;

    if (!first || first == last)
        return false;
    const char *end = rest.data + rest.length;
    *parts = (struct http_request_line){
        .method = {rest.data, (size_t)(first - rest.data)},
        .target = {first + 1, (size_t)(last - first - 1)},
        .version = {last + 1, (size_t)(end - last - 1)},
    };
    return parts->target.length > 0 && !has_byte(parts->target, ' ');
}

bool http_method_find(struct text name, enum http_method *method)
{
    for (enum http_method each = HTTP_GET; each <= HTTP_OPTIONS; each++) {
        const char *known = http_method_name(each);
        if (strlen(known) == name.length && memcmp(known, name.data, name.length) == 0) {
            *method = each;
            return true;
        }
    }
    return false;
}

static size_t scheme_length(struct text target)
{
    if (starts_with(target, "http://"))
        return sizeof("http://") - 1;
    return starts_with(target, "https://") ? sizeof("https://") - 1 : 0;
}

void http_target_split(struct text target, struct http_message *message)
{
    size_t scheme = scheme_length(target);
    struct text rest = {target.data + scheme, target.length - scheme};
    size_t authority = 0;

    while (scheme > 0 && authority < rest.length && !strchr("/?", rest.data[authority]))
        authority++;
    const char *path = rest.data + authority;
    size_t left = rest.length - authority;
    const char *mark = left ? memchr(path, '?', left) : NULL;
    size_t path_length = mark ? (size_t)(mark - path) : left;

    message->target = target;
    message->authority = (struct text){rest.data, authority};
    message->path = path_length > 0 ? (struct text){path, path_length} : TEXT("/");
    message->query = mark ? (struct text){mark + 1, left - path_length - 1} : TEXT("");
}

int64_t http_chunk_size(struct text line)
{
    struct text digits = without_line_end(line);
    int64_t size = 0;

    if (digits.length == 0 || digits.length > 15)
        return INT64_MAX;
    for (size_t i = 0; i < digits.length; i++) {
        char c = digits.data[i];
        if (!is_hex(c))
            return INT64_MAX;
        size = size * 16 + (is_digit(c) ? c - '0' : tolower(c) - 'a' + 10);
    }
    return size;
}

/* ---- rules on the request line ---- */

static bool starts_like_no_method(const struct http_suspect *it)
{
    char first = it->line.data[0];

    /* One empty line before a request is let pass (9112 2.2); the parser drops it. */
    return !is_token_char(first) && first != '\r' && first != '\n';
}

static bool is_request_line_too_long(const struct http_suspect *it)
{
    return it->line.length > it->limits->request_line + 2;
}

static bool has_bad_line_end(const struct http_suspect *it)
{
    return !ends_in_crlf(it->line);
}

static bool has_bare_cr(const struct http_suspect *it)
{
    return has_byte(without_line_end(it->line), '\r');
}

static bool has_no_three_parts(const struct http_suspect *it)
{
    struct http_request_line parts;

    return !http_request_line_split(it->line, &parts);
}

/* The rules after has_no_three_parts may rely on them. */
static struct http_request_line parts_of(const struct http_suspect *it)
{
    struct http_request_line parts = {0};

    ASSERT(http_request_line_split(it->line, &parts));
    return parts;
}

static bool has_no_version(const struct http_suspect *it)
{
    struct text version = parts_of(it).version;

    return version.length != 8 || memcmp(version.data, "HTTP/", 5) != 0 ||
           !is_digit(version.data[5]) || version.data[6] != '.' || !is_digit(version.data[7]);
}

static bool has_other_version(const struct http_suspect *it)
{
    const char *number = parts_of(it).version.data + 5;

    return memcmp(number, "1.1", 3) != 0 && memcmp(number, "1.0", 3) != 0;
}

static bool has_broken_method(const struct http_suspect *it)
{
    return !http_text_is_token(parts_of(it).method);
}

static bool has_other_method(const struct http_suspect *it)
{
    enum http_method method;

    return !http_method_find(parts_of(it).method, &method);
}

static bool has_bad_target_bytes(const struct http_suspect *it)
{
    struct text target = parts_of(it).target;

    for (size_t i = 0; i < target.length; i++) {
        char c = target.data[i];
        if ((unsigned char)c >= 0x7f || c <= ' ' || strchr("\"<>\\", c))
            return true;
    }
    return false;
}

static bool has_fragment(const struct http_suspect *it)
{
    return has_byte(parts_of(it).target, '#');
}

static bool has_bad_percent(const struct http_suspect *it)
{
    struct text target = parts_of(it).target;

    for (size_t i = 0; i < target.length; i++) {
        if (target.data[i] != '%')
            continue;
        if (target.length - i < 3 || !is_hex(target.data[i + 1]) || !is_hex(target.data[i + 2]) ||
            memcmp(target.data + i + 1, "00", 2) == 0)
            return true;
    }
    return false;
}

static bool has_other_target_form(const struct http_suspect *it)
{
    struct http_request_line parts = parts_of(it);
    size_t scheme = scheme_length(parts.target);

    if (parts.target.length == 1 && parts.target.data[0] == '*')
        return !http_text_is(parts.method, "options");
    return parts.target.data[0] != '/' && (scheme == 0 || scheme == parts.target.length);
}

/* ---- rules on header lines ---- */

static bool has_too_many_header_bytes(const struct http_suspect *it)
{
    return it->header_bytes > it->limits->header_bytes;
}

static bool has_too_many_headers(const struct http_suspect *it)
{
    return it->header_count >= it->limits->headers && it->line.data[0] != '\r' &&
           it->line.data[0] != '\n';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static bool has_space_before_first_header(const struct http_suspect *it)
{
    return it->header_count == 0 && is_space(it->line.data[0]);
}

static bool is_obs_fold(const struct http_suspect *it)
{
    return it->header_count > 0 && is_space(it->line.data[0]);
}

/* The end of the head; the rules after this one do not look at it. */
static bool is_empty_line(struct text line)
{
    return without_line_end(line).length == 0;
}

static struct text name_of(struct text line)
{
    const char *colon = memchr(line.data, ':', line.length);

    return (struct text){line.data, colon ? (size_t)(colon - line.data) : line.length};
}

static bool has_no_colon(const struct http_suspect *it)
{
    return !is_empty_line(it->line) && !has_byte(it->line, ':');
}

static bool has_empty_name(const struct http_suspect *it)
{
    return it->line.data[0] == ':';
}

static bool has_space_before_colon(const struct http_suspect *it)
{
    struct text name = name_of(it->line);

    return !is_empty_line(it->line) && is_space(name.data[name.length - 1]);
}

static bool has_broken_name(const struct http_suspect *it)
{
    return !is_empty_line(it->line) && !http_text_is_token(name_of(it->line));
}

static bool has_control_in_header(const struct http_suspect *it)
{
    struct text text = without_line_end(it->line);

    for (size_t i = 0; i < text.length; i++)
        if (is_control(text.data[i]) && text.data[i] != '\t')
            return true;
    return false;
}

/* ---- rules on the whole head ---- */

static unsigned count_of(const struct http_suspect *it, enum http_special special)
{
    return it->message->special[special].count;
}

static struct text value_of(const struct http_suspect *it, enum http_special special)
{
    return it->message->special[special].value;
}

static bool has_no_host(const struct http_suspect *it)
{
    /* 1.0 did not know Host, and load balancers still ask for /livez in that way. */
    return count_of(it, HTTP_SPECIAL_HOST) == 0 && !it->message->is_old;
}

static bool has_two_hosts(const struct http_suspect *it)
{
    return count_of(it, HTTP_SPECIAL_HOST) > 1;
}

static bool is_port(struct text port)
{
    for (size_t i = 0; i < port.length; i++)
        if (!is_digit(port.data[i]))
            return false;
    return port.length <= 5;
}

static bool is_host_name(struct text name)
{
    for (size_t i = 0; i < name.length; i++)
        if (!is_alphanumeric(name.data[i]) && !strchr("-._", name.data[i]))
            return false;
    return name.length > 0 && name.length <= 255;
}

static bool is_ipv6_literal(struct text name)
{
    if (name.length < 4 || name.data[0] != '[' || name.data[name.length - 1] != ']')
        return false;
    for (size_t i = 1; i < name.length - 1; i++)
        if (!is_hex(name.data[i]) && !strchr(":.", name.data[i]))
            return false;
    return true;
}

static bool has_bad_host(const struct http_suspect *it)
{
    struct text host = value_of(it, HTTP_SPECIAL_HOST), name = host;

    if (count_of(it, HTTP_SPECIAL_HOST) == 0)
        return false;
    if (has_byte(host, '\0'))
        return true;
    const char *colon = host.length ? memrchr(host.data, ':', host.length) : NULL;
    if (colon && !memchr(colon, ']', host.length - (size_t)(colon - host.data))) {
        size_t before = (size_t)(colon - host.data);
        name.length = before;
        if (!is_port((struct text){colon + 1, host.length - before - 1}))
            return true;
    }
    return !is_host_name(name) && !is_ipv6_literal(name);
}

static bool has_other_authority(const struct http_suspect *it)
{
    struct text authority = it->message->authority, host = value_of(it, HTTP_SPECIAL_HOST);

    if (it->message->target.data[0] == '/' || it->message->target.data[0] == '*')
        return false;
    return authority.length == 0 || authority.length != host.length ||
           strncasecmp(authority.data, host.data, host.length) != 0;
}

static bool has_two_lengths(const struct http_suspect *it)
{
    return count_of(it, HTTP_SPECIAL_CONTENT_LENGTH) > 1;
}

static bool has_bad_length(const struct http_suspect *it)
{
    struct text length = value_of(it, HTTP_SPECIAL_CONTENT_LENGTH);

    if (count_of(it, HTTP_SPECIAL_CONTENT_LENGTH) == 0)
        return false;
    for (size_t i = 0; i < length.length; i++)
        if (!is_digit(length.data[i]))
            return true;
    return length.length == 0 || length.length > 18;
}

static bool has_length_and_encoding(const struct http_suspect *it)
{
    return count_of(it, HTTP_SPECIAL_CONTENT_LENGTH) > 0 &&
           count_of(it, HTTP_SPECIAL_TRANSFER_ENCODING) > 0;
}

static bool has_other_encoding(const struct http_suspect *it)
{
    unsigned count = count_of(it, HTTP_SPECIAL_TRANSFER_ENCODING);

    return count > 1 ||
           (count == 1 && !http_text_is(value_of(it, HTTP_SPECIAL_TRANSFER_ENCODING), "chunked"));
}

static bool has_encoding_in_1_0(const struct http_suspect *it)
{
    return it->message->is_old && count_of(it, HTTP_SPECIAL_TRANSFER_ENCODING) > 0;
}

static bool has_content_in_get(const struct http_suspect *it)
{
    bool takes_none = it->message->method == HTTP_GET || it->message->method == HTTP_HEAD;

    return takes_none && (it->message->is_chunked || it->message->content_length > 0);
}

static bool has_too_much_content(const struct http_suspect *it)
{
    return it->message->content_length > it->limits->body;
}

static bool has_upgrade(const struct http_suspect *it)
{
    return count_of(it, HTTP_SPECIAL_UPGRADE) > 0;
}

static bool has_other_expectation(const struct http_suspect *it)
{
    unsigned count = count_of(it, HTTP_SPECIAL_EXPECT);

    return count > 1 ||
           (count == 1 && !http_text_is(value_of(it, HTTP_SPECIAL_EXPECT), "100-continue"));
}

/* ---- rules on chunks ---- */

static bool has_chunk_extension(const struct http_suspect *it)
{
    return has_byte(it->line, ';');
}

static bool has_bad_chunk_size(const struct http_suspect *it)
{
    struct text digits = without_line_end(it->line);

    for (size_t i = 0; i < digits.length; i++)
        if (!is_hex(digits.data[i]))
            return true;
    return digits.length == 0;
}

static bool is_chunk_too_large(const struct http_suspect *it)
{
    return http_chunk_size(it->line) > it->body_room;
}

static bool is_not_crlf(const struct http_suspect *it)
{
    return it->line.length != 2 || !ends_in_crlf(it->line);
}

static bool always(const struct http_suspect *it)
{
    (void)it;
    return true;
}

/* clang-format off */
const struct http_rule http_rules[] = {
    {HTTP_STAGE_REQUEST_START, HTTP_FAULT_BAD_REQUEST, "a first byte that starts no method (TLS to a plain port, say)", starts_like_no_method},
    {HTTP_STAGE_REQUEST_START, HTTP_FAULT_URI_TOO_LONG, "a request line longer than http.max_request_line", is_request_line_too_long},

    {HTTP_STAGE_REQUEST_LINE, HTTP_FAULT_BAD_REQUEST, "a line that does not end in CR LF (9112 2.2)", has_bad_line_end},
    {HTTP_STAGE_REQUEST_LINE, HTTP_FAULT_BAD_REQUEST, "a CR inside a line (9112 2.2)", has_bare_cr},
    {HTTP_STAGE_REQUEST_LINE, HTTP_FAULT_BAD_REQUEST, "a request line that is not method, target, version with one space between: HTTP/0.9 too", has_no_three_parts},
    {HTTP_STAGE_REQUEST_LINE, HTTP_FAULT_BAD_REQUEST, "a version that is not HTTP/x.y: RTSP, ICE, lower case", has_no_version},
    {HTTP_STAGE_REQUEST_LINE, HTTP_FAULT_VERSION, "a version that is not 1.1 or 1.0: 0.9, 2.0 and its preface", has_other_version},
    {HTTP_STAGE_REQUEST_LINE, HTTP_FAULT_BAD_REQUEST, "a method that is no token (9110 9.1)", has_broken_method},
    {HTTP_STAGE_REQUEST_LINE, HTTP_FAULT_NOT_IMPLEMENTED, "a method other than our seven: CONNECT, TRACE, RTSP's (9110 9.1)", has_other_method},
    {HTTP_STAGE_REQUEST_LINE, HTTP_FAULT_BAD_REQUEST, "a fragment in the target (9112 3.2)", has_fragment},
    {HTTP_STAGE_REQUEST_LINE, HTTP_FAULT_BAD_REQUEST, "control, non-ASCII or delimiting characters in the target (3986 2)", has_bad_target_bytes},
    {HTTP_STAGE_REQUEST_LINE, HTTP_FAULT_BAD_REQUEST, "a % without two hex digits, or %00 (3986 2.1)", has_bad_percent},
    {HTTP_STAGE_REQUEST_LINE, HTTP_FAULT_BAD_REQUEST, "a target that is neither /path nor http(s)://host/path, nor * of OPTIONS (9112 3.2)", has_other_target_form},

    {HTTP_STAGE_HEADER_START, HTTP_FAULT_HEADERS_TOO_LARGE, "more headers than http.max_headers", has_too_many_headers},
    {HTTP_STAGE_HEADER_START, HTTP_FAULT_HEADERS_TOO_LARGE, "headers longer than http.max_header_bytes", has_too_many_header_bytes},

    {HTTP_STAGE_HEADER_LINE, HTTP_FAULT_BAD_REQUEST, "a line that does not end in CR LF (9112 2.2)", has_bad_line_end},
    {HTTP_STAGE_HEADER_LINE, HTTP_FAULT_BAD_REQUEST, "a CR inside a line (9112 2.2)", has_bare_cr},
    {HTTP_STAGE_HEADER_LINE, HTTP_FAULT_BAD_REQUEST, "white space before the first header (9112 2.2)", has_space_before_first_header},
    {HTTP_STAGE_HEADER_LINE, HTTP_FAULT_BAD_REQUEST, "a header that goes on in the next line: obs-fold (9112 5.2)", is_obs_fold},
    {HTTP_STAGE_HEADER_LINE, HTTP_FAULT_BAD_REQUEST, "a header line without a colon (9112 5)", has_no_colon},
    {HTTP_STAGE_HEADER_LINE, HTTP_FAULT_BAD_REQUEST, "a header without a name (9110 5.1)", has_empty_name},
    {HTTP_STAGE_HEADER_LINE, HTTP_FAULT_BAD_REQUEST, "white space between a header's name and its colon (9112 5.1)", has_space_before_colon},
    {HTTP_STAGE_HEADER_LINE, HTTP_FAULT_BAD_REQUEST, "a header name that is no token (9110 5.1)", has_broken_name},
    {HTTP_STAGE_HEADER_LINE, HTTP_FAULT_BAD_REQUEST, "NUL or another control character in a header (9110 5.5)", has_control_in_header},

    {HTTP_STAGE_HEAD, HTTP_FAULT_BAD_REQUEST, "no Host in HTTP/1.1 (9112 3.2)", has_no_host},
    {HTTP_STAGE_HEAD, HTTP_FAULT_BAD_REQUEST, "more than one Host (9112 3.2)", has_two_hosts},
    {HTTP_STAGE_HEAD, HTTP_FAULT_BAD_REQUEST, "a Host that is no name or address with a port at most (9110 7.2)", has_bad_host},
    {HTTP_STAGE_HEAD, HTTP_FAULT_BAD_REQUEST, "an absolute target whose authority is not Host (9112 3.2.2)", has_other_authority},
    {HTTP_STAGE_HEAD, HTTP_FAULT_BAD_REQUEST, "more than one Content-Length, equal or not (9112 6.3)", has_two_lengths},
    {HTTP_STAGE_HEAD, HTTP_FAULT_BAD_REQUEST, "a Content-Length that is not all digits (9110 8.6)", has_bad_length},
    {HTTP_STAGE_HEAD, HTTP_FAULT_BAD_REQUEST, "Content-Length beside Transfer-Encoding (9112 6.3)", has_length_and_encoding},
    {HTTP_STAGE_HEAD, HTTP_FAULT_BAD_REQUEST, "a Transfer-Encoding in HTTP/1.0 (9112 6.1)", has_encoding_in_1_0},
    {HTTP_STAGE_HEAD, HTTP_FAULT_BAD_REQUEST, "a Transfer-Encoding other than chunked, once (9112 6.1)", has_other_encoding},
    {HTTP_STAGE_HEAD, HTTP_FAULT_BAD_REQUEST, "content in GET or HEAD (9110 9.3.1)", has_content_in_get},
    {HTTP_STAGE_HEAD, HTTP_FAULT_NOT_IMPLEMENTED, "Upgrade, h2c too (9110 7.8)", has_upgrade},
    {HTTP_STAGE_HEAD, HTTP_FAULT_EXPECTATION_FAILED, "an expectation other than 100-continue (9110 10.1.1)", has_other_expectation},
    {HTTP_STAGE_HEAD, HTTP_FAULT_CONTENT_TOO_LARGE, "a body larger than http.max_body", has_too_much_content},

    {HTTP_STAGE_CHUNK_SIZE, HTTP_FAULT_BAD_REQUEST, "chunk extensions (9112 7.1.1)", has_chunk_extension},
    {HTTP_STAGE_CHUNK_SIZE, HTTP_FAULT_BAD_REQUEST, "a chunk size that is too long or does not end in CR LF (9112 7.1)", has_bad_line_end},
    {HTTP_STAGE_CHUNK_SIZE, HTTP_FAULT_BAD_REQUEST, "a chunk size that is not all hex digits (9112 7.1)", has_bad_chunk_size},
    {HTTP_STAGE_CHUNK_SIZE, HTTP_FAULT_CONTENT_TOO_LARGE, "chunks that add up to more than http.max_body", is_chunk_too_large},
    {HTTP_STAGE_CHUNK_END, HTTP_FAULT_BAD_REQUEST, "a chunk's data that is not followed by CR LF (9112 7.1)", is_not_crlf},
    {HTTP_STAGE_LAST_LINE, HTTP_FAULT_BAD_REQUEST, "trailers (9112 7.1.2)", is_not_crlf},

    {HTTP_STAGE_BROKEN, HTTP_FAULT_BAD_REQUEST, "what llhttp reads in another way than the rules above", always},
    {HTTP_STAGE_BUDGET, HTTP_FAULT_BUSY, "a request for which http.max_memory has no room left", always},
};
/* clang-format on */
const size_t http_rules_count = ARRAY_LENGTH(http_rules);

const struct http_rule *http_strict_judge(enum http_stage stage, const struct http_suspect *suspect)
{
    for (size_t i = 0; i < ARRAY_LENGTH(http_rules); i++)
        if (http_rules[i].stage == stage && http_rules[i].is_broken(suspect))
            return &http_rules[i];
    return NULL;
}
