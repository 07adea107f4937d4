#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linli/plugin_test.h>

extern const struct linli_plugin linli_plugin;
static struct linli_test test;

static const char *rate(int64_t hours)
{
    linli_test_fact(&test, "service.total_minutes", hours * 60);
    return linli_test_rate(&test, &(struct linli_rate_question){.scope = LINLI_OF_MEMBER});
}

static void test_stars_begin_at_their_hour(void **state)
{
    static const struct {
        int64_t hours;
        const char *stars;
        int64_t missing;
    } cases[] = {{0, "no_star", 100},     {99, "no_star", 1},        {100, "one_star", 200},
                 {300, "two_stars", 300}, {600, "three_stars", 400}, {1499, "four_stars", 1},
                 {1500, "five_stars", 0}, {90000, "five_stars", 0}};

    (void)state;
    assert_true(linli_test_start(&test, &linli_plugin, ""));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(rate(cases[i].hours), cases[i].stars);
        assert_int_equal(test.rating.missing[0], cases[i].missing);
    }
}

static void test_steps_must_rise(void **state)
{
    (void)state;
    assert_false(linli_test_start(&test, &linli_plugin, "hours=1=10;2=10;3=30;4=40;5=50"));
    assert_false(linli_test_start(&test, &linli_plugin, "hours=1=10"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stars_begin_at_their_hour),
        cmocka_unit_test(test_steps_must_rise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
