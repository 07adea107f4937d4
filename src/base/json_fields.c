#include "base/json_fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"

#define ID_MOST       ((INT64_C(1) << 53) - 1)
#define POINTS_MOST   INT64_C(1000000000000000)
#define TEXT_MOST     200
#define ELEMENTS_MOST 1000
#define DOCUMENT_MOST 65536 /* bytes */

/* Where reading stands: the way to the value at hand, as a list from the leaf to the root. */
struct place {
    const struct place *above;
    const char *name; /* of a member; NULL: the element `index` */
    size_t index;
};

struct json_bounds json_field_bounds(const struct json_field *field)
{
    static const struct json_bounds own[] = {
        [JSON_ID] = {1, ID_MOST},
        [JSON_POINTS] = {0, POINTS_MOST},
        [JSON_INT] = {0, ID_MOST},
        [JSON_TEXT] = {0, TEXT_MOST},
        [JSON_NAME] = {0, TEXT_MOST},
        [JSON_TIME] = {INT64_MIN, INT64_MAX},
        [JSON_DAY] = {INT32_MIN, INT32_MAX},
        [JSON_CHOICE] = {0, 0},
        [JSON_OBJECTS] = {0, ELEMENTS_MOST},
        [JSON_IDS] = {0, ELEMENTS_MOST},
    };
    struct json_bounds bounds = {field->min, field->max};

    if (field->min == 0 && field->max == 0)
        return own[field->type];
    if (field->max == 0 && field->min > 0)
        bounds.max = own[field->type].max;
    return bounds;
}

struct reading {
    struct arena *arena;
    struct json_fault *fault;
};

/* --- faults --- */

/* Adds what fits of `text` to the text in out[size]; no character is cut in two. */
static void append(char *out, size_t size, const char *text, size_t length)
{
    size_t used = strlen(out), room = size - 1 - used;

    if (length > room)
        length = utf8_cut(text, room);
    memcpy(out + used, text, length);
    out[used + length] = '\0';
}

static void append_text(char *out, size_t size, const char *text)
{
    append(out, size, text, strlen(text));
}

static void append_member(char *pointer, size_t size, const char *name)
{
    for (; *name; name += strcspn(name, "~/")) {
        if (*name == '~' || *name == '/')
            append_text(pointer, size, *name++ == '~' ? "~0" : "~1");
        append(pointer, size, name, strcspn(name, "~/"));
    }
}

static void append_place(char *pointer, size_t size, const struct place *place)
{
    char index[24];

    if (!place)
        return;
    append_place(pointer, size, place->above);
    append_text(pointer, size, "/");
    if (place->name) {
        append_member(pointer, size, place->name);
        return;
    }
    snprintf(index, sizeof(index), "%zu", place->index);
    append_text(pointer, size, index);
}

static bool refuse(const struct reading *reading, const struct place *place, const char *code,
                   const char *expected)
{
    struct json_fault *fault = reading->fault;

    *fault = (struct json_fault){.code = code};
    append_place(fault->pointer, sizeof(fault->pointer), place);
    append_text(fault->expected, sizeof(fault->expected), expected);
    return false;
}

/* What a right value of the field is: "1..100", "0.01..50.00", "draft|published". */
static void describe(const struct json_field *field, char *out, size_t size)
{
    struct json_bounds bounds = json_field_bounds(field);
    char low[24], high[24];

    switch (field->type) {
    case JSON_FLAG: snprintf(out, size, "true|false"); return;
    case JSON_TIME: snprintf(out, size, "2026-11-22T20:08:17+08:00"); return;
    case JSON_DAY: snprintf(out, size, "2026-11-22"); return;
    case JSON_CHOICE:
        out[0] = '\0';
        append_text(out, size, field->choices);
        return;
    case JSON_POINTS:
        points_format(bounds.min, low);
        points_format(bounds.max, high);
        snprintf(out, size, "%s..%s", low, high);
        return;
    default: snprintf(out, size, "%" PRId64 "..%" PRId64, bounds.min, bounds.max); return;
    }
}

static bool refuse_value(const struct reading *reading, const struct place *place,
                         const struct json_field *field, const char *code)
{
    char expected[sizeof(reading->fault->expected)];

    describe(field, expected, sizeof(expected));
    return refuse(reading, place, code, expected);
}

static bool check_range(const struct reading *reading, const struct place *place,
                        const struct json_field *field, int64_t value)
{
    struct json_bounds bounds = json_field_bounds(field);

    if (value < bounds.min)
        return refuse_value(reading, place, field, "too_small");
    if (value > bounds.max)
        return refuse_value(reading, place, field, "too_large");
    return true;
}

static bool check_count(const struct reading *reading, const struct place *place,
                        const struct json_field *field, size_t count)
{
    struct json_bounds bounds = json_field_bounds(field);

    if ((int64_t)count < bounds.min)
        return refuse_value(reading, place, field, "too_short");
    if ((int64_t)count > bounds.max)
        return refuse_value(reading, place, field, "too_long");
    return true;
}

