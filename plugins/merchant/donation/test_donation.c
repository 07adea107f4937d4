#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linli/plugin_test.h>

extern const struct linli_plugin linli_plugin;
static struct linli_test test;

static void test_is_given_at_once_with_thanks(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, "thanks_en=Thanks"));
    assert_int_equal(
        linli_test_step(&test, &(struct linli_step_question){.operation = LINLI_RESERVE}),
        LINLI_DONE);
    assert_int_equal(test.step.voucher.length, 0);
    assert_memory_equal(test.step.reason.en.bytes, "Thanks", 6);
    assert_true(linli_plugin.merchant->ways & LINLI_CONFIRMS_AT_ONCE);
    assert_false(linli_plugin.merchant->can_undo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_given_at_once_with_thanks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
