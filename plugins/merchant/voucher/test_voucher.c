#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linli/plugin_test.h>

extern const struct linli_plugin linli_plugin;
static struct linli_test test;

static void test_every_voucher_is_there_at_once_without_a_code_of_its_own(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, ""));
    assert_int_equal(
        linli_test_step(&test, &(struct linli_step_question){.operation = LINLI_RESERVE}),
        LINLI_DONE);
    assert_int_equal(test.step.voucher.length, 0);
    assert_int_equal(
        linli_test_step(&test, &(struct linli_step_question){.operation = LINLI_QUERY,
                                                             .asked_about = LINLI_RESERVE}),
        LINLI_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_voucher_is_there_at_once_without_a_code_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
