#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linli/plugin_test.h>

#include "json_look.h"
#include "template.h"

extern const struct linli_plugin linli_plugin;
static struct linli_test test;

#define KEY LINLI_TEXT("linli-7")

static struct linli_step_question question(uint32_t operation)
{
    return (struct linli_step_question){.operation = operation,
                                        .asked_about = LINLI_RESERVE,
                                        .redemption = 42,
                                        .key = KEY,
                                        .item = LINLI_TEXT("tea \"green\""),
                                        .points = 1250,
                                        .reimburse_fen = 900,
                                        .expires_us = INT64_C(1763856000000000)};
}

static void is(struct linli_room room, const char *expected)
{
    assert_int_equal(room.length, strlen(expected));
    assert_memory_equal(room.bytes, expected, room.length);
}

static enum linli_outcome ask(uint32_t operation)
{
    struct linli_step_question asked = question(operation);

    return linli_test_step(&test, &asked);
}

static enum linli_outcome hear(int32_t status, const char *body)
{
    struct linli_step_question asked = question(LINLI_RESERVE);

    asked.status = status;
    asked.response = (struct linli_text){body, strlen(body)};
    return linli_test_step(&test, &asked);
}

static void test_asks_where_the_settings_say_with_values_escaped(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, "base=https://a.example credential=key1"));
    assert_int_equal(ask(LINLI_RESERVE), LINLI_CALL);
    is(test.step.http.method, "PUT");
    is(test.step.http.url, "https://a.example/vouchers/42");
    is(test.step.http.credential, "key1");
    is(test.step.http.body,
       "{\"key\":\"linli-7\",\"operation\":\"reserve\",\"redemption\":\"42\",\"item\":"
       "\"tea \\\"green\\\"\",\"voucher\":\"\",\"points\":12.50,\"fen\":900,\"expires_at\":"
       "1763856000,\"name\":\"\",\"phone\":\"\"}");
    assert_int_equal(ask(LINLI_QUERY), LINLI_CALL);
    is(test.step.http.method, "GET");
    is(test.step.http.url, "https://a.example/operations/linli-7");
    is(test.step.http.body, "");
}

static void test_what_a_merchant_does_not_want_to_hear_is_done(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, "base=https://a.example"));
    assert_int_equal(ask(LINLI_SETTLED), LINLI_DONE);
    assert_true(linli_test_start(&test, &linli_plugin, "base=https://a.example body="));
    assert_int_equal(ask(LINLI_RESERVE), LINLI_CALL);
    is(test.step.http.type, "");
}

/* As linli_test_start reads them: values hold no space. */
static void test_settings_that_will_not_do_are_refused_by_name(void **state)
{
    static const char *const slips[] = {
        "base=http://a.example",
        "base=a.example",
        "base=https://",
        "base=https://user:password@a.example",
        "base=https://user@a.example",
        "base=https://a.example#x",
        "base=https://a.example?x=1",
        "base=https://a.example/",
        "base=https://a.example/x/",
        "base=https://a.example\t",
        "base=https://a\xC3\xA9.example",
        "base=https://a..example",
        "base=https://.example",
        "base=https://a.example.",
        "base=https://a.example:",
        "base=https://a.example:0",
        "base=https://a.example:65536",
        "base=https://a.example:99999999999999999999",
        "base=https://a.example:443x",
        "base=https://[]",
        "base=https://[::1",
        "credential=a\tb",
        "reserve=STEAL",
        "reserve=",
        "confirm=POST",
        "query=",
        "state_at=state",
        "done=",
    };

    (void)state;
    for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++) {
        size_t name = strcspn(slips[i], "=");

        if (linli_test_start(&test, &linli_plugin, slips[i]))
            fail_msg("%s is taken", slips[i]);
        assert_memory_equal(test.why, "setting ", 8);
        assert_memory_equal(test.why + 8, slips[i], name);
        assert_memory_equal(test.why + 8 + name, ": write ", 8);
    }
    assert_true(linli_test_start(&test, &linli_plugin, "base=https://[2400:3200::1]:8443/a/b%20c"));
    assert_true(linli_test_start(&test, &linli_plugin, "base=https://x-1.example:65535 confirm="));
}

/* What the plugin's own settings may leave out, a merchant's may not. */
static void test_a_merchant_without_an_address_is_told_so(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, ""));
    assert_int_equal(ask(LINLI_CONFIRMED), LINLI_UNKNOWN);
    assert_string_equal(test.step.reason.code, "not_configured");
    assert_non_null(strstr(test.step.reason.en.bytes, "base: write https://"));
    assert_true(linli_test_start(&test, &linli_plugin, "base=https://a.example body={item}"));
    assert_int_equal(ask(LINLI_RESERVE), LINLI_UNKNOWN);
    assert_non_null(strstr(test.step.reason.en.bytes, "body: "));
}

