#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json_fields.h"

struct item {
    int64_t price;
    struct text name;
    struct json_list tags;
};

struct request {
    uint64_t id;
    int64_t price, change, count;
    bool open, open_seen, note_seen;
    struct text note, title;
    int64_t begins_us;
    int32_t day;
    int status;
    struct json_list items, members;
};

static const struct json_field item_fields[] = {
    {"price", JSON_POINTS, REQUIRED, offsetof(struct item, price), .min = 1, .max = 10000},
    {"na/m~e", JSON_TEXT, OPTIONAL, offsetof(struct item, name)},
    {"tags", JSON_IDS, OPTIONAL, offsetof(struct item, tags)},
    {0},
};

static const struct json_field fields[] = {
    {"id", JSON_ID, REQUIRED, offsetof(struct request, id)},
    {"price", JSON_POINTS, OPTIONAL, offsetof(struct request, price), .min = 1},
    {"change", JSON_POINTS, OPTIONAL, offsetof(struct request, change), .min = -500, .max = 500},
    {"count", JSON_INT, OPTIONAL, offsetof(struct request, count), .min = 1, .max = 100},
    {"open", JSON_FLAG, OPTIONAL, offsetof(struct request, open),
     .seen = offsetof(struct request, open_seen)},
    {"note", JSON_TEXT, OPTIONAL, offsetof(struct request, note),
     .seen = offsetof(struct request, note_seen)},
    {"title", JSON_TEXT, OPTIONAL, offsetof(struct request, title), .min = 2, .max = 4},
    {"begins", JSON_TIME, OPTIONAL, offsetof(struct request, begins_us)},
    {"day", JSON_DAY, OPTIONAL, offsetof(struct request, day)},
    {"status", JSON_CHOICE, OPTIONAL, offsetof(struct request, status),
     .choices = "draft|published|closed"},
    {"items", JSON_OBJECTS, OPTIONAL, offsetof(struct request, items), .min = 1, .max = 3,
     .table = item_fields, .size = sizeof(struct item)},
    {"members", JSON_IDS, OPTIONAL, offsetof(struct request, members), .max = 2},
    {0},
};

static int begin(void **state)
{
    *state = arena_new();
    return 0;
}

static int end(void **state)
{
    arena_free(*state);
    return 0;
}

static bool read(struct arena *arena, const char *json, struct request *out,
                 struct json_fault *fault)
{
    json_error_t why;
    json_t *value = json_loads(json, JSON_DECODE_ANY, &why);

    if (!value)
        fail_msg("the test's own JSON: %s in %s", why.text, json);
    *out = (struct request){0};
    bool fine = json_fields_read(fields, value, arena, out, fault);
    json_decref(value); /* nothing that was read may lean on it */
    return fine;
}

static void every_type_is_read(void **state)
{
    struct json_fault fault;
    struct request out;

    if (!read(*state,
              "{\"id\":\"9007199254740991\",\"price\":\"12.5\",\"change\":\"-0.05\",\"count\":100,"
              "\"open\":true,\"note\":\"line\\n\\ttwo\",\"title\":\"邻里互助\","
              "\"begins\":\"2026-11-22T20:08:17+08:00\",\"day\":\"2026-11-22\","
              "\"status\":\"closed\",\"members\":[\"7\",\"8\"],"
              "\"items\":[{\"price\":\"1\",\"na/m~e\":\"x\",\"tags\":[]},{\"price\":\"100\"}]}",
              &out, &fault))
        fail_msg("%s at %s", fault.code, fault.pointer);
    assert_int_equal(out.id, (INT64_C(1) << 53) - 1);
    assert_int_equal(out.price, 1250);
    assert_int_equal(out.change, -5);
    assert_int_equal(out.count, 100);
    assert_true(out.open && out.open_seen && out.note_seen);
    assert_string_equal(out.note.data, "line\n\ttwo");
    assert_int_equal(out.title.length, 12);
    int64_t expected_us;
    assert_true(clock_parse(TEXT("2026-11-22T12:08:17Z"), &expected_us));
    assert_int_equal(out.begins_us, expected_us);
    assert_int_equal(out.day, 20779);
    assert_int_equal(out.status, 2);
    assert_int_equal(out.members.count, 2);
    assert_int_equal(((uint64_t *)out.members.items)[1], 8);
    assert_int_equal(out.items.count, 2);
    const struct item *items = out.items.items;
    assert_int_equal(items[0].price, 100);
    assert_string_equal(items[0].name.data, "x");
    assert_int_equal(items[0].tags.count, 0);
    assert_int_equal(items[1].price, 10000);
    assert_null(items[1].name.data);
}

static void what_is_left_out_stays_zero(void **state)
{
    struct json_fault fault;
    struct request out, zero = {.id = 1};

    assert_true(read(*state, "{\"id\":\"1\"}", &out, &fault));
    assert_memory_equal(&out, &zero, sizeof(out));
    assert_true(read(*state, "{\"id\":\"1\",\"open\":false}", &out, &fault));
    assert_true(out.open_seen && !out.open && !out.note_seen);
}

struct bad {
    const char *json, *pointer, *code, *expected;
};

