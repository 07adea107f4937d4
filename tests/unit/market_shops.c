#include "unit.h"

#include <string.h>

#include "base/clock.h"
#include "market/shops.h"

static void assert_minute(const char *text, int expected)
{
    int minute = -1;
    bool read = shop_minute_parse((struct text){text, strlen(text)}, &minute);

    assert_int_equal(read, expected >= 0);
    if (read)
        assert_int_equal(minute, expected);
}

static void minutes_are_read_as_they_are_written(void **state)
{
    char text[6];

    (void)state;
    for (int minute = 0; minute <= 24 * 60; minute++) {
        shop_minute_format(minute, text);
        assert_minute(text, minute);
    }
    static const char *const bad[] = {"",      "9:00",  "09:60", "24:01", "99:99",
                                      "09-00", "0a:00", "09:0 ", "-1:00", "09:000"};
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        assert_minute(bad[i], -1);
}

static void hours_are_sorted_and_do_not_overlap(void **state)
{
    struct shop_hours fine[] = {{7, 0, 60}, {1, 780, 1440}, {1, 540, 780}};
    struct shop_hours overlap[] = {{1, 540, 781}, {1, 780, 1440}};
    struct shop_hours backward[] = {{1, 600, 600}};

    (void)state;
    assert_true(shop_hours_arrange(NULL, 0));
    assert_true(shop_hours_arrange(fine, ARRAY_LENGTH(fine)));
    assert_int_equal(fine[0].opens, 540);
    assert_int_equal(fine[2].weekday, 7);
    assert_false(shop_hours_arrange(overlap, ARRAY_LENGTH(overlap)));
    assert_false(shop_hours_arrange(backward, ARRAY_LENGTH(backward)));
}

static bool open_at(const struct shop *shop, const char *time)
{
    int64_t at_us = 0;

    assert_true(clock_parse((struct text){time, strlen(time)}, &at_us));
    return shop_is_open(shop, at_us, 480);
}

static void a_shop_is_open_by_local_time(void **state)
{
    struct shop_hours hours[] = {{1, 540, 1260}, {7, 0, 120}};
    struct shop shop = {.hours = hours, .hour_count = 2};

    (void)state;
    assert_false(open_at(&shop, "2026-11-23T08:59:59+08:00")); /* a Monday */
    assert_true(open_at(&shop, "2026-11-23T01:00:00Z"));
    assert_true(open_at(&shop, "2026-11-23T20:59:59+08:00"));
    assert_false(open_at(&shop, "2026-11-23T21:00:00+08:00"));
    assert_false(open_at(&shop, "2026-11-24T10:00:00+08:00"));
    assert_true(open_at(&shop, "2026-11-21T17:00:00Z")); /* Sunday one o'clock in China */
    assert_true(open_at(&shop, "1969-12-28T00:30:00+08:00"));
    shop.state = SHOP_CLOSED;
    assert_false(open_at(&shop, "2026-11-23T10:00:00+08:00"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(minutes_are_read_as_they_are_written),
        cmocka_unit_test(hours_are_sorted_and_do_not_overlap),
        cmocka_unit_test(a_shop_is_open_by_local_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
