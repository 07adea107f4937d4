#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linli/plugin_test.h>

extern const struct linli_plugin linli_plugin;
static struct linli_test test;

#define DAY_US INT64_C(86400000000)

static const char *rate_member(int64_t activities)
{
    linli_test_fact(&test, "period.activities", activities);
    return linli_test_rate(&test, &(struct linli_rate_question){.scope = LINLI_OF_MEMBER});
}

static void start(const char *settings)
{
    assert_true(linli_test_start(&test, &linli_plugin, settings));
    linli_test_fact(&test, "period.registration_due", 100 * DAY_US);
    linli_test_fact(&test, "period.registered_at", 99 * DAY_US);
}

static void test_in_time_and_often_enough_is_qualified(void **state)
{
    (void)state;
    start("");
    assert_string_equal(rate_member(4), "qualified");
    assert_int_equal(test.rating.reason_count, 1);
    assert_string_equal(rate_member(2), "not_qualified");
    assert_string_equal(test.rating.reasons[0].code, "too_few_activities");
    assert_int_equal(test.rating.missing[0], 2);
    assert_string_equal(test.rating.reasons[1].code, "took_part");
}

static void test_late_is_not_qualified(void **state)
{
    (void)state;
    start("");
    linli_test_fact(&test, "period.registered_at", 100 * DAY_US);
    assert_string_equal(rate_member(4), "not_qualified");
    assert_string_equal(test.rating.reasons[0].code, "registered_late");
    start("registration=false");
    linli_test_fact(&test, "period.registered_at", 100 * DAY_US);
    assert_string_equal(rate_member(4), "qualified");
}

static void test_never_registered_is_not_qualified(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, ""));
    linli_test_fact(&test, "period.registration_due", 100 * DAY_US);
    assert_string_equal(rate_member(9), "not_qualified");
    assert_string_equal(test.rating.reasons[0].code, "not_registered");
    assert_int_equal(test.rating.missing[0], 1);
}

static void test_exempt_and_not_due_are_reported_only(void **state)
{
    (void)state;
    start("");
    linli_test_fact(&test, "period.exempt", 1);
    assert_string_equal(rate_member(0), "exempt");
    assert_true(linli_test_start(&test, &linli_plugin, ""));
    assert_string_equal(rate_member(0), "reported");
    assert_true(linli_test_start(&test, &linli_plugin, "only_due=false registration=false"));
    assert_string_equal(rate_member(4), "qualified");
}

static void test_a_day_in_the_settings_is_a_local_one(void **state)
{
    (void)state;
    start("");
    test.settings[3].number = 50; /* registration_due */
    test.settings[3].known = 1;
    struct linli_setup setup = {sizeof setup, linli_plugin.setting_count, test.settings, NULL};
    assert_true(linli_plugin.start(&setup, &test.state));
    linli_test_fact(&test, "period.registered_at", 51 * DAY_US - 8 * 3600 * INT64_C(1000000) - 1);
    assert_string_equal(rate_member(4), "qualified");
    linli_test_fact(&test, "period.registered_at", 51 * DAY_US - 8 * 3600 * INT64_C(1000000));
    assert_string_equal(rate_member(4), "not_qualified");
}

static const char *rate_unit(int64_t rated, int64_t failing)
{
    linli_test_fact(&test, "run.members_rated", rated);
    linli_test_fact(&test, "run.members_failing", failing);
    return linli_test_rate(&test, &(struct linli_rate_question){.scope = LINLI_OF_UNIT});
}

static void test_one_below_makes_the_unit_ineligible(void **state)
{
    (void)state;
    start("");
    assert_string_equal(rate_unit(12, 0), "eligible");
    assert_string_equal(rate_unit(12, 1), "ineligible");
    assert_int_equal(test.rating.missing[0], 1);
    assert_string_equal(rate_unit(0, 0), "");
    start("failing_most=1");
    assert_string_equal(rate_unit(12, 1), "eligible");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_time_and_often_enough_is_qualified),
        cmocka_unit_test(test_late_is_not_qualified),
        cmocka_unit_test(test_never_registered_is_not_qualified),
        cmocka_unit_test(test_exempt_and_not_due_are_reported_only),
        cmocka_unit_test(test_a_day_in_the_settings_is_a_local_one),
        cmocka_unit_test(test_one_below_makes_the_unit_ineligible),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
