#include "people/programme.h"

#define OPTION(member) offsetof(struct programme_options, member)

/* clang-format off */
const struct config_entry programme_config[] = {
    {"programme.utc_offset_minutes", CONFIG_INT, OPTION(utc_offset_minutes), "480", .min = -720, .max = 840,
     .help = "minutes by which local time is ahead of UTC; days, caps and expiry begin at local midnight"},
    {"programme.undo_window", CONFIG_DURATION, OPTION(undo_window_us), "5m", .max = DAY_US, .reloadable = true,
     .help = "how long a merchant may undo a confirmation"},
    {"programme.public_url", CONFIG_TEXT, OPTION(public_url), "", .reloadable = true,
     .help = "where people reach this server (https://points.example): printed on certificates and in their QR, which otherwise has the code only"},
    {0},
};
/* clang-format on */
