#include "unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#define CHINA 480

static struct text text_of(const char *string)
{
    return (struct text){string, strlen(string)};
}

static int32_t day_of(const char *date)
{
    int32_t day = 0;

    assert_true(calendar_parse_day(text_of(date), &day));
    return day;
}

static int64_t instant(const char *time)
{
    int64_t at_us = 0;

    assert_true(clock_parse(text_of(time), &at_us));
    return at_us;
}

static void every_day_goes_there_and_back_and_agrees_with_libc(void **state)
{
    (void)state;
    for (int32_t day = -719528; day <= 2932896; day++) {
        char date[11], expected[32];
        time_t seconds = (time_t)day * 86400;
        struct tm utc;
        calendar_format_day(day, date);
        gmtime_r(&seconds, &utc);
        snprintf(expected, sizeof(expected), "%04d-%02d-%02d", utc.tm_year + 1900, utc.tm_mon + 1,
                 utc.tm_mday);
        assert_string_equal(date, expected);
        assert_int_equal(day_of(date), day);
    }
}

static void days_beyond_the_calendar_are_shown_as_its_ends(void **state)
{
    char date[11];

    (void)state;
    calendar_format_day(INT32_MIN, date);
    assert_string_equal(date, "0000-01-01");
    calendar_format_day(INT32_MAX, date);
    assert_string_equal(date, "9999-12-31");
}

static void what_is_no_date_is_refused(void **state)
{
    static const char *const bad[] = {
        "",           "2026",        "2026-11-31",  "2026-02-29",  "1900-02-29",
        "2026-00-10", "2026-13-01",  "2026-01-00",  "2026-1-1",    "26-01-01",
        "2026/01/01", " 2026-01-01", "2026-01-01 ", "2026-01-01T", "-026-01-01",
        "+026-01-01", "2026-01-0a",  "２026-01-01",
    };
    int32_t day = 7;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        assert_false(calendar_parse_day(text_of(bad[i]), &day));
    assert_int_equal(day, 7);
    assert_true(calendar_parse_day(TEXT("2000-02-29"), &day));
    assert_false(calendar_parse_day((struct text){"2026-01-011", 9}, &day));
}

static void a_local_day_begins_at_local_midnight(void **state)
{
    (void)state;
    assert_int_equal(calendar_day(instant("2026-11-21T15:59:59Z"), CHINA), day_of("2026-11-21"));
    assert_int_equal(calendar_day(instant("2026-11-21T16:00:00Z"), CHINA), day_of("2026-11-22"));
    assert_int_equal(calendar_day_start_us(day_of("2026-11-22"), CHINA),
                     instant("2026-11-22T00:00:00+08:00"));
    assert_int_equal(calendar_day(-1, 0), -1);
    assert_int_equal(calendar_day(0, 0), 0);
    assert_int_equal(calendar_day(0, -1), -1);
}

static void every_instant_is_in_its_day(void **state)
{
    uint64_t random = 1;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        int offset = (int)random_below(&random, 2 * 1439 + 1) - 1439;
        int64_t at_us = (int64_t)random_below(&random, UINT64_C(1) << 59) - (INT64_C(1) << 58);
        int32_t day = calendar_day(at_us, offset);
        assert_true(calendar_day_start_us(day, offset) <= at_us);
        assert_true(at_us < calendar_day_start_us(day + 1, offset));
    }
    /* The ends of int64_t: defined, which UBSan watches. */
    calendar_day(INT64_MAX, 1439);
    calendar_day(INT64_MIN, -1439);
}

static void a_year_ends_at_local_midnight(void **state)
{
    (void)state;
    assert_int_equal(calendar_next_year_us(instant("2026-12-31T23:59:59+08:00"), CHINA),
                     instant("2027-01-01T00:00:00+08:00"));
    assert_int_equal(calendar_next_year_us(instant("2027-01-01T00:00:00+08:00"), CHINA),
                     instant("2028-01-01T00:00:00+08:00"));
    assert_int_equal(calendar_next_year_us(instant("2026-12-31T16:00:00Z"), CHINA),
                     instant("2028-01-01T00:00:00+08:00"));
    assert_int_equal(calendar_next_year_us(instant("1969-06-01T00:00:00Z"), 0), 0);
}