static void assert_faults(struct arena *arena, const struct bad *bad, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct json_fault fault;
        struct request out;
        if (read(arena, bad[i].json, &out, &fault))
            fail_msg("accepted: %s", bad[i].json);
        if (strcmp(fault.pointer, bad[i].pointer) != 0 || strcmp(fault.code, bad[i].code) != 0 ||
            (bad[i].expected && strcmp(fault.expected, bad[i].expected) != 0))
            fail_msg("%s: %s at '%s', expected %s", bad[i].json, fault.code, fault.pointer,
                     fault.expected);
    }
}

static void scalars_that_do_not_fit_are_named(void **state)
{
    static const struct bad bad[] = {
        {"[]", "", "not_an_object", "object"},
        {"7", "", "not_an_object", "object"},
        {"{}", "/id", "missing", "1..9007199254740991"},
        {"{\"id\":1}", "/id", "wrong_type", "string"},
        {"{\"id\":null}", "/id", "wrong_type", "string"},
        {"{\"id\":\"\"}", "/id", "bad_id", "1..9007199254740991"},
        {"{\"id\":\"0\"}", "/id", "bad_id", NULL},
        {"{\"id\":\"01\"}", "/id", "bad_id", NULL},
        {"{\"id\":\"-1\"}", "/id", "bad_id", NULL},
        {"{\"id\":\"1 \"}", "/id", "bad_id", NULL},
        {"{\"id\":\"9007199254740992\"}", "/id", "bad_id", NULL},
        {"{\"id\":\"99999999999999999999999\"}", "/id", "bad_id", NULL},
        {"{\"id\":\"1\",\"price\":12}", "/price", "wrong_type", "string"},
        {"{\"id\":\"1\",\"price\":\"0\"}", "/price", "too_small", "0.01..10000000000000.00"},
        {"{\"id\":\"1\",\"price\":\"-1\"}", "/price", "bad_points", NULL},
        {"{\"id\":\"1\",\"price\":\"1.234\"}", "/price", "bad_points", NULL},
        {"{\"id\":\"1\",\"price\":\"10000000000000.01\"}", "/price", "too_large", NULL},
        {"{\"id\":\"1\",\"change\":\"-5.01\"}", "/change", "too_small", "-5.00..5.00"},
        {"{\"id\":\"1\",\"change\":\"5.01\"}", "/change", "too_large", "-5.00..5.00"},
        {"{\"id\":\"1\",\"count\":0}", "/count", "too_small", "1..100"},
        {"{\"id\":\"1\",\"count\":101}", "/count", "too_large", "1..100"},
        {"{\"id\":\"1\",\"count\":5.0}", "/count", "wrong_type", "integer"},
        {"{\"id\":\"1\",\"count\":\"5\"}", "/count", "wrong_type", "integer"},
        {"{\"id\":\"1\",\"open\":1}", "/open", "wrong_type", "boolean"},
        {"{\"id\":\"1\",\"begins\":\"2026-11-22\"}", "/begins", "bad_time",
         "2026-11-22T20:08:17+08:00"},
        {"{\"id\":\"1\",\"day\":\"2026-11-31\"}", "/day", "bad_day", "2026-11-22"},
        {"{\"id\":\"1\",\"status\":\"open\"}", "/status", "bad_choice", "draft|published|closed"},
        {"{\"id\":\"1\",\"status\":\"draft|published\"}", "/status", "bad_choice", NULL},
        {"{\"id\":\"1\",\"status\":\"\"}", "/status", "bad_choice", NULL},
        {"{\"id\":\"1\",\"status\":\"clos\"}", "/status", "bad_choice", NULL},
    };

    assert_faults(*state, bad, ARRAY_LENGTH(bad));
}

/* 200 characters of three bytes each */
static void add_long_text(struct buffer *json, const char *before, const char *after)
{
    buffer_clear(json);
    buffer_add_text(json, before);
    for (int i = 0; i < 200; i++)
        buffer_add_text(json, "邻");
    buffer_add_text(json, after);
}

static void texts_that_do_not_fit_are_named(void **state)
{
    static const struct bad bad[] = {
        {"{\"id\":\"1\",\"title\":\"邻\"}", "/title", "too_short", "2..4"},
        {"{\"id\":\"1\",\"title\":\"邻里互助会\"}", "/title", "too_long", "2..4"},
        {"{\"id\":\"1\",\"title\":\"a\\u0007b\"}", "/title", "bad_text", NULL},
        {"{\"id\":\"1\",\"title\":\"a\\rb\"}", "/title", "bad_text", NULL},
        {"{\"id\":\"1\",\"title\":\"a\\u007fb\"}", "/title", "bad_text", NULL},
        {"{\"id\":\"1\",\"title\":\"a\\u009bb\"}", "/title", "bad_text", NULL},
    };
    struct buffer json = {0};
    struct json_fault fault;
    struct request out;

    assert_faults(*state, bad, ARRAY_LENGTH(bad));
    add_long_text(&json, "{\"id\":\"1\",\"note\":\"", "\"}");
    assert_true(read(*state, json.data, &out, &fault)); /* 200 characters, not bytes */
    add_long_text(&json, "{\"id\":\"1\",\"note\":\"", "x\"}");
    assert_false(read(*state, json.data, &out, &fault));
    buffer_free(&json);
    assert_string_equal(fault.code, "too_long");
    assert_string_equal(fault.expected, "0..200");
}

