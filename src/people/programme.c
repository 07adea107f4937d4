#include "people/programme.h"

const struct config_entry programme_config[] = {
    {.name = "programme.utc_offset_minutes",
     .type = CONFIG_INT,
     .offset = offsetof(struct programme_options, utc_offset_minutes),
     .initial = "480",
     .min = -720,
     .max = 840,
     .help = "local time of the programme's days, in minutes east of UTC (China: 480)"},
    {.name = "programme.undo_window",
     .type = CONFIG_DURATION,
     .offset = offsetof(struct programme_options, undo_window_us),
     .initial = "5m",
     .min = 0,
     .max = DAY_US,
     .reloadable = true,
     .help = "how long after a confirmation the shop may undo it"},
    {0},
};
