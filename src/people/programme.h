/*
 * The programme's own rules that several rooms need: when its days begin, how long a slip may be
 * taken back.
 */
#ifndef LINLI_PROGRAMME_H
#define LINLI_PROGRAMME_H

#include "base/config.h"

struct programme_options {
    int64_t utc_offset_minutes; /* local time of days, caps and statements */
    int64_t undo_window_us;     /* a confirmation may be undone for so long */
};
extern const struct config_entry programme_config[];

#endif
