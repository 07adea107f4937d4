#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linli/plugin_test.h>

extern const struct linli_plugin linli_plugin;
static struct linli_test test;

static enum linli_verdict check(int64_t day, int64_t month, int64_t spent, int64_t points)
{
    linli_test_fact(&test, "member.redemptions_24h", day);
    linli_test_fact(&test, "member.redemptions_30d", month);
    linli_test_fact(&test, "member.points_spent_30d", spent);
    return linli_test_check(&test, &(struct linli_event){.kind = LINLI_REDEEM, .points = points});
}

static void test_counts_the_one_that_is_asked_about(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, "most_24h=5 most_30d=10 points_30d=100"));
    assert_int_equal(check(4, 4, 0, 100), LINLI_ALLOW);
    assert_int_equal(check(5, 5, 0, 100), LINLI_FLAG);
    assert_string_equal(test.opinion.reason.code, "many_redemptions_in_a_day");
    assert_int_equal(check(0, 9, 0, 100), LINLI_ALLOW);
    assert_int_equal(check(0, 10, 0, 100), LINLI_FLAG);
    assert_string_equal(test.opinion.reason.code, "many_redemptions_in_a_month");
    assert_int_equal(check(0, 0, 9900, 100), LINLI_ALLOW);
    assert_int_equal(check(0, 0, 9901, 100), LINLI_FLAG);
    assert_string_equal(test.opinion.reason.code, "many_points_in_a_month");
}

static void test_an_hour_is_narrower_than_a_day(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, ""));
    linli_test_fact(&test, "member.redemptions_1h", 4);
    assert_int_equal(check(9, 9, 0, 100), LINLI_ALLOW);
    linli_test_fact(&test, "member.redemptions_1h", 5);
    assert_int_equal(check(5, 5, 0, 100), LINLI_FLAG);
    assert_string_equal(test.opinion.reason.code, "many_redemptions_in_an_hour");
}

static void test_denies_only_where_told_to(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, ""));
    assert_int_equal(check(900, 900, 0, 100), LINLI_FLAG);
    assert_true(linli_test_start(&test, &linli_plugin, "deny_24h=20"));
    assert_int_equal(check(20, 20, 0, 100), LINLI_DENY);
}

static void test_refuses_to_deny_before_it_asks(void **state)
{
    (void)state;
    assert_false(linli_test_start(&test, &linli_plugin, "deny_24h=4"));
    assert_non_null(strstr(test.why, "deny_24h"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_the_one_that_is_asked_about),
        cmocka_unit_test(test_an_hour_is_narrower_than_a_day),
        cmocka_unit_test(test_denies_only_where_told_to),
        cmocka_unit_test(test_refuses_to_deny_before_it_asks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