static void test_believes_an_answer_that_repeats_the_key(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, ""));
    assert_int_equal(hear(200, "{\"key\":\"linli-7\",\"state\":\"done\",\"voucher\":\"A\\u00e9\","
                               "\"expires_at\":1763856000}"),
                     LINLI_DONE);
    is(test.step.voucher, "A\xC3\xA9");
    assert_true(test.step.expires_us == INT64_C(1763856000000000));
    assert_int_equal(hear(409, "{\"key\":\"linli-7\",\"state\":\"declined\",\"reason\":\"no\"}"),
                     LINLI_DECLINED);
    is(test.step.reason.zh, "no");
    assert_int_equal(hear(409, "{\"key\":\"linli-7\",\"state\":\"declined\"}"), LINLI_DECLINED);
    is(test.step.reason.en, "The shop gave no reason");
    assert_string_equal(test.step.reason.code, "declined");
    assert_int_equal(hear(404, "{\"key\":\"linli-7\",\"state\":\"absent\"}"), LINLI_ABSENT);
    assert_int_equal(hear(200, "{\"key\":\"linli-7\",\"state\":\"later\"}"), LINLI_RETRY);
    assert_int_equal(hear(429, ""), LINLI_RETRY);
}

static void test_anything_else_is_not_known(void **state)
{
    static const char *const bodies[] = {
        "",
        "nonsense",
        "{\"key\":\"linli-7\",\"state\":\"done\"",
        "[]",
        "{\"state\":\"done\"}",
        "{\"key\":\"linli-8\",\"state\":\"done\"}",
        "{\"key\":\"linli-7\",\"state\":{}}",
        "{\"key\":\"linli-7\",\"state\":\"done\",\"voucher\":\"\\n\"}",
        "{\"key\":\"linli-7\",\"state\":\"done\",\"voucher\":\"\xC0\x80\"}",
        "{\"key\":\"linli-7\",\"state\":\"DONE\"} x",
        "{\"key\":\"linli-7\",\"state\":\"\"}"};

    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, ""));
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        assert_int_equal(hear(200, bodies[i]), LINLI_UNKNOWN);
    assert_int_equal(hear(-1, ""), LINLI_UNKNOWN);
    assert_int_equal(hear(502, "{\"key\":\"linli-7\",\"state\":\"done\"}"), LINLI_UNKNOWN);
}

static bool look(const char *json, const char *pointer, const char *expected)
{
    char bytes[64];
    struct linli_room room = {bytes, sizeof bytes, 0};

    if (!json_look((struct linli_text){json, strlen(json)},
                   (struct linli_text){pointer, strlen(pointer)}, &room))
        return false;
    return room.length == strlen(expected) && memcmp(bytes, expected, room.length) == 0;
}

static void test_looks_into_json_by_pointer(void **state)
{
    static const char deep[] = "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]";

    (void)state;
    assert_true(look(" { \"a\" : [ 1 , { \"b/c\" : \"x\\ny\" } ] } ", "/a/1/b~1c", "x\ny"));
    assert_true(look("{\"a\":true,\"b\":-1.5e3}", "/b", "-1.5e3"));
    assert_true(look("{\"\":7}", "/", "7"));
    assert_true(look("\"\\ud83d\\ude00\"", "", "\xF0\x9F\x98\x80"));
    assert_false(look("\"\\ud83d\"", "", ""));
    assert_false(look("{\"a\":1,}", "/a", "1"));
    assert_false(look("{\"a\":{}}", "/a", ""));
    assert_false(look("{\"a\":1}", "/b", ""));
    assert_false(look("[1,2]", "/2", ""));
    assert_false(look("[1,2]", "/-1", ""));
    assert_true(look("[0,-0,10.25,1E+9,true,null]", "/3", "1E+9"));
    assert_false(look("[1,item]", "/0", "1"));
    assert_false(look("[1,01]", "/0", "1"));
    assert_false(look("[1,1.]", "/0", "1"));
    assert_false(look("[1,-]", "/0", "1"));
    assert_false(look("[1,1e]", "/0", "1"));
    assert_false(look(deep, "/0", ""));
}

static void test_a_value_does_not_leave_its_place(void **state)
{
    const struct template_value values[] = {
        {"v", LINLI_TEXT("a/b?c=\"d\"\n")}, {"dots", LINLI_TEXT("..")}, {NULL, {NULL, 0}}};
    char bytes[64];
    struct linli_room room = {bytes, sizeof bytes, 0};

    (void)state;
    assert_true(
        template_write((struct linli_text)LINLI_TEXT("/x/{v}/{w}"), values, IN_PATH, &room));
    is(room, "/x/a%2Fb%3Fc%3D%22d%22%0A/{w}");
    room.length = 0;
    assert_true(template_write((struct linli_text)LINLI_TEXT("\"{v}\""), values, IN_JSON, &room));
    is(room, "\"a/b?c=\\\"d\\\"\\u000A\"");
    assert_false(template_write((struct linli_text)LINLI_TEXT("/{dots}"), values, IN_PATH, &room));
    room.length = room.capacity - 1;
    assert_false(template_write((struct linli_text)LINLI_TEXT("{v}"), values, IN_JSON, &room));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asks_where_the_settings_say_with_values_escaped),
        cmocka_unit_test(test_what_a_merchant_does_not_want_to_hear_is_done),
        cmocka_unit_test(test_settings_that_will_not_do_are_refused_by_name),
        cmocka_unit_test(test_a_merchant_without_an_address_is_told_so),
        cmocka_unit_test(test_believes_an_answer_that_repeats_the_key),
        cmocka_unit_test(test_anything_else_is_not_known),
        cmocka_unit_test(test_looks_into_json_by_pointer),
        cmocka_unit_test(test_a_value_does_not_leave_its_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
