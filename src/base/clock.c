#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAYS_PER_ERA     146097    /* 400 years of the Gregorian calendar */
#define EPOCH_DAY_OF_ERA 719468    /* days from 0000-03-01 to 1970-01-01 */
#define EARLIEST_DAY     (-719528) /* 0000-01-01 */
#define LATEST_DAY       2932896   /* 9999-12-31 */

static int64_t read_clock(clockid_t which)
{
    struct timespec now;

    ASSERT(clock_gettime(which, &now) == 0);
    return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_monotonic_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

static int64_t divide_down(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/*
 * Between days and dates by Howard Hinnant's "chrono-compatible low-level date algorithms": years
 * begin in March, so that the leap day is the last of its year.
 */
struct date {
    int year, month, day;
};

static int32_t day_of_date(struct date date)
{
    int year = date.month <= 2 ? date.year - 1 : date.year;
    int era = (int)divide_down(year, 400);
    int year_of_era = year - era * 400;
    int day_of_year = (153 * ((date.month + 9) % 12) + 2) / 5 + date.day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * DAYS_PER_ERA + day_of_era - EPOCH_DAY_OF_ERA;
}

/* Days beyond the years 0 to 9999 become the nearest within. */
static struct date date_of_day(int32_t day)
{
    if (day < EARLIEST_DAY)
        day = EARLIEST_DAY;
    if (day > LATEST_DAY)
        day = LATEST_DAY;
    int shifted = day + EPOCH_DAY_OF_ERA;
    int era = (int)divide_down(shifted, DAYS_PER_ERA);
    int day_of_era = shifted - era * DAYS_PER_ERA;
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month = (5 * day_of_year + 2) / 153;

    return (struct date){
        .year = era * 400 + year_of_era + (month >= 10),
        .month = month < 10 ? month + 3 : month - 9,
        .day = day_of_year - (153 * month + 2) / 5 + 1,
    };
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

int32_t calendar_day(int64_t at_us, int offset_minutes)
{
    /* Divided before the offset is added: no instant overflows. */
    int64_t minutes = divide_down(at_us, MINUTE_US) + offset_minutes;

    return (int32_t)divide_down(minutes, DAY_US / MINUTE_US);
}

int64_t calendar_day_start_us(int32_t day, int offset_minutes)
{
    return day * DAY_US - offset_minutes * MINUTE_US;
}

int64_t calendar_next_year_us(int64_t at_us, int offset_minutes)
{
    struct date date = date_of_day(calendar_day(at_us, offset_minutes));
    struct date new_year = {.year = date.year + 1, .month = 1, .day = 1};

    return calendar_day_start_us(day_of_date(new_year), offset_minutes);
}

/* `value` right-aligned in `width` digits, zeros before; `value` fits. Returns what is behind. */
static char *put_digits(char *at, int value, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return at + width;
}

static char *put_day(char *at, int32_t day)
{
    struct date date = date_of_day(day);

    at = put_digits(at, date.year, 4);
    *at++ = '-';
    at = put_digits(at, date.month, 2);
    *at++ = '-';
    return put_digits(at, date.day, 2);
}

void calendar_format_day(int32_t day, char out[11])
{
    *put_day(out, day) = '\0';
}

static char *put_offset(char *at, int offset_minutes)
{
    int size = offset_minutes < 0 ? -offset_minutes : offset_minutes;

    if (size == 0) {
        *at++ = 'Z';
        return at;
    }
    *at++ = offset_minutes < 0 ? '-' : '+';
    at = put_digits(at, size / 60, 2);
    *at++ = ':';
    return put_digits(at, size % 60, 2);
}

void clock_format(int64_t at_us, int offset_minutes, char out[CLOCK_RFC3339_SIZE])
{
    int64_t local_seconds = divide_down(at_us, SECOND_US) + offset_minutes * INT64_C(60);
    int32_t day = (int32_t)divide_down(local_seconds, 86400);
    int second = (int)(local_seconds - day * INT64_C(86400));
    char *at = put_day(out, day);

    *at++ = 'T';
    at = put_digits(at, second / 3600, 2);
    *at++ = ':';
    at = put_digits(at, second / 60 % 60, 2);
    *at++ = ':';
    at = put_digits(at, second % 60, 2);
    *put_offset(at, offset_minutes) = '\0';
}

/* What is left of a text while it is read from the front; reading fails once and for all. */
struct scan {
    const char *at, *end;
    bool failed;
};

static bool scan_char(struct scan *scan, char wanted)
{
    if (scan->at == scan->end || *scan->at != wanted)
        return false;
    scan->at++;
    return true;
}

static void expect_char(struct scan *scan, char wanted)
{
    if (!scan_char(scan, wanted))
        scan->failed = true;
}

/* Exactly `width` digits, and the number within low..high. */
static int expect_number(struct scan *scan, int width, int low, int high)
{
    int value = 0;

    for (int i = 0; i < width; i++) {
        if (scan->at == scan->end || *scan->at < '0' || *scan->at > '9') {
            scan->failed = true;
            return low;
        }
        value = value * 10 + (*scan->at++ - '0');
    }
    if (value < low || value > high) {
        scan->failed = true;
        return low;
    }
    return value;
}

static int32_t expect_day(struct scan *scan)
{
    struct date date;

    date.year = expect_number(scan, 4, 0, 9999);
    expect_char(scan, '-');
    date.month = expect_number(scan, 2, 1, 12);
    expect_char(scan, '-');
    date.day = expect_number(scan, 2, 1, days_in_month(date.year, date.month));
    return day_of_date(date);
}

bool calendar_parse_day(struct text text, int32_t *day)
{
    struct scan scan = {.at = text.data, .end = text.data + text.length};
    int32_t value = expect_day(&scan);

    if (scan.failed || scan.at != scan.end)
        return false;
    *day = value;
    return true;
}

/* ".5" as 500000 µs; digits beyond the sixth are read and dropped. None at all is 0. */
static int64_t expect_fraction_us(struct scan *scan)
{
    int64_t unit_us = SECOND_US / 10, us = 0;

    if (!scan_char(scan, '.'))
        return 0;
    us += expect_number(scan, 1, 0, 9) * unit_us;
    while (scan->at != scan->end && *scan->at >= '0' && *scan->at <= '9') {
        unit_us /= 10;
        us += (*scan->at++ - '0') * unit_us;
    }
    return us;
}

static int expect_offset_minutes(struct scan *scan)
{
    if (scan_char(scan, 'Z') || scan_char(scan, 'z'))
        return 0;
    bool west = scan_char(scan, '-');
    if (!west)
        expect_char(scan, '+');
    int minutes = expect_number(scan, 2, 0, 23) * 60;
    expect_char(scan, ':');
    minutes += expect_number(scan, 2, 0, 59);
    return west ? -minutes : minutes;
}

bool clock_parse(struct text text, int64_t *at_us)
{
    struct scan scan = {.at = text.data, .end = text.data + text.length};

    int32_t day = expect_day(&scan);
    if (!scan_char(&scan, 't'))
        expect_char(&scan, 'T');
    int hour = expect_number(&scan, 2, 0, 23);
    expect_char(&scan, ':');
    int minute = expect_number(&scan, 2, 0, 59);
    expect_char(&scan, ':');
    int second = expect_number(&scan, 2, 0, 60);
    int64_t fraction_us = expect_fraction_us(&scan);
    int offset_minutes = expect_offset_minutes(&scan);
    int64_t minute_us =
        calendar_day_start_us(day, offset_minutes) + (hour * INT64_C(60) + minute) * MINUTE_US;
    /* A leap second stands at the end of a day in UTC; ours is the first of the next day. */
    bool leap_misplaced = second == 60 && (minute_us + MINUTE_US) % DAY_US != 0;
    if (scan.failed || scan.at != scan.end || leap_misplaced)
        return false;
    *at_us = minute_us + second * SECOND_US + fraction_us;
    return true;
}
