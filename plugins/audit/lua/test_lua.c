#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linli/plugin_test.h>
#include <time.h>

extern const struct linli_plugin linli_plugin;
static struct linli_test test;

static const struct linli_event redemption = {
    .kind = LINLI_REDEEM, .event = 7, .member = 8, .points = 6000, .at_us = 1780704000000000};

/* --- Help --- */

static bool start_with(const char *script, const char *settings)
{
    struct linli_room why = {test.why, sizeof test.why - 1, 0};
    struct linli_setup setup = {sizeof setup, linli_plugin.setting_count, test.settings, &why};

    assert_true(linli_test_start(&test, &linli_plugin, settings));
    test.settings[0].text = (struct linli_text){script, strlen(script)};
    return linli_plugin.start(&setup, &test.state);
}

static void begin(const char *script)
{
    if (!start_with(script, ""))
        fail_msg("%s", test.why);
}

static enum linli_verdict ask(void)
{
    return linli_test_check(&test, &redemption);
}

/* The script's body, once; what it ends with is in the reason. */
static void fails(const char *body, const char *words)
{
    char script[2048];

    snprintf(script, sizeof script, "function check(event, facts)\n%s\nend", body);
    begin(script);
    assert_int_equal(ask(), LINLI_FLAG);
    assert_string_equal(test.opinion.reason.code, "script_failed");
    if (!strstr(test.opinion.reason.en.bytes, words))
        fail_msg("'%s' is not in: %s", words, test.opinion.reason.en.bytes);
}

/* The body's value, as the script's own words. */
static void says(const char *body, const char *expected)
{
    char script[2048];

    snprintf(script, sizeof script,
             "local function answer(event, facts)\n%s\nend\n"
             "function check(event, facts)\n"
             "return 'flag', 'said', 'zh', tostring(answer(event, facts))\nend",
             body);
    begin(script);
    assert_int_equal(ask(), LINLI_FLAG);
    assert_string_equal(test.opinion.reason.en.bytes, expected);
}

static void begin_example(const char *name)
{
    static char script[8192];
    char path[512];
    FILE *file;

    snprintf(path, sizeof path, PLUGIN_FOLDER "/examples/%s.lua", name);
    file = fopen(path, "r");
    assert_non_null(file);
    script[fread(script, 1, sizeof script - 1, file)] = '\0';
    fclose(file);
    begin(script);
}

/* --- What it is for --- */

static void test_flags_and_denies_in_the_scripts_words(void **state)
{
    (void)state;
    begin("function check(e, f) return 'deny', 'too_much', '太多', 'too much' end");
    assert_int_equal(ask(), LINLI_DENY);
    assert_string_equal(test.opinion.reason.code, "too_much");
    assert_string_equal(test.opinion.reason.zh.bytes, "太多");
    assert_string_equal(test.opinion.reason.en.bytes, "too much");
    begin("function check() end");
    assert_int_equal(ask(), LINLI_ALLOW);
    assert_true(linli_test_start(&test, &linli_plugin, "")); /* the default */
    assert_int_equal(ask(), LINLI_ALLOW);
}

static void test_knows_the_event_and_the_facts(void **state)
{
    (void)state;
    says("return event.kind .. event.id .. event.member .. event.points", "redeem786000");
    says("return event.hour .. ' ' .. event.weekday", "8 6"); /* Saturday 2026-06-06, Foshan */
    says("return event.actor", "nil");
    says("return facts['member.age_days']", "nil");
    begin("function check(e, f) if f['member.age_days'] == 3 and f['record.stated'] == false then"
          " return 'flag', 'a', 'b', 'c' end end");
    linli_test_fact(&test, "member.age_days", 3);
    linli_test_fact(&test, "record.stated", 0);
    assert_int_equal(ask(), LINLI_FLAG);
    fails("return facts['member.age']", "no fact 'member.age' for scripts");
}