/* --- one function a type: the value is of the right JSON type already --- */

static struct text text_of(const json_t *value)
{
    return (struct text){json_string_value(value), json_string_length(value)};
}

static bool parse_id(struct text text, uint64_t *id)
{
    uint64_t value = 0;

    if (text.length == 0 || text.length > 16 || text.data[0] == '0')
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.data[i] - '0');
    }
    *id = value;
    return value <= (uint64_t)ID_MOST;
}

static bool read_id(const struct reading *reading, const struct place *place,
                    const struct json_field *field, const json_t *value, void *out)
{
    uint64_t *id = out;

    if (!parse_id(text_of(value), id))
        return refuse_value(reading, place, field, "bad_id");
    return check_range(reading, place, field, (int64_t)*id);
}

static bool read_points(const struct reading *reading, const struct place *place,
                        const struct json_field *field, const json_t *value, void *out)
{
    struct text text = text_of(value);
    int64_t *points = out;

    bool minus = text.length > 0 && text.data[0] == '-';
    if (!points_parse(text, points) || (minus && json_field_bounds(field).min >= 0))
        return refuse_value(reading, place, field, "bad_points");
    return check_range(reading, place, field, *points);
}

static bool read_int(const struct reading *reading, const struct place *place,
                     const struct json_field *field, const json_t *value, void *out)
{
    int64_t *number = out;

    *number = json_integer_value(value);
    return check_range(reading, place, field, *number);
}

static bool read_flag(const struct reading *reading, const struct place *place,
                      const struct json_field *field, const json_t *value, void *out)
{
    (void)reading, (void)place, (void)field;
    *(bool *)out = json_is_true(value);
    return true;
}

static bool is_forbidden(uint32_t character)
{
    if (character == '\n' || character == '\t')
        return false;
    return character < 0x20 || (character >= 0x7F && character < 0xA0);
}

/* Counts the characters; false when one of them is a control character or no UTF-8. */
static bool count_text(struct text text, size_t *count)
{
    *count = 0;
    for (size_t at = 0; at < text.length; (*count)++) {
        uint32_t character;
        size_t length = utf8_decode(text.data + at, text.length - at, &character);
        if (length == 0 || is_forbidden(character))
            return false;
        at += length;
    }
    return true;
}

static bool read_text(const struct reading *reading, const struct place *place,
                      const struct json_field *field, const json_t *value, void *out)
{
    struct text text = text_of(value), *copy = out;
    size_t count;

    if (!count_text(text, &count))
        return refuse(reading, place, "bad_text", "U+0009|U+000A|U+0020..U+007E|U+00A0..U+10FFFF");
    if (!check_count(reading, place, field, count))
        return false;
    copy->data = arena_copy(reading->arena, text.data, text.length);
    copy->length = text.length;
    return true;
}

static bool read_name(const struct reading *reading, const struct place *place,
                      const struct json_field *field, const json_t *value, void *out)
{
    if (!read_text(reading, place, field, value, out))
        return false;
    return utf8_is_name(text_of(value)) ||
           refuse(reading, place, "bad_name", "one line with something to be seen");
}

static bool read_time(const struct reading *reading, const struct place *place,
                      const struct json_field *field, const json_t *value, void *out)
{
    int64_t *at_us = out;

    if (!clock_parse(text_of(value), at_us))
        return refuse_value(reading, place, field, "bad_time");
    return check_range(reading, place, field, *at_us);
}

static bool read_day(const struct reading *reading, const struct place *place,
                     const struct json_field *field, const json_t *value, void *out)
{
    int32_t *day = out;

    if (!calendar_parse_day(text_of(value), day))
        return refuse_value(reading, place, field, "bad_day");
    return check_range(reading, place, field, *day);
}

static bool read_choice(const struct reading *reading, const struct place *place,
                        const struct json_field *field, const json_t *value, void *out)
{
    struct text text = text_of(value);
    const char *choice = field->choices;

    for (int index = 0;; index++) {
        size_t length = strcspn(choice, "|");
        if (length == text.length && memcmp(choice, text.data, length) == 0) {
            *(int *)out = index;
            return true;
        }
        if (choice[length] == '\0')
            return refuse_value(reading, place, field, "bad_choice");
        choice += length + 1;
    }
}

static bool read_object(const struct reading *reading, const struct place *place,
                        const struct json_field *table, const json_t *object, void *out);

static bool read_objects(const struct reading *reading, const struct place *place,
                         const struct json_field *field, const json_t *value, void *out)
{
    struct json_list *list = out;

    if (!check_count(reading, place, field, json_array_size(value)))
        return false;
    list->count = json_array_size(value);
    list->items = arena_take(reading->arena, list->count * field->size);
    for (size_t i = 0; i < list->count; i++) {
        struct place element = {.above = place, .index = i};
        if (!read_object(reading, &element, field->table, json_array_get(value, i),
                         (char *)list->items + i * field->size))
            return false;
    }
    return true;
}

