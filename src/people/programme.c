#include "people/programme.h"

#define OPTION(member) offsetof(struct programme_options, member)

/* clang-format off */
const struct config_entry programme_config[] = {
    {"programme.utc_offset_minutes", CONFIG_INT, OPTION(utc_offset_minutes), "480", .min = -720, .max = 840,
     .help = "minutes by which local time is ahead of UTC; days, caps and expiry begin at local midnight"},
    {"programme.undo_window", CONFIG_DURATION, OPTION(undo_window_us), "5m", .max = DAY_US, .reloadable = true,
     .help = "how long a merchant may undo a confirmation"},
    {0},
};
/* clang-format on */