static void test_a_script_that_cannot_be_read_is_refused_with_its_line(void **state)
{
    (void)state;
    assert_false(start_with("function check(event)\n  if then\nend", ""));
    assert_non_null(strstr(test.why, "script:2:"));
    assert_false(start_with("x = 1", ""));
    assert_non_null(strstr(test.why, "no function check"));
    assert_false(start_with("\n\nerror('not today')", ""));
    assert_non_null(strstr(test.why, "script:3: not today"));
    assert_false(start_with("while true do end", ""));
    assert_non_null(strstr(test.why, "steps"));
    assert_false(start_with("\x1bLua", "")); /* compiled code is not checked by Lua */
    begin("check = string.rep");             /* of an event: nonsense, but no crash */
    assert_int_equal(ask(), LINLI_FLAG);
}

static void test_errors_flag_or_allow(void **state)
{
    (void)state;
    fails("return nil + 1", "script:2: attempt to perform arithmetic");
    fails("error({})", "raised a table");
    fails("error('坏')", "script:2: ???");
    assert_true(start_with("function check() error('x') end", "on_error=allow"));
    assert_int_equal(ask(), LINLI_ALLOW);
    assert_int_equal(test.opinion.reason.zh.length, 0);
}

static void test_answers_that_are_none(void **state)
{
    (void)state;
    fails("return 'hold'", "check returned hold");
    fails("return {}", "check returned table");
    fails("return 'flag'", "a code has");
    fails("return 'flag', 'Bad code', 'zh', 'en'", "a code has");
    fails("return 'flag', 'code', 'zh'", "sentence in English");
    fails("return 'flag', 'code', '', 'en'", "sentence in Chinese");
    fails("return 'flag', 'code', '\\xff', 'en'", "not UTF-8");
    fails("return 'flag', 'code', 'a\\nb', 'en'", "control characters");
}

/* --- Hostile scripts --- */

static void test_nothing_is_remembered(void **state)
{
    static const char *const scripts[] = {
        "count = 0 function check() count = count + 1 if count > 1 then",
        "local count = 0 function check() count = count + 1 if count > 1 then",
        "local t = {} function check() t[#t + 1] = 1 if #t > 1 then",
        "function check() local seen = string.seen string.seen = true if seen then",
        "function check(e, f) local s = math.abs math.abs = 7 if s == 7 then",
        "function check(e, f) local old = check check = nil _ENV.x = old if not old then",
        "local n = 0 local function g() n = n + 1 return n end function check() if g() > 1 then",
    };
    char script[1024];

    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        snprintf(script, sizeof script, "%s return 'flag', 'kept', 'zh', 'en' end end", scripts[i]);
        begin(script);
        for (int again = 0; again < 3; again++)
            if (ask() != LINLI_ALLOW)
                fail_msg("it remembers: %s", script);
    }
}

static void test_what_could_escape_is_not_there(void **state)
{
    static const char *const names[] = {
        "os",
        "io",
        "debug",
        "package",
        "require",
        "load",
        "loadstring",
        "dofile",
        "loadfile",
        "collectgarbage",
        "print",
        "pcall",
        "xpcall",
        "coroutine",
        "setmetatable",
        "getmetatable",
        "next",
        "rawset",
        "_G",
        "warn",
        "math.random",
        "math.exp",
        "string.find",
        "string.match",
        "string.gmatch",
        "string.gsub",
        "string.pack",
        "string.unpack",
        "string.dump",
        "math.randomseed",
        "math.sin",
        "string.packsize",
    };
    char body[128];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(body, sizeof body, "return %s", names[i]);
        says(body, "nil");
    }
    fails("return ('x'):find('x')", "attempt to call a nil value");
    fails("local t <close> = {} return t", "non-closable");
}

static void test_addresses_are_not_told(void **state)
{
    (void)state;
    says("return tostring({})", "table");
    says("return tostring(check)", "function");
    fails("return string.format('%s', {})", "a text, a number");
    fails("return string.format('%-8p', 'x')", "%p");
}

