/* What a record is worth, which minutes count, and the codes on the screen. */
#include "unit.h"

#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "service/activities.h"
#include "service/award_policy.h"
#include "service/check_in.h"

static const int64_t offset = 480;

static int64_t worth(int32_t minutes, int32_t percent, int64_t per_hour)
{
    const struct award_options options = {.points_per_hour = per_hour,
                                          .daily_cap = 800,
                                          .expiry = EXPIRY_DAYS,
                                          .expiry_days = 730,
                                          .utc_offset_minutes = &offset};
    const struct award_question question = {.minutes = minutes, .coefficient_percent = percent};

    return award_by_category(&options, &question).points;
}

static void minutes_become_hundredths_rounded_down_once(void **state)
{
    (void)state;
    assert_int_equal(worth(60, 100, 100), 100);
    assert_int_equal(worth(120, 150, 100), 300);
    assert_int_equal(worth(1, 100, 100), 1);   /* 1.66… hundredths */
    assert_int_equal(worth(59, 100, 100), 98); /* 98.33… */
    assert_int_equal(worth(50, 120, 100), 100);
    assert_int_equal(worth(0, 150, 100), 0);
    assert_int_equal(worth(1440, 1000, 100000), 24000000);
}

static void points_run_out_at_local_midnight(void **state)
{
    struct award_options options = {.points_per_hour = 100,
                                    .expiry = EXPIRY_YEAR_END,
                                    .expiry_days = 30,
                                    .utc_offset_minutes = &offset};
    struct award_question question = {.minutes = 60, .coefficient_percent = 100};
    int64_t expected;

    (void)state;
    assert_true(clock_parse(TEXT("2026-12-31T23:59:59+08:00"), &question.now_us));
    assert_true(clock_parse(TEXT("2027-01-01T00:00:00+08:00"), &expected));
    assert_int_equal(award_by_category(&options, &question).expires_us, expected);
    options.expiry = EXPIRY_DAYS;
    assert_true(clock_parse(TEXT("2027-01-31T00:00:00+08:00"), &expected));
    assert_int_equal(award_by_category(&options, &question).expires_us, expected);
}

static void only_planned_time_counts(void **state)
{
    const struct activity activity = {.starts_us = 10 * HOUR_US, .ends_us = 12 * HOUR_US};

    (void)state;
    assert_int_equal(activity_minutes(&activity, 10 * HOUR_US, 12 * HOUR_US), 120);
    assert_int_equal(activity_minutes(&activity, 9 * HOUR_US, 13 * HOUR_US), 120);
    assert_int_equal(activity_minutes(&activity, 10 * HOUR_US + 1, 11 * HOUR_US), 59);
    assert_int_equal(activity_minutes(&activity, 8 * HOUR_US, 9 * HOUR_US), 0);
    assert_int_equal(activity_minutes(&activity, 11 * HOUR_US, 10 * HOUR_US), 0);
}

static bool is_valid(const char *code, uint64_t activity_id, enum check_direction direction,
                     int64_t at_us)
{
    static const uint8_t key[32] = {4, 5, 6};

    return check_code_valid(key, activity_id, direction, at_us, (struct text){code, strlen(code)});
}

static void a_code_is_good_for_this_step_and_the_next(void **state)
{
    static const uint8_t key[32] = {4, 5, 6};
    int64_t at_us = 1000 * CHECK_STEP_US;
    char code[CHECK_CODE_DIGITS + 1];

    (void)state;
    check_code_make(key, 7, CHECK_IN, at_us, code);
    assert_int_equal(strlen(code), CHECK_CODE_DIGITS);
    assert_true(is_valid(code, 7, CHECK_IN, at_us));
    assert_true(is_valid(code, 7, CHECK_IN, at_us + CHECK_STEP_US));
    assert_false(is_valid(code, 7, CHECK_IN, at_us + 2 * CHECK_STEP_US));
    assert_false(is_valid(code, 7, CHECK_IN, at_us - CHECK_STEP_US));
    assert_false(is_valid(code, 7, CHECK_OUT, at_us));
    assert_false(is_valid(code, 8, CHECK_IN, at_us));
    assert_false(is_valid("12345", 7, CHECK_IN, at_us));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(minutes_become_hundredths_rounded_down_once),
        cmocka_unit_test(points_run_out_at_local_midnight),
        cmocka_unit_test(only_planned_time_counts),
        cmocka_unit_test(a_code_is_good_for_this_step_and_the_next),
    };

    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
