#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linli/plugin_test.h>

extern const struct linli_plugin linli_plugin;
static struct linli_test test;

static enum linli_verdict check(int64_t points)
{
    return linli_test_check(&test, &(struct linli_event){.kind = LINLI_REDEEM, .points = points});
}

static void test_young_accounts_begin_small(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, "days=7 points=20"));
    linli_test_fact(&test, "member.age_days", 6);
    assert_int_equal(check(2000), LINLI_ALLOW);
    assert_int_equal(check(2001), LINLI_FLAG);
    assert_string_equal(test.opinion.reason.code, "young_account");
    linli_test_fact(&test, "member.age_days", 7);
    assert_int_equal(check(2001), LINLI_ALLOW);
}

static void test_a_pause_between_two(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, "seconds=60"));
    assert_int_equal(check(100), LINLI_ALLOW);
    linli_test_fact(&test, "member.seconds_since_redemption", 59);
    assert_int_equal(check(100), LINLI_FLAG);
    linli_test_fact(&test, "member.seconds_since_redemption", 60);
    assert_int_equal(check(100), LINLI_ALLOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_young_accounts_begin_small),
        cmocka_unit_test(test_a_pause_between_two),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