static void times_are_written_with_their_offset(void **state)
{
    char out[CLOCK_RFC3339_SIZE];
    int64_t at_us = instant("2026-11-22T12:08:17.999999Z");

    (void)state;
    clock_format(at_us, CHINA, out);
    assert_string_equal(out, "2026-11-22T20:08:17+08:00");
    clock_format(at_us, 0, out);
    assert_string_equal(out, "2026-11-22T12:08:17Z");
    clock_format(at_us, -210, out);
    assert_string_equal(out, "2026-11-22T08:38:17-03:30");
    clock_format(-1, 0, out);
    assert_string_equal(out, "1969-12-31T23:59:59Z");
    clock_format(INT64_MAX, 1439, out); /* fits and is terminated, whatever it says */
    assert_true(strlen(out) < CLOCK_RFC3339_SIZE);
    clock_format(INT64_MIN, -1439, out);
    assert_true(strlen(out) < CLOCK_RFC3339_SIZE);
}

static void whole_seconds_go_there_and_back(void **state)
{
    uint64_t random = 2;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        int offset = (int)random_below(&random, 2 * 1439 + 1) - 1439;
        int64_t seconds = (int64_t)random_below(&random, UINT64_C(253402000000)) - 60000000000;
        char out[CLOCK_RFC3339_SIZE];
        clock_format(seconds * SECOND_US, offset, out);
        assert_int_equal(instant(out), seconds * SECOND_US);
    }
}

static void rfc_3339_is_read(void **state)
{
    static const struct {
        const char *text;
        int64_t at_us;
    } good[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01t00:00:01z", SECOND_US},
        {"1970-01-01T08:00:00+08:00", 0},
        {"1969-12-31T20:00:00-04:00", 0},
        {"1970-01-01T00:00:00-00:00", 0},
        {"1970-01-01T00:00:00.5Z", 500000},
        {"1970-01-01T00:00:00.000001Z", 1},
        {"1970-01-01T00:00:00.0000019999999999999999999999Z", 1},
        {"1969-12-31T23:59:59.75Z", -250000},
        {"2016-12-31T23:59:60Z", INT64_C(1483228800) * SECOND_US},
        {"2017-01-01T07:59:60+08:00", INT64_C(1483228800) * SECOND_US},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(good); i++)
        assert_int_equal(instant(good[i].text), good[i].at_us);
}

static void what_is_no_rfc_3339_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "2026-11-22",
        "2026-11-22T20:08:17",
        "2026-11-22 20:08:17Z",
        "2026-11-22T20:08Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T20:60:00Z",
        "2026-11-22T20:08:60Z",
        "2026-11-22T20:08:61Z",
        "2026-11-22T20:08:17.Z",
        "2026-11-22T20:08:17,5Z",
        "2026-11-22T20:08:17+0800",
        "2026-11-22T20:08:17+8:00",
        "2026-11-22T20:08:17+24:00",
        "2026-11-22T20:08:17+08:60",
        "2026-11-22T20:08:17+08:00 ",
        "2026-11-22T20:08:17ZZ",
        "2026-02-30T20:08:17Z",
        "2026-11-22T-1:08:17Z",
    };
    int64_t at_us;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        assert_false(clock_parse(text_of(bad[i]), &at_us));
}

static void every_cut_of_a_time_is_refused_without_reading_on(void **state)
{
    static const char whole[] = "2026-11-22T20:08:17.5+08:00";
    int64_t at_us;

    (void)state;
    for (size_t length = 0; length < sizeof(whole) - 1; length++)
        assert_false(clock_parse((struct text){whole, length}, &at_us));
}

static void clocks_go_forward(void **state)
{
    int64_t first = clock_monotonic_us();

    (void)state;
    assert_true(clock_monotonic_us() >= first);
    assert_true(clock_now_us() > instant("2024-01-01T00:00:00Z"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_goes_there_and_back_and_agrees_with_libc),
        cmocka_unit_test(days_beyond_the_calendar_are_shown_as_its_ends),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(a_local_day_begins_at_local_midnight),
        cmocka_unit_test(every_instant_is_in_its_day),
        cmocka_unit_test(a_year_ends_at_local_midnight),
        cmocka_unit_test(times_are_written_with_their_offset),
        cmocka_unit_test(whole_seconds_go_there_and_back),
        cmocka_unit_test(rfc_3339_is_read),
        cmocka_unit_test(what_is_no_rfc_3339_is_refused),
        cmocka_unit_test(every_cut_of_a_time_is_refused_without_reading_on),
        cmocka_unit_test(clocks_go_forward),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
