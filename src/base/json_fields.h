/*
 * JSON field tables: input is validated by a table, which also words the error and feeds the
 * OpenAPI test. An unknown field is refused, so that a misspelt one is never silently ignored.
 */
#ifndef LINLI_JSON_FIELDS_H
#define LINLI_JSON_FIELDS_H

#include <jansson.h>

#include "base/arena.h"
#include "base/base.h"

enum json_field_type {
    JSON_FIELD_END,
    JSON_ID,       /* uint64_t: a string of decimal digits, 1 .. 2^53-1 */
    JSON_POINTS,   /* int64_t hundredths: a string "12", "12.5" or "12.50"; a minus only if min < 0;
                      within ±10^15 hundredths by itself, so that sums of many do not overflow */
    JSON_INT,      /* int64_t: a JSON integer (3.0 is none), 0 .. 2^53-1 */
    JSON_FLAG,     /* bool: true or false */
    JSON_TEXT,     /* struct text: valid UTF-8 without control characters but \n and \t;
                      min..max counts characters, not bytes; max 0 means 200 */
    JSON_NAME,     /* struct text: as a text, and what people may be called (utf8_is_name) */
    JSON_TIME,     /* int64_t µs: RFC 3339 with offset */
    JSON_DAY,      /* int32_t: "2026-11-22" */
    JSON_CHOICE,   /* int: index into the |-separated `choices` */
    JSON_OBJECTS,  /* struct json_list: an array of objects read by `table` into `size` bytes each;
                      min..max counts elements */
    JSON_IDS,      /* struct json_list of uint64_t */
    JSON_DOCUMENT, /* struct text: an object, compact, for a table that is known only later */
};

struct json_list {
    void *items;
    size_t count;
};

enum { OPTIONAL = 0, REQUIRED = 1 };

struct json_field {
    const char *name;
    enum json_field_type type;
    int need; /* OPTIONAL or REQUIRED */
    size_t offset;
    /* In hundredths for points. 0,0: the type's own bounds, which begin at 0 for numbers (ids: 1);
     * min > 0 and max 0: only the upper one is the type's own (2^53-1, 10^15 hundredths, 200
     * characters, 1000 elements). */
    int64_t min, max;
    const char *choices;
    const struct json_field *table;
    size_t size;
    size_t seen; /* offset of a bool set when the field was present; 0: not wanted */
};

/* What values of the field are held to: its min and max, or its type's. In hundredths, characters,
 * elements or as the number itself; of no meaning for flags, choices, times and days. */
struct json_bounds {
    int64_t min, max;
};
struct json_bounds json_field_bounds(const struct json_field *field);

/* What was wrong with the input, in terms a caller can show. `code` is a literal:
 * "missing", "unknown_field", "wrong_type", "too_small", "too_large", "too_short", "too_long",
 * "bad_id", "bad_points", "bad_time", "bad_day", "bad_choice", "bad_text", "bad_name",
 * "not_an_object". */
struct json_fault {
    char pointer[128]; /* RFC 6901, "/items/3/price" */
    const char *code;
    char expected[120]; /* what would be right, language-neutral: "1..100", "draft|published" */
};

/* Reads `object` by `table` into `out` (zeroed by the caller). Texts and lists live in `arena`.
 * A null is of the wrong type: leaving a field out is the one way to say nothing of it.
 * On false `fault` names the first field that does not fit and `out` is not to be used. */
bool json_fields_read(const struct json_field *table, const json_t *object, struct arena *arena,
                      void *out, struct json_fault *fault) MUST_CHECK;

/* The writing side: hundredths as "12.50"; ids as "123"; times as RFC 3339 UTC. */
json_t *json_points(int64_t hundredths);
json_t *json_id(uint64_t id);
json_t *json_time(int64_t at_us);    /* null when at_us is 0 */
json_t *json_day(int32_t day);       /* "2026-11-22" */
json_t *json_text(struct text text); /* bytes that are no UTF-8 become U+FFFD */
/* Any thread. The parser takes the texts of JSON_POINTS, with a minus, over all of int64_t. */
void points_format(int64_t hundredths, char out[24]);
bool points_parse(struct text text, int64_t *hundredths) MUST_CHECK;

#endif
