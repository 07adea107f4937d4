#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linli/plugin_test.h>

extern const struct linli_plugin linli_plugin;
static struct linli_test test;

static enum linli_verdict check(int64_t others, int64_t minutes)
{
    linli_test_fact(&test, "record.minutes_today", others);
    return linli_test_check(&test, &(struct linli_event){.kind = LINLI_EARN, .minutes = minutes});
}

static void test_adds_the_days_records(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, "minutes=480"));
    assert_int_equal(check(420, 60), LINLI_ALLOW);
    assert_int_equal(check(421, 60), LINLI_FLAG);
    assert_string_equal(test.opinion.reason.code, "long_day");
    assert_string_equal(test.opinion.reason.en.bytes, "481 minutes of service on one day");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adds_the_days_records),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