static void a_text_that_is_no_utf8_or_has_nul_is_refused(void **state)
{
    static const struct text evil[] = {{"a\xFFz", 3}, {"a\0z", 3}, {"\xED\xA0\x80", 3}};
    struct json_fault fault;
    struct request out;

    for (size_t i = 0; i < ARRAY_LENGTH(evil); i++) {
        json_t *object = json_object();
        json_object_set_new(object, "id", json_string("1"));
        json_object_set_new(object, "note", json_stringn_nocheck(evil[i].data, evil[i].length));
        assert_false(json_fields_read(fields, object, *state, &out, &fault));
        assert_string_equal(fault.code, "bad_text");
        json_decref(object);
    }
}

static void lists_that_do_not_fit_are_named(void **state)
{
    static const struct bad bad[] = {
        {"{\"id\":\"1\",\"members\":{}}", "/members", "wrong_type", "array"},
        {"{\"id\":\"1\",\"members\":[\"1\",2]}", "/members/1", "wrong_type", "string"},
        {"{\"id\":\"1\",\"members\":[\"x\"]}", "/members/0", "bad_id", "1..9007199254740991"},
        {"{\"id\":\"1\",\"members\":[\"1\",\"2\",\"3\"]}", "/members", "too_long", "0..2"},
        {"{\"id\":\"1\",\"items\":[]}", "/items", "too_short", "1..3"},
        {"{\"id\":\"1\",\"items\":[{},{},{},{}]}", "/items", "too_long", "1..3"},
        {"{\"id\":\"1\",\"items\":[7]}", "/items/0", "not_an_object", "object"},
        {"{\"id\":\"1\",\"items\":[{\"price\":\"1\"},{}]}", "/items/1/price", "missing",
         "0.01..100.00"},
        {"{\"id\":\"1\",\"items\":[{\"price\":\"1\",\"tags\":[\"1\",\"0\"]}]}", "/items/0/tags/1",
         "bad_id", NULL},
        {"{\"id\":\"1\",\"items\":[{\"price\":\"1\",\"na/m~e\":7}]}", "/items/0/na~1m~0e",
         "wrong_type", "string"},
        {"{\"id\":\"1\",\"items\":[{\"prize\":\"1\"}]}", "/items/0/prize", "unknown_field",
         "price|na/m~e|tags"},
    };

    assert_faults(*state, bad, ARRAY_LENGTH(bad));
}

static void unknown_fields_are_named_safely(void **state)
{
    static const struct bad bad[] = {
        {"{\"prcie\":\"1\"}", "/prcie", "unknown_field",
         "id|price|change|count|open|note|title|begins|day|status|items|members"},
        {"{\"\":1}", "/", "unknown_field", NULL},
        {"{\"~/~\":1}", "/~0~1~0", "unknown_field", NULL},
    };
    struct buffer json = {0};
    struct json_fault fault;
    struct request out;

    assert_faults(*state, bad, ARRAY_LENGTH(bad));
    add_long_text(&json, "{\"", "\":1}");
    assert_false(read(*state, json.data, &out, &fault));
    buffer_free(&json);
    json_t *shown = json_string(fault.pointer); /* valid UTF-8, though it was cut */
    assert_non_null(shown);
    json_decref(shown);
    assert_in_range(strlen(fault.pointer), 120, sizeof(fault.pointer) - 1);
}

/* Whatever is left out or damaged of a right object, the answer is a fault that is filled. */
static void a_fault_is_always_whole(void **state)
{
    static const char *const values[] = {"null", "true", "-1",     "1e400", "\"\"",
                                         "[]",   "{}",   "[[[]]]", "0.5",   "\"\\u0001\""};

    for (const struct json_field *field = fields; field->type != JSON_FIELD_END; field++) {
        for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
            struct json_fault fault = {0};
            struct request out = {0};
            char json[100];
            snprintf(json, sizeof(json), "{\"%s\":%s%s}", field->name, values[i],
                     strcmp(field->name, "id") ? ",\"id\":\"1\"" : "");
            json_t *object = json_loads(json, 0, NULL);
            if (object && !json_fields_read(fields, object, *state, &out, &fault)) {
                assert_non_null(fault.code);
                assert_int_equal(fault.pointer[0], '/');
                assert_int_not_equal(fault.expected[0], '\0');
            }
            json_decref(object);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(what_is_left_out_stays_zero),
        cmocka_unit_test(scalars_that_do_not_fit_are_named),
        cmocka_unit_test(texts_that_do_not_fit_are_named),
        cmocka_unit_test(a_text_that_is_no_utf8_or_has_nul_is_refused),
        cmocka_unit_test(lists_that_do_not_fit_are_named),
        cmocka_unit_test(unknown_fields_are_named_safely),
        cmocka_unit_test(a_fault_is_always_whole),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
