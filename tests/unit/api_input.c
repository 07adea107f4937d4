#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/input.h"

struct search {
    uint64_t unit;
    uint64_t cursor;
    int64_t limit;
    bool open;
    struct text name;
    int state;
    int32_t day;
    struct json_list ids;
};

static const struct json_field search_fields[] = {
    {"unit", JSON_ID, OPTIONAL, offsetof(struct search, unit)},
    {"cursor", JSON_ID, OPTIONAL, offsetof(struct search, cursor)},
    {"limit", JSON_INT, OPTIONAL, offsetof(struct search, limit), .min = 1, .max = 100},
    {"open", JSON_FLAG, OPTIONAL, offsetof(struct search, open)},
    {"name", JSON_TEXT, OPTIONAL, offsetof(struct search, name), .max = 10},
    {"state", JSON_CHOICE, OPTIONAL, offsetof(struct search, state), .choices = "draft|published"},
    {"day", JSON_DAY, OPTIONAL, offsetof(struct search, day)},
    {"ids", JSON_IDS, OPTIONAL, offsetof(struct search, ids)},
    {0},
};

static struct arena *arena;

/* Copied to its exact size, so that a sanitizer sees a read behind its end. */
static struct text exactly(const char *text)
{
    size_t length = strlen(text);
    char *copy = memory_new(length + 1);

    memcpy(copy, text, length);
    copy = memory_resize(copy, length ? length : 1, 1);
    return (struct text){copy, length};
}

static bool read(const char *query, struct search *search, struct json_fault *fault)
{
    struct text text = exactly(query);
    bool fine;

    *search = (struct search){0};
    fine = query_string_read(search_fields, text, arena, search, fault);
    /* values may point into the query: compare before it goes */
    if (fine && search->name.data)
        search->name.data = arena_copy(arena, search->name.data, search->name.length);
    free((void *)(uintptr_t)text.data);
    return fine;
}

static void parameters_become_what_their_field_wants(void **state)
{
    struct search search;
    struct json_fault fault;

    (void)state;
    assert_true(read("unit=7&limit=50&open=true&name=%E5%BC%A0+%E4%B8%89&state=published"
                     "&day=2026-11-22&ids=3,5",
                     &search, &fault));
    assert_int_equal(search.unit, 7);
    assert_int_equal(search.limit, 50);
    assert_true(search.open);
    assert_int_equal(search.name.length, strlen("张 三"));
    assert_memory_equal(search.name.data, "张 三", strlen("张 三"));
    assert_int_equal(search.state, 1);
    assert_int_equal(search.day, 20779);
    assert_int_equal(search.ids.count, 2);
    assert_int_equal(((uint64_t *)search.ids.items)[1], 5);
}

static void nothing_asked_is_nothing_read(void **state)
{
    struct search search;
    struct json_fault fault;

    (void)state;
    assert_true(read("", &search, &fault));
    assert_true(read("&&", &search, &fault));
    assert_int_equal(search.limit, 0);
    assert_true(query_string_read(NULL, (struct text){0}, arena, NULL, &fault));
}

static void assert_refused(const char *query, const char *pointer, const char *code)
{
    struct search search;
    struct json_fault fault;

    if (read(query, &search, &fault))
        fail_msg("%s is accepted", query);
    assert_string_equal(fault.pointer, pointer);
    assert_string_equal(fault.code, code);
}

static void wrong_parameters_are_named(void **state)
{
    (void)state;
    assert_refused("limit=0", "/limit", "too_small");
    assert_refused("limit=101", "/limit", "too_large");
    assert_refused("limit=ten", "/limit", "wrong_type");
    assert_refused("limit=1e2", "/limit", "wrong_type");
    assert_refused("limit=", "/limit", "wrong_type");
    assert_refused("limit=5-", "/limit", "wrong_type");
    assert_refused("limit=99999999999999999999", "/limit", "wrong_type");
    assert_refused("open=yes", "/open", "wrong_type");
    assert_refused("open", "/open", "wrong_type");
    assert_refused("unit=x", "/unit", "bad_id");
    assert_refused("state=gone", "/state", "bad_choice");
    assert_refused("day=2026-02-30", "/day", "bad_day");
    assert_refused("unti=7", "/unti", "unknown_field");
    assert_refused("unit=7&unit=8", "/unit", "repeated");
    assert_refused("name=%E5%BC", "/name", "bad_text");
    assert_refused("name=%zz", "/name", "bad_text");
    assert_refused("name=%4", "/name", "bad_text");
    assert_refused("name=a%00b", "/name", "bad_text");
    assert_refused("%00=1", "/", "bad_text");
}

static void a_route_without_parameters_takes_none(void **state)
{
    struct json_fault fault;
    char unused;

    (void)state;
    assert_false(query_string_read(NULL, TEXT("x=1"), arena, &unused, &fault));
    assert_string_equal(fault.code, "unknown_field");
}

static void thirty_two_parameters_are_enough(void **state)
{
    char query[400] = "";
    struct search search;
    struct json_fault fault;

    (void)state;
    for (int i = 0; i < 33; i++)
        snprintf(query + strlen(query), sizeof query - strlen(query), "p%d=1&", i);
    assert_false(read(query, &search, &fault));
    assert_string_equal(fault.code, "too_long");
}

static void assert_body(const char *body, bool accepted)
{
    struct text text = exactly(body);
    struct error error;
    json_t *parsed = body_parse(text, &error);

    if ((parsed != NULL) != accepted)
        fail_msg("%s", body);
    json_decref(parsed);
    free((void *)(uintptr_t)text.data);
}

static void bodies_are_strict_json(void **state)
{
    (void)state;
    assert_body("", true);
    assert_body("{}", true);
    assert_body(" {\"a\": [1, {\"b\": \"[[[[[[[[[[[[[[[[[[[[\"}]} ", true);
    assert_body("{\"a\":1,\"a\":2}", false);
    assert_body("{\"a\":1,}", false);
    assert_body("{\"a\":1} x", false);
    assert_body("{'a':1}", false);
    assert_body("{\"a\":\"\\u0000\"}", false);
    assert_body("{\"a\":\"\xff\"}", false);
    assert_body("\"text\"", false);
    assert_body("{\"a\":\"\\", false);
}

static void bodies_are_shallow(void **state)
{
    (void)state;
    assert_body("[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", true);
    assert_body("[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", false);
    assert_body("[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]", true);
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_become_what_their_field_wants),
        cmocka_unit_test(nothing_asked_is_nothing_read),
        cmocka_unit_test(wrong_parameters_are_named),
        cmocka_unit_test(a_route_without_parameters_takes_none),
        cmocka_unit_test(thirty_two_parameters_are_enough),
        cmocka_unit_test(bodies_are_strict_json),
        cmocka_unit_test(bodies_are_shallow),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