static void test_pairs_go_the_same_way_everywhere(void **state)
{
    (void)state;
    says("local s = '' for k, v in pairs({b = 2, a = 1, [3] = 0, [true] = 9, [1.5] = 4, z = 3})"
         " do s = s .. tostring(k) .. v .. ' ' end return s",
         "1.54 30 a1 b2 z3 true9 ");
    says("local t, s = {a = 1, b = 2, c = 3}, '' for k in pairs(t) do t.b = nil s = s .. k end"
         " return s",
         "ac");
    fails("for k in pairs({[{}] = 1}) do end", "a key that is a table");
}

/* Loops of all kinds; at C's speed too, where no hook runs. */
static void test_nothing_runs_away(void **state)
{
    static const char *const bodies[] = {
        "while true do end",
        "::again:: goto again",
        "repeat until false",
        "for i = 1, math.maxinteger do local x = i end",
        "local function f() return f() end f()",
        "local function f() f() end f()",
        "local function f() return 1 + f() end f()",
        "return ('x'):rep(1e9)",
        "return ('x'):rep(1024, ('y'):rep(1024))",
        "return (''):rep(math.maxinteger)",
        "return (''):rep(math.maxinteger, '')",
        "local s = 'x' while true do s = s .. s end",
        "local t = {} while true do t[#t + 1] = {} end",
        "local t = {} for i = 1, math.maxinteger do t[i * 7] = i end",
        "table.move({}, 1, math.maxinteger, 2)",
        "table.move({}, math.mininteger, -1, 2)",
        "table.concat({}, '', 1, math.maxinteger)",
        "table.unpack({}, 1, 1e6)",
        "table.unpack({}, math.mininteger, math.maxinteger)",
        "local t = {} for i = 1, 101 do t[i] = i end table.sort(t)",
        "table.sort({3, 1, 2}, function() while true do end end)",
        "local function f(a, b) table.sort({1, 2, 3}, f) return a < b end table.sort({1, 2}, f)",
        "local t = {1} while true do table.insert(t, 1, 1) end",
        "while true do string.format(('%99.99f'):rep(9), 1e308) end",
        "while true do string.format('%99.99f%99.99f', 1, 2) end",
        "local function f(...) return f(1, ...) end f()",
        "local t = {} for i = 1, 99 do t[i] = i end while true do select(-1, table.unpack(t)) end",
        "for c in utf8.codes(('x'):rep(1024)) do while true do end end",
        "local a, b = ('\\0'):rep(1024), ('\\0'):rep(1024) while true do local c = a .. 1 < b end",
        "for k in pairs({1, 2}) do while true do end end",
        "while true do tostring(('x'):rep(1000)) end",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        clock_t begun = clock();

        fails(bodies[i], "");
        if (clock() - begun > CLOCKS_PER_SEC / 10)
            fail_msg("%ld us: %s", (long)(clock() - begun), bodies[i]);
    }
}

static void test_says_what_was_too_much(void **state)
{
    (void)state;
    fails("while true do end", "script:2: it takes more than 10000 steps");
    fails("return ('x'):rep(1024) .. 'y'", "a string of more than 1024 bytes");
    fails("local s, n = ('x'):rep(1000), 0 while true do n = n + 1 local t = s .. n end",
          "KiB of memory");
    fails("local t = {[0] = 1} t[t] = t t.x.y = 1", "attempt to index a nil value");
}

static void test_after_the_worst_the_next_question_is_fine(void **state)
{
    (void)state;
    begin("function check(e) if e.points == 1 then local t = {} while true do t = {t} end end"
          " return 'flag', 'fine', 'zh', 'en' end");
    for (int i = 0; i < 1000; i++) {
        struct linli_event event = {.kind = LINLI_REDEEM, .points = i % 2};

        linli_test_check(&test, &event);
        assert_string_equal(test.opinion.reason.code, i % 2 ? "script_failed" : "fine");
    }
}

