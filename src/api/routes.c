/*
 * The table of contents: what can be asked, resource by resource. `linli routes` prints it.
 */
#include "api/resources.h"

const struct route *const route_tables[] = {
    health_routes,
    NULL,
};
