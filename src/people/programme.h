/*
 * The programme: the rules that its organisers choose, as configured. Plain data; one struct for
 * the process, whose values a SIGHUP may change: copy what a request needs at its start.
 */
#ifndef LINLI_PROGRAMME_H
#define LINLI_PROGRAMME_H

#include "base/config.h"

struct programme_options {
    int64_t utc_offset_minutes; /* local days begin at midnight of this zone */
    int64_t undo_window_us;     /* a clerk may undo a confirmation so long */
    char *public_url;           /* where people reach the server, without a slash at its end; "" */
};
extern const struct config_entry programme_config[];

#endif
