#include "api/input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* --- percent-encoding --- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool is_plain(struct text text, bool plus_is_space)
{
    return text.length == 0 || (!memchr(text.data, '%', text.length) &&
                                !(plus_is_space && memchr(text.data, '+', text.length)));
}

bool percent_decode(struct text encoded, bool plus_is_space, struct arena *arena,
                    struct text *decoded)
{
    size_t length = 0, characters;
    char *out;

    if (is_plain(encoded, plus_is_space)) {
        *decoded = encoded;
        return utf8_count(encoded, &characters);
    }
    out = arena_take(arena, encoded.length);
    for (size_t i = 0; i < encoded.length; i++) {
        char c = encoded.data[i];

        if (c == '%') {
            int high = i + 2 < encoded.length ? hex_digit(encoded.data[i + 1]) : -1;
            int low = i + 2 < encoded.length ? hex_digit(encoded.data[i + 2]) : -1;

            if (high < 0 || low < 0 || high + low == 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        out[length++] = c;
    }
    *decoded = (struct text){out, length};
    return utf8_count(*decoded, &characters);
}

/* --- bodies --- */

/* Jansson's own bound is 2,048 levels of recursion. Counting needs no parser: outside strings,
 * every bracket counts, and what is not JSON is refused afterwards anyway. */
static bool is_shallow(struct text body)
{
    bool in_string = false;
    int depth = 0;

    for (size_t i = 0; i < body.length; i++) {
        char c = body.data[i];

        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '{' || c == '[') && ++depth > INPUT_DEPTH_MOST)
            return false;
        else if (!in_string && (c == '}' || c == ']'))
            depth--;
    }
    return true;
}

json_t *body_parse(struct text body, struct error *error)
{
    json_error_t fault;
    json_t *parsed;

    if (body.length == 0)
        return json_object();
    if (!is_shallow(body)) {
        error_set(error, "api.bad_json", "nested more than %d deep", INPUT_DEPTH_MOST);
        return NULL;
    }
    parsed = json_loadb(body.data, body.length, JSON_REJECT_DUPLICATES, &fault);
    if (!parsed)
        error_set(error, "api.bad_json", "line %d, column %d: %s", fault.line, fault.column,
                  fault.text);
    return parsed;
}

/* --- query strings --- */

static json_t *text_value(struct text text)
{
    return json_stringn(text.data ? text.data : "", text.length);
}

/* A decimal integer as people write it; the text itself when it is none, for the table to refuse.
 */
static json_t *integer_value(struct text text)
{
    char digits[21], *end;
    long long value;

    if (text.length == 0 || text.length >= sizeof digits)
        return text_value(text);
    memcpy(digits, text.data, text.length);
    digits[text.length] = '\0';
    if (strspn(digits, "-0123456789") < text.length)
        return text_value(text);
    errno = 0;
    value = strtoll(digits, &end, 10);
    return errno == 0 && *end == '\0' ? json_integer(value) : text_value(text);
}

static json_t *flag_value(struct text text)
{
    if (text.length == 4 && memcmp(text.data, "true", 4) == 0)
        return json_true();
    if (text.length == 5 && memcmp(text.data, "false", 5) == 0)
        return json_false();
    return text_value(text);
}

static json_t *list_value(struct text text)
{
    json_t *list = json_array();

    while (text.length > 0) {
        const char *comma = memchr(text.data, ',', text.length);
        size_t length = comma ? (size_t)(comma - text.data) : text.length;

        json_array_append_new(list, text_value((struct text){text.data, length}));
        length += comma != NULL;
        text = (struct text){text.data + length, text.length - length};
    }
    return list;
}

static json_t *value_for(const struct json_field *fields, const char *name, struct text text)
{
    const struct json_field *field = fields;

    while (field->name && strcmp(field->name, name) != 0)
        field++;
    switch (field->type) {
    case JSON_INT: return integer_value(text);
    case JSON_FLAG: return flag_value(text);
    case JSON_IDS: return list_value(text);
    default: return text_value(text);
    }
}

static bool fault_set(struct json_fault *fault, const char *name, const char *code,
                      const char *expected)
{
    snprintf(fault->pointer, sizeof fault->pointer, "/%s", name);
    fault->code = code;
    snprintf(fault->expected, sizeof fault->expected, "%s", expected);
    return false;
}

/* Adds one `name=value` to the object. */
static bool add_parameter(const struct json_field *fields, struct text piece, struct arena *arena,
                          json_t *object, struct json_fault *fault)
{
    const char *equals = memchr(piece.data, '=', piece.length);
    size_t split = equals ? (size_t)(equals - piece.data) : piece.length;
    struct text name, value = {0};
    const char *key;

    if (!percent_decode((struct text){piece.data, split}, true, arena, &name))
        return fault_set(fault, "", "bad_text", "UTF-8, percent-encoded");
    key = arena_copy(arena, name.data, name.length);
    if (equals &&
        !percent_decode((struct text){equals + 1, piece.length - split - 1}, true, arena, &value))
        return fault_set(fault, key, "bad_text", "UTF-8, percent-encoded");
    if (json_object_get(object, key))
        return fault_set(fault, key, "repeated", "once");
    if (json_object_size(object) == INPUT_PARAMETERS_MOST)
        return fault_set(fault, key, "too_long", "32 parameters at most");
    json_object_set_new(object, key, value_for(fields, key, value));
    return true;
}

static bool add_parameters(const struct json_field *fields, struct text query, struct arena *arena,
                           json_t *object, struct json_fault *fault)
{
    while (query.length > 0) {
        const char *end = memchr(query.data, '&', query.length);
        size_t length = end ? (size_t)(end - query.data) : query.length;

        if (length > 0 &&
            !add_parameter(fields, (struct text){query.data, length}, arena, object, fault))
            return false;
        length += end != NULL;
        query = (struct text){query.data + length, query.length - length};
    }
    return true;
}

bool query_string_read(const struct json_field *fields, struct text query, struct arena *arena,
                       void *out, struct json_fault *fault)
{
    static const struct json_field none[] = {{0}};
    json_t *object;
    bool read;

    if (query.length == 0 && !fields)
        return true;
    fields = fields ? fields : none;
    object = json_object();
    read = add_parameters(fields, query, arena, object, fault) &&
           json_fields_read(fields, object, arena, out, fault);
    json_decref(object);
    return read;
}
