#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/tally.h"

static void counts_and_forgets_by_halves(void **state)
{
    struct tally *tally = tally_new(MINUTE_US);
    int64_t now_us = 1000 * MINUTE_US;

    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(tally_count(tally, 7, now_us), i);
        tally_add(tally, 7, now_us);
    }
    assert_int_equal(tally_count(tally, 7, now_us), 4);
    assert_int_equal(tally_count(tally, 8, now_us), 0);
    assert_int_equal(tally_count(tally, 7, now_us + MINUTE_US), 2);
    tally_add(tally, 7, now_us + MINUTE_US);
    assert_int_equal(tally_count(tally, 7, now_us + MINUTE_US), 3);
    assert_int_equal(tally_count(tally, 7, now_us + 100 * MINUTE_US), 0);
    tally_free(tally);
}

static void texts_have_keys(void **state)
{
    (void)state;
    assert_true(tally_key(TEXT("10.0.0.1")) != tally_key(TEXT("10.0.0.2")));
    assert_true(tally_key(TEXT("10.0.0.1")) == tally_key(TEXT("10.0.0.1")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_forgets_by_halves),
        cmocka_unit_test(texts_have_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
