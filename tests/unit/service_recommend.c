/* What makes an activity suit somebody, where no database is needed. */
#include "unit.h"

#include "people/profiles.h"
#include "service/recommend.h"

#define CHINA 480

/* Monday 2026-03-02 at this hour of China's. */
static int64_t monday(int hour)
{
    return INT64_C(1772380800) * SECOND_US + hour * HOUR_US;
}

static bool is_free(uint32_t times, int from, int to)
{
    return time_is_free(times, monday(from), monday(to), CHINA);
}

static void every_part_of_the_day_that_it_touches_must_be_free(void **state)
{
    uint32_t morning = FREE_TIME(1, 0), evening = FREE_TIME(1, 2);

    (void)state;
    assert_true(is_free(evening, 18, 20));
    assert_false(is_free(evening, 17, 20));
    assert_false(is_free(FREE_TIME(2, 2), 18, 20)); /* Tuesday's */
    assert_true(is_free(morning, 9, 12));
    assert_false(is_free(morning, 9, 13));
    assert_true(is_free(morning | FREE_TIME(1, 1), 9, 13));
    assert_false(is_free(0, 9, 10));
}

static void a_night_needs_the_evening_and_the_next_morning(void **state)
{
    (void)state;
    assert_true(is_free(FREE_TIME(1, 2) | FREE_TIME(2, 0), 22, 26));
    assert_false(is_free(FREE_TIME(1, 2), 22, 26));
    assert_true(is_free(FREE_TIME(7, 2), -2, 0)); /* Sunday's, until midnight */
    assert_false(is_free(UINT32_MAX, 0, 25));
}

static void weights_add_up(void **state)
{
    (void)state;
    assert_int_equal(reasons_weight(0), 0);
    assert_int_equal(reasons_weight(REASON_SKILL | REASON_NEAR), 6);
    assert_true(reasons_weight(REASON_SKILL) > reasons_weight(REASON_OWN_UNIT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_of_the_day_that_it_touches_must_be_free),
        cmocka_unit_test(a_night_needs_the_evening_and_the_next_morning),
        cmocka_unit_test(weights_add_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