static void test_a_long_script_has_room(void **state)
{
    static char script[32768];
    size_t length = 0;

    (void)state;
    while (length < sizeof script - 100)
        length += (size_t)snprintf(script + length, 100, "v%zu={%zu,'%zu'}\n", length, length,
                                   length + 1);
    snprintf(script + length, sizeof script - length, "function check() end");
    if (!start_with(script, "steps=100000"))
        fail_msg("%s", test.why);
    assert_int_equal(ask(), LINLI_ALLOW);
    for (length = 0; length < sizeof script - 1; length++)
        script[length] = '(';
    assert_false(start_with(script, ""));
}

/* --- The examples --- */

static void test_example_new_account(void **state)
{
    (void)state;
    begin_example("new_account");
    linli_test_fact(&test, "member.age_days", 6);
    assert_int_equal(ask(), LINLI_FLAG);
    assert_string_equal(test.opinion.reason.en.bytes,
                        "the account is 6 days old and has spent 60 points");
    linli_test_fact(&test, "member.age_days", 7);
    assert_int_equal(ask(), LINLI_ALLOW);
}

static void test_example_counter_at_night(void **state)
{
    struct linli_event event = redemption;

    (void)state;
    begin_example("counter_at_night");
    event.kind = LINLI_CONFIRM;
    event.merchant = 5;
    assert_int_equal(linli_test_check(&test, &event), LINLI_ALLOW);
    event.at_us += INT64_C(14) * 3600 * 1000000;
    assert_int_equal(linli_test_check(&test, &event), LINLI_FLAG);
    assert_string_equal(test.opinion.reason.zh.bytes, "22 点核销，商家编号 5");
}

static void test_example_doubtful_record(void **state)
{
    const struct linli_event event = {.kind = LINLI_EARN, .minutes = 60, .grade = 4};

    (void)state;
    begin_example("doubtful_record");
    linli_test_fact(&test, "record.in_range", 0);
    linli_test_fact(&test, "record.backfilled", 1);
    assert_int_equal(linli_test_check(&test, &event), LINLI_ALLOW);
    linli_test_fact(&test, "record.stated", 1);
    assert_int_equal(linli_test_check(&test, &event), LINLI_FLAG);
    assert_string_equal(test.opinion.reason.zh.bytes,
                        "签到不在地点范围内，离开时间为事后补报，事后补录");
}

static void test_example_refund_after_weeks(void **state)
{
    const struct linli_event event = {.kind = LINLI_REFUND};

    (void)state;
    begin_example("refund_after_weeks");
    assert_int_equal(linli_test_check(&test, &event), LINLI_ALLOW);
    linli_test_fact(&test, "redemption.seconds_since_issue", 8 * 86400);
    assert_int_equal(linli_test_check(&test, &event), LINLI_FLAG);
    linli_test_fact(&test, "redemption.seconds_since_issue", 31 * 86400);
    assert_int_equal(linli_test_check(&test, &event), LINLI_DENY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flags_and_denies_in_the_scripts_words),
        cmocka_unit_test(test_knows_the_event_and_the_facts),
        cmocka_unit_test(test_a_script_that_cannot_be_read_is_refused_with_its_line),
        cmocka_unit_test(test_errors_flag_or_allow),
        cmocka_unit_test(test_answers_that_are_none),
        cmocka_unit_test(test_nothing_is_remembered),
        cmocka_unit_test(test_what_could_escape_is_not_there),
        cmocka_unit_test(test_addresses_are_not_told),
        cmocka_unit_test(test_pairs_go_the_same_way_everywhere),
        cmocka_unit_test(test_nothing_runs_away),
        cmocka_unit_test(test_says_what_was_too_much),
        cmocka_unit_test(test_after_the_worst_the_next_question_is_fine),
        cmocka_unit_test(test_a_long_script_has_room),
        cmocka_unit_test(test_example_new_account),
        cmocka_unit_test(test_example_counter_at_night),
        cmocka_unit_test(test_example_doubtful_record),
        cmocka_unit_test(test_example_refund_after_weeks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
