#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linli/plugin_test.h>

extern const struct linli_plugin linli_plugin;
static struct linli_test test;

static enum linli_verdict check(int64_t met)
{
    linli_test_fact(&test, "pair.redemptions_30d", met);
    return linli_test_check(&test, &(struct linli_event){.kind = LINLI_CONFIRM});
}

static void test_regulars_are_welcome(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, ""));
    assert_int_equal(check(7), LINLI_ALLOW);
    assert_int_equal(check(8), LINLI_FLAG);
    assert_string_equal(test.opinion.reason.code, "same_clerk_and_member");
}

static void test_haste_counts_sooner_and_longer(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, ""));
    linli_test_fact(&test, "redemption.seconds_since_issue", 60);
    linli_test_fact(&test, "pair.hasty_90d", 1);
    assert_int_equal(check(1), LINLI_ALLOW);
    linli_test_fact(&test, "pair.hasty_90d", 2);
    assert_int_equal(check(0), LINLI_FLAG);
    assert_string_equal(test.opinion.reason.code, "hasty_confirmations");
    linli_test_fact(&test, "redemption.seconds_since_issue", 61);
    assert_int_equal(check(0), LINLI_ALLOW);
}

static void test_what_is_not_known_is_no_haste(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, ""));
    linli_test_fact(&test, "pair.hasty_90d", 5);
    assert_int_equal(check(5), LINLI_ALLOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regulars_are_welcome),
        cmocka_unit_test(test_haste_counts_sooner_and_longer),
        cmocka_unit_test(test_what_is_not_known_is_no_haste),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
