/*
 * What kinds of activity the district knows, by the ten categories: when in the day, week and year,
 * for how long, and how many come.
 */
#ifndef LINLI_DISTRICT_STYLES_H
#define LINLI_DISTRICT_STYLES_H

#include "base/base.h"

struct activity_style {
    const char *title, *place;
    int category, coefficient; /* percent, as in `categories` */
    int starts_minute, minutes;
    int size;                  /* people, about */
    unsigned weekdays, months; /* bits: 0 is Monday, January */
    bool weekly;
    const char *skill; /* a code of `skills`, or "" */
};
extern const struct activity_style activity_styles[];
extern const uint32_t activity_styles_count;

#endif
