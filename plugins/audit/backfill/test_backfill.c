#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linli/plugin_test.h>

extern const struct linli_plugin linli_plugin;
static struct linli_test test;

#define HOUR_US INT64_C(3600000000)

/* 2026-06-06 at that hour in Foshan, eight hours east. */
static enum linli_verdict check(int hour, uint32_t grade, int64_t minutes)
{
    struct linli_event event = {.kind = LINLI_EARN,
                                .grade = grade,
                                .minutes = minutes,
                                .at_us = INT64_C(1780704000) * 1000000 + (hour - 8) * HOUR_US};

    return linli_test_check(&test, &event);
}

static void test_only_what_was_entered_afterwards(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, ""));
    assert_int_equal(check(2, 3, 900), LINLI_ALLOW);
    assert_int_equal(check(10, 4, 240), LINLI_ALLOW);
    assert_int_equal(check(10, 4, 241), LINLI_FLAG);
    assert_string_equal(test.opinion.reason.code, "long_backfill");
}

static void test_night_is_from_eleven_to_six(void **state)
{
    static const struct {
        int hour;
        enum linli_verdict verdict;
    } cases[] = {
        {22, LINLI_ALLOW}, {23, LINLI_FLAG}, {0, LINLI_FLAG}, {5, LINLI_FLAG}, {6, LINLI_ALLOW}};

    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, ""));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(check(cases[i].hour, 4, 60), cases[i].verdict);
    assert_true(linli_test_start(&test, &linli_plugin, "at_night=false"));
    assert_int_equal(check(23, 4, 60), LINLI_ALLOW);
}

static void test_late_often_and_by_the_dozen(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, ""));
    linli_test_fact(&test, "record.entered_after_minutes", 30 * 24 * 60 + 1);
    assert_int_equal(check(10, 4, 60), LINLI_FLAG);
    assert_string_equal(test.opinion.reason.code, "late_backfill");
    linli_test_fact(&test, "record.entered_after_minutes", 60);
    linli_test_fact(&test, "pair.records_30d", 6);
    assert_int_equal(check(10, 4, 60), LINLI_FLAG);
    assert_string_equal(test.opinion.reason.code, "same_reviewer_and_member");
    linli_test_fact(&test, "pair.records_30d", 0);
    linli_test_fact(&test, "actor.approvals_1h", 60);
    assert_int_equal(check(10, 4, 60), LINLI_FLAG);
    assert_string_equal(test.opinion.reason.code, "approved_by_the_dozen");
}

static void test_signing_up_afterwards_is_entering_afterwards(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, ""));
    assert_int_equal(check(10, 3, 60), LINLI_ALLOW); /* never signed up: a paper list */
    linli_test_fact(&test, "record.signed_up_after_minutes", 59);
    assert_int_equal(check(10, 3, 60), LINLI_ALLOW);
    linli_test_fact(&test, "record.signed_up_after_minutes", 60);
    assert_int_equal(check(10, 3, 60), LINLI_FLAG);
    assert_string_equal(test.opinion.reason.code, "signed_up_afterwards");
    assert_true(linli_test_start(&test, &linli_plugin, "signed_up_minutes=0"));
    linli_test_fact(&test, "record.signed_up_after_minutes", 300);
    assert_int_equal(check(10, 3, 60), LINLI_ALLOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_what_was_entered_afterwards),
        cmocka_unit_test(test_night_is_from_eleven_to_six),
        cmocka_unit_test(test_signing_up_afterwards_is_entering_afterwards),
        cmocka_unit_test(test_late_often_and_by_the_dozen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
