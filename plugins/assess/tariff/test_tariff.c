#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linli/plugin_test.h>

extern const struct linli_plugin linli_plugin;
static struct linli_test test;

static int64_t award(int64_t minutes, const char *category, int64_t difficulty, uint32_t grade)
{
    struct linli_award_question question = {.minutes = minutes,
                                            .category = {category, strlen(category)},
                                            .coefficient_percent = 120,
                                            .difficulty = difficulty,
                                            .grade = grade,
                                            .now_us = 1000};

    return linli_test_award(&test, &question);
}

static void test_an_hour_is_a_point(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, "category_percent=plain=100"));
    assert_int_equal(award(60, "plain", 0, 2), 100);
    assert_int_equal(award(90, "plain", 1, 2), 150);
    assert_int_equal(test.award.daily_cap, 800);
    assert_int_equal(test.award.expires_us, 0);
}

static void test_what_is_not_listed_has_its_own_coefficient(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, ""));
    assert_int_equal(award(60, "epidemic_control", 0, 2), 120);
}

static void test_factors_multiply_and_round_down_once(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin,
                                 "category_percent=meals=133 grade_percent=A=110;B=100;D=50"));
    assert_int_equal(award(50, "meals", 3, 1), 146); /* 0.8333 × 1.33 × 1.2 × 1.1 = 1.463 */
    assert_int_equal(award(50, "meals", 3, 4), 66);
    assert_int_equal(award(0, "meals", 3, 1), 0);
}

static void test_says_how_it_was_worked_out(void **state)
{
    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, "expiry_days=365"));
    award(60, "plain", 5, 2);
    assert_string_equal(test.award.reason.zh.bytes, "60 分钟 × 事项 120% × 难度 150% × 证据 100%");
    assert_int_equal(test.award.expires_us, 1000 + INT64_C(365) * 86400000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_hour_is_a_point),
        cmocka_unit_test(test_what_is_not_listed_has_its_own_coefficient),
        cmocka_unit_test(test_factors_multiply_and_round_down_once),
        cmocka_unit_test(test_says_how_it_was_worked_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
