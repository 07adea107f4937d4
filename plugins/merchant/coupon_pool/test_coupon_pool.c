#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linli/plugin_test.h>

extern const struct linli_plugin linli_plugin;
static struct linli_test test;

static void test_gives_the_code_that_the_server_took_from_the_pool(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, ""));
    assert_int_equal(
        linli_test_step(&test, &(struct linli_step_question){.operation = LINLI_RESERVE,
                                                             .voucher = LINLI_TEXT("K-1")}),
        LINLI_DONE);
    assert_int_equal(test.step.voucher.length, 3);
    assert_memory_equal(test.step.voucher.bytes, "K-1", 3);
}

static void test_says_no_when_the_pool_is_empty(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, ""));
    assert_int_equal(
        linli_test_step(&test, &(struct linli_step_question){.operation = LINLI_RESERVE}),
        LINLI_DECLINED);
    assert_string_equal(test.step.reason.code, "pool_is_empty");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gives_the_code_that_the_server_took_from_the_pool),
        cmocka_unit_test(test_says_no_when_the_pool_is_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
