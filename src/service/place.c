#include "service/place.h"

#include <math.h>

#define EARTH_RADIUS_M 6371008.8 /* the mean one, IUGG */

const char *place_check_name(enum place_check check)
{
    static const char *const names[] = {
        [PLACE_UNCHECKED] = "unchecked",
        [PLACE_IN_RANGE] = "in_range",
        [PLACE_OUT_OF_RANGE] = "out_of_range",
    };

    return name_from(names, ARRAY_LENGTH(names), (size_t)check);
}

static double radians(int32_t degrees_e6)
{
    return degrees_e6 * (M_PI / 180e6);
}

/* The haversine formula: steady for small distances. */
double place_distance_m(struct position a, struct position b)
{
    double north = sin((radians(b.latitude_e6) - radians(a.latitude_e6)) / 2);
    double east = sin((radians(b.longitude_e6) - radians(a.longitude_e6)) / 2);
    double part =
        north * north + cos(radians(a.latitude_e6)) * cos(radians(b.latitude_e6)) * east * east;

    return 2 * EARTH_RADIUS_M * asin(sqrt(part > 1 ? 1 : part));
}

enum place_check place_check(struct position place, int32_t radius_m, const struct position *at)
{
    if (at == NULL || radius_m == 0)
        return PLACE_UNCHECKED;
    return place_distance_m(place, *at) <= radius_m ? PLACE_IN_RANGE : PLACE_OUT_OF_RANGE;
}
