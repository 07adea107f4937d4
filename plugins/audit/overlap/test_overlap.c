#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linli/plugin_test.h>

extern const struct linli_plugin linli_plugin;
static struct linli_test test;

static enum linli_verdict check(int64_t overlap, int64_t minutes)
{
    linli_test_fact(&test, "record.overlap_minutes", overlap);
    return linli_test_check(&test, &(struct linli_event){.kind = LINLI_EARN, .minutes = minutes});
}

static void test_next_door_is_no_offence(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, ""));
    assert_int_equal(check(0, 60), LINLI_ALLOW);
    assert_int_equal(check(5, 60), LINLI_ALLOW);
    assert_int_equal(check(6, 60), LINLI_FLAG);
    assert_string_equal(test.opinion.reason.code, "overlapping_service");
    assert_string_equal(test.opinion.reason.zh.bytes, "与同一人的另一条服务记录重叠 6 分钟");
}

static void test_denies_only_where_told_to(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, ""));
    assert_int_equal(check(60, 60), LINLI_FLAG);
    assert_true(linli_test_start(&test, &linli_plugin, "deny_from_percent=80"));
    assert_int_equal(check(47, 60), LINLI_FLAG);
    assert_int_equal(check(48, 60), LINLI_DENY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next_door_is_no_offence),
        cmocka_unit_test(test_denies_only_where_told_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
