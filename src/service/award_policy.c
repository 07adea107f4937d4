#include "service/award_policy.h"

#include "base/clock.h"

const struct config_entry award_config[] = {
    {.name = "award.points_per_hour",
     .type = CONFIG_INT,
     .offset = offsetof(struct award_options, points_per_hour),
     .initial = "100",
     .min = 1,
     .max = 100000,
     .reloadable = true,
     .help = "hundredths of a point for an hour of service at coefficient 100%"},
    {.name = "award.daily_cap",
     .type = CONFIG_INT,
     .offset = offsetof(struct award_options, daily_cap),
     .initial = "800",
     .max = 10000000,
     .reloadable = true,
     .help = "hundredths of a point that one service day may earn; 0 means no cap"},
    {.name = "award.expiry",
     .type = CONFIG_CHOICE,
     .offset = offsetof(struct award_options, expiry),
     .initial = "days",
     .choices = "year_end|days",
     .reloadable = true,
     .help = "when awarded points run out: on 31 December, or after award.expiry_days"},
    {.name = "award.expiry_days",
     .type = CONFIG_INT,
     .offset = offsetof(struct award_options, expiry_days),
     .initial = "730",
     .min = 30,
     .max = 3650,
     .reloadable = true,
     .help = "days that awarded points live when award.expiry is days"},
    {0},
};

static int64_t expiry_of(const struct award_options *options, int64_t now_us)
{
    int offset = (int)*options->utc_offset_minutes;

    if (options->expiry == EXPIRY_YEAR_END)
        return calendar_next_year_us(now_us, offset);
    return calendar_day_start_us(calendar_day(now_us, offset) + (int32_t)options->expiry_days + 1,
                                 offset);
}

struct award_answer award_by_category(const void *context, const struct award_question *question)
{
    const struct award_options *options = context;

    return (struct award_answer){
        .points = options->points_per_hour * question->minutes * question->coefficient_percent /
                  (60 * 100),
        .daily_cap = options->daily_cap,
        .expires_us = expiry_of(options, question->now_us),
    };
}