static bool read_ids(const struct reading *reading, const struct place *place,
                     const struct json_field *field, const json_t *value, void *out)
{
    static const struct json_field id = {.type = JSON_ID};
    struct json_list *list = out;

    if (!check_count(reading, place, field, json_array_size(value)))
        return false;
    list->count = json_array_size(value);
    list->items = arena_take(reading->arena, list->count * sizeof(uint64_t));
    for (size_t i = 0; i < list->count; i++) {
        const json_t *item = json_array_get(value, i);
        struct place element = {.above = place, .index = i};
        if (!json_is_string(item))
            return refuse(reading, &element, "wrong_type", "string");
        if (!read_id(reading, &element, &id, item, (uint64_t *)list->items + i))
            return false;
    }
    return true;
}

static bool read_document(const struct reading *reading, const struct place *place,
                          const struct json_field *field, const json_t *value, void *out)
{
    char *compact = json_dumps(value, JSON_COMPACT);
    size_t length = strlen(compact);

    (void)field;
    if (length > DOCUMENT_MOST) {
        free(compact);
        return refuse(reading, place, "too_long", "at most 64 KiB");
    }
    *(struct text *)out = (struct text){arena_copy(reading->arena, compact, length), length};
    free(compact);
    return true;
}

static const struct {
    const char *json; /* the JSON type's name */
    bool (*read)(const struct reading *reading, const struct place *place,
                 const struct json_field *field, const json_t *value, void *out);
} types[] = {
    [JSON_ID] = {"string", read_id},         [JSON_POINTS] = {"string", read_points},
    [JSON_INT] = {"integer", read_int},      [JSON_FLAG] = {"boolean", read_flag},
    [JSON_TEXT] = {"string", read_text},     [JSON_NAME] = {"string", read_name},
    [JSON_TIME] = {"string", read_time},     [JSON_DAY] = {"string", read_day},
    [JSON_CHOICE] = {"string", read_choice}, [JSON_OBJECTS] = {"array", read_objects},
    [JSON_IDS] = {"array", read_ids},        [JSON_DOCUMENT] = {"object", read_document},
};

static const char *json_type_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT: return "object";
    case JSON_ARRAY: return "array";
    case JSON_STRING: return "string";
    case JSON_INTEGER: return "integer";
    case JSON_REAL: return "number";
    case JSON_TRUE:
    case JSON_FALSE: return "boolean";
    default: return "null";
    }
}

/* --- objects --- */

static bool read_field(const struct reading *reading, const struct place *above,
                       const struct json_field *field, const json_t *object, void *out)
{
    const json_t *value = json_object_get(object, field->name);
    struct place place = {.above = above, .name = field->name};

    if (!value)
        return field->need == OPTIONAL || refuse_value(reading, &place, field, "missing");
    if (strcmp(json_type_name(value), types[field->type].json) != 0)
        return refuse(reading, &place, "wrong_type", types[field->type].json);
    if (field->seen)
        *(bool *)((char *)out + field->seen) = true;
    return types[field->type].read(reading, &place, field, value, (char *)out + field->offset);
}

static bool refuse_unknown(const struct reading *reading, const struct place *above,
                           const struct json_field *table, const char *name)
{
    char known[sizeof(reading->fault->expected)] = "";
    struct place place = {.above = above, .name = name};

    for (const struct json_field *field = table; field->type != JSON_FIELD_END; field++) {
        append_text(known, sizeof(known), field == table ? "" : "|");
        append_text(known, sizeof(known), field->name);
    }
    return refuse(reading, &place, "unknown_field", known);
}

static bool is_known(const struct json_field *table, const char *name)
{
    for (const struct json_field *field = table; field->type != JSON_FIELD_END; field++)
        if (strcmp(field->name, name) == 0)
            return true;
    return false;
}

/* Unknown names first: a misspelt one is worth more than "missing" for the right one. */
static bool read_object(const struct reading *reading, const struct place *place,
                        const struct json_field *table, const json_t *object, void *out)
{
    const char *name;
    json_t *value;

    if (!json_is_object(object))
        return refuse(reading, place, "not_an_object", "object");
    json_object_foreach((json_t *)object, name, value)
    {
        if (!is_known(table, name))
            return refuse_unknown(reading, place, table, name);
    }
    for (const struct json_field *field = table; field->type != JSON_FIELD_END; field++)
        if (!read_field(reading, place, field, object, out))
            return false;
    return true;
}

bool json_fields_read(const struct json_field *table, const json_t *object, struct arena *arena,
                      void *out, struct json_fault *fault)
{
    struct reading reading = {.arena = arena, .fault = fault};

    return read_object(&reading, NULL, table, object, out);
}
