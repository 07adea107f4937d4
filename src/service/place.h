/*
 * The optional place check. Of where somebody is only the answer is kept, never the position: it is
 * compared while the request is served, then forgotten. Pure; any thread.
 */
#ifndef LINLI_PLACE_H
#define LINLI_PLACE_H

#include "base/base.h"

enum place_check {
    PLACE_UNCHECKED, /* the activity has no place, or the member said nothing */
    PLACE_IN_RANGE,
    PLACE_OUT_OF_RANGE,
};
const char *place_check_name(enum place_check check); /* "in_range" */

/* Millionths of a degree, WGS 84. */
struct position {
    int32_t latitude_e6, longitude_e6;
};

/* Metres along the surface, right to some metres over the distances of a city. */
double place_distance_m(struct position a, struct position b);
/* `at` NULL or `radius_m` 0: unchecked. */
enum place_check place_check(struct position place, int32_t radius_m, const struct position *at);

#endif
