/*
 * Time and calendar. A point in time is int64_t microseconds since 1970 UTC (`_us` in the name).
 * The programme's days (daily caps, statements, expiry) begin at local midnight: the offset from
 * UTC is configured once (`programme.utc_offset_minutes`, 480 for China, which has no summer time).
 */
#ifndef LINLI_CLOCK_H
#define LINLI_CLOCK_H

#include "base/base.h"

int64_t clock_now_us(void);       /* wall clock */
int64_t clock_monotonic_us(void); /* for durations and deadlines */

/* The number of the local day that contains `at_us`, days since 1970-01-01; rounds towards -inf. */
int32_t calendar_day(int64_t at_us, int offset_minutes);
/* The instant at which the local day `day` begins. */
int64_t calendar_day_start_us(int32_t day, int offset_minutes);
/* The first instant of 1 January after the local year that contains `at_us`. */
int64_t calendar_next_year_us(int64_t at_us, int offset_minutes);
/* "2026-11-22" from a day number and back; false when it is no date. Days beyond the years 0 to
 * 9999 are shown as the nearest within. */
void calendar_format_day(int32_t day, char out[11]);
bool calendar_parse_day(struct text text, int32_t *day) MUST_CHECK;

/* RFC 3339 with the given offset, whole seconds: "2026-11-22T20:08:17+08:00" (Z for 0). */
#define CLOCK_RFC3339_SIZE 32
void clock_format(int64_t at_us, int offset_minutes, char out[CLOCK_RFC3339_SIZE]);
/* Reads RFC 3339 with an explicit offset, fraction allowed (cut to microseconds). */
bool clock_parse(struct text text, int64_t *at_us) MUST_CHECK;

#endif
