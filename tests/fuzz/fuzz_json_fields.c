/*
 * Any bytes through jansson and a table that uses every type. What is accepted holds to the
 * table's bounds, and written again in the API's own forms it is read as the same; what is refused
 * has a fault that can be shown.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_fields.h"
#include "base/utf8.h"

#define FIRST_DAY (-719528) /* 0000-01-01 */
#define LAST_DAY  2932896   /* 9999-12-31 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct inner {
    int64_t price;
    struct text name;
};

struct outer {
    uint64_t id;
    int64_t points, number, time_us;
    bool flag, flag_seen;
    struct text text;
    int32_t day;
    int choice;
    struct json_list objects, ids;
};

static const struct json_field inner_fields[] = {
    {"p", JSON_POINTS, REQUIRED, offsetof(struct inner, price), .min = 1, .max = 10000},
    {"n", JSON_TEXT, OPTIONAL, offsetof(struct inner, name), .min = 1, .max = 5},
    {0},
};

static const struct json_field outer_fields[] = {
    {"i", JSON_ID, REQUIRED, offsetof(struct outer, id)},
    {"p", JSON_POINTS, OPTIONAL, offsetof(struct outer, points), .min = -100000, .max = 100000},
    {"n", JSON_INT, OPTIONAL, offsetof(struct outer, number), .min = -5, .max = 1000},
    {"f", JSON_FLAG, OPTIONAL, offsetof(struct outer, flag),
     .seen = offsetof(struct outer, flag_seen)},
    {"x", JSON_TEXT, OPTIONAL, offsetof(struct outer, text), .max = 10},
    {"t", JSON_TIME, OPTIONAL, offsetof(struct outer, time_us)},
    {"d", JSON_DAY, OPTIONAL, offsetof(struct outer, day)},
    {"c", JSON_CHOICE, OPTIONAL, offsetof(struct outer, choice), .choices = "a|bc|d"},
    {"o", JSON_OBJECTS, OPTIONAL, offsetof(struct outer, objects), .max = 4, .table = inner_fields,
     .size = sizeof(struct inner)},
    {"l", JSON_IDS, OPTIONAL, offsetof(struct outer, ids), .max = 4},
    {0},
};

static json_t *write_objects(const struct json_list *list)
{
    const struct inner *items = list->items;
    json_t *array = json_array();

    for (size_t i = 0; i < list->count; i++) {
        json_t *object = json_object();
        json_object_set_new(object, "p", json_points(items[i].price));
        if (items[i].name.length > 0)
            json_object_set_new(object, "n", json_text(items[i].name));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *write_ids(const struct json_list *list)
{
    const uint64_t *ids = list->items;
    json_t *array = json_array();

    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(array, json_id(ids[i]));
    return array;
}

static json_t *write_again(const struct outer *out)
{
    static const char *const choices[] = {"a", "bc", "d"};
    json_t *object = json_object();
    char day[11], time[CLOCK_RFC3339_SIZE];

    calendar_format_day(out->day, day);
    clock_format(out->time_us, 0, time);
    json_object_set_new(object, "i", json_id(out->id));
    json_object_set_new(object, "p", json_points(out->points));
    json_object_set_new(object, "n", json_integer(out->number));
    if (out->flag_seen)
        json_object_set_new(object, "f", json_boolean(out->flag));
    json_object_set_new(object, "x", json_text(out->text));
    json_object_set_new(object, "t", json_string(time));
    json_object_set_new(object, "d", json_string(day));
    json_object_set_new(object, "c", json_string(choices[out->choice]));
    json_object_set_new(object, "o", write_objects(&out->objects));
    json_object_set_new(object, "l", write_ids(&out->ids));
    return object;
}

static bool same_text(struct text a, struct text b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static void check_same(const struct outer *a, const struct outer *b)
{
    const struct inner *left = a->objects.items, *right = b->objects.items;

    ASSERT(a->id == b->id && a->points == b->points && a->number == b->number);
    ASSERT(a->flag == b->flag && a->flag_seen == b->flag_seen && same_text(a->text, b->text));
    ASSERT(a->day == b->day && a->choice == b->choice);
    /* Written in whole seconds; what offsets push out of the years 0 to 9999 cannot be written. */
    if (calendar_day(a->time_us, 0) >= FIRST_DAY && calendar_day(a->time_us, 0) <= LAST_DAY)
        ASSERT(a->time_us >= b->time_us && a->time_us - b->time_us < SECOND_US);
    ASSERT(a->objects.count == b->objects.count && a->ids.count == b->ids.count);
    for (size_t i = 0; i < a->objects.count; i++)
        ASSERT(left[i].price == right[i].price && same_text(left[i].name, right[i].name));
    if (a->ids.count > 0)
        ASSERT(memcmp(a->ids.items, b->ids.items, a->ids.count * sizeof(uint64_t)) == 0);
}

static void check_bounds(const struct outer *out)
{
    size_t characters;

    ASSERT(out->id >= 1 && out->id < UINT64_C(1) << 53);
    ASSERT(out->points >= -100000 && out->points <= 100000);
    ASSERT(out->number >= -5 && out->number <= 1000);
    ASSERT(out->choice >= 0 && out->choice <= 2);
    ASSERT(utf8_count(out->text, &characters) && characters <= 10);
    ASSERT(out->objects.count <= 4 && out->ids.count <= 4);
}

static void check_fault(const struct json_fault *fault)
{
    size_t characters;

    ASSERT(fault->code && fault->expected[0]);
    ASSERT(memchr(fault->pointer, '\0', sizeof(fault->pointer)) != NULL);
    ASSERT(utf8_count((struct text){fault->pointer, strlen(fault->pointer)}, &characters));
    ASSERT(fault->pointer[0] == '/' || fault->pointer[0] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *value = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    struct outer out = {0}, again = {0};
    struct json_fault fault = {0};

    if (!value)
        return 0;
    struct arena *arena = arena_new();
    if (json_fields_read(outer_fields, value, arena, &out, &fault)) {
        check_bounds(&out);
        json_t *written = write_again(&out);
        ASSERT(json_fields_read(outer_fields, written, arena, &again, &fault));
        check_same(&out, &again);
        json_decref(written);
    } else {
        check_fault(&fault);
    }
    arena_free(arena);
    json_decref(value);
    return 0;
}
