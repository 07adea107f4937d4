#include "cli/district.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/activities.h"

#define TELL_EVERY_US (SECOND_US / 5) /* on a terminal */
#define LOG_EVERY_US  (5 * SECOND_US) /* in a log */
#define SKEW          2.5             /* how much more popular the popular are */

/* --- What follows from the seed --------------------------------------------------------------- */

static double next_share(struct district *district)
{
    uint64_t z = district->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ z >> 31) >> 11) / (double)(UINT64_C(1) << 53);
}

uint32_t pick(struct district *district, uint32_t below)
{
    return (uint32_t)(next_share(district) * below);
}

bool chance(struct district *district, uint32_t percent)
{
    return pick(district, 100) < percent;
}

uint32_t pick_popular(struct district *district, uint32_t count)
{
    return (uint32_t)(pow(next_share(district), SKEW) * count);
}

uint32_t at_scale(const struct district *district, uint32_t whole, uint32_t least)
{
    uint32_t scaled = whole * district->scale / 100;

    return scaled > least ? scaled : least;
}

int64_t on_day(const struct district *district, int day, int minute)
{
    return district->start_us + day * DAY_US + minute * MINUTE_US;
}

/* --- Progress --------------------------------------------------------------------------------- */

/* Before the year there are no commands, and no rate of them. */
static void tell_terminal(const struct district *district, const char *what, uint32_t percent,
                          uint64_t commands, double rate)
{
    double seconds = (double)(clock_monotonic_us() - district->began_us) / 1e6;

    if (commands == 0)
        fprintf(stderr, "\r  demo: %3u%%  %s, %.0f s ", percent, what, seconds);
    else
        fprintf(stderr, "\r  demo: %3u%%  %s: %u attendances, %.0f commands a second, %.0f s ",
                percent, what, district->record_count, rate, seconds);
}

static void tell(struct district *district, const char *what, uint32_t percent, bool on_a_terminal)
{
    double seconds = (double)(clock_monotonic_us() - district->player_began_us) / 1e6;
    uint64_t commands = district->player ? player_count(district->player) : 0;
    double rate = commands > 0 ? (double)commands / seconds : 0;

    if (on_a_terminal)
        tell_terminal(district, what, percent, commands, rate);
    else
        LOG(INFO, "demo.loading", LOG_INT("percent", percent), LOG_STR("what", what),
            LOG_INT("attendances", district->record_count), LOG_INT("commands", commands),
            LOG_INT("per_second", (int64_t)rate));
}

bool district_goes_on(struct district *district, const char *what, uint32_t percent,
                      struct error *error)
{
    bool on_a_terminal = isatty(STDERR_FILENO);
    int64_t now_us = clock_monotonic_us();

    if (now_us - district->told_us >= (on_a_terminal ? TELL_EVERY_US : LOG_EVERY_US)) {
        district->told_us = now_us;
        tell(district, what, percent, on_a_terminal);
    }
    return demo_goes_on(district->tools, error);
}

/* --- The whole -------------------------------------------------------------------------------- */

static struct district *district_new(const struct demo_tools *tools)
{
    struct district *district = memory_new(sizeof *district);
    int offset = (int)tools->settings->programme.utc_offset_minutes;

    district->tools = tools;
    district->scale = (uint32_t)tools->settings->process.demo_scale;
    district->offset = offset;
    district->end_us = calendar_day_start_us(calendar_day(clock_now_us(), offset), offset);
    district->start_us = district->end_us - DISTRICT_DAYS * DAY_US;
    district->random = DISTRICT_SEED;
    district->arena = arena_new();
    district->agenda = agenda_new();
    district->member_count = at_scale(district, DISTRICT_MEMBERS, 600);
    district->began_us = district->told_us = clock_monotonic_us();
    return district;
}

static void district_free(struct district *district)
{
    player_stop(district->player);
    agenda_free(district->agenda);
    free(district->records);
    free(district->vouchers);
    arena_free(district->arena);
    free(district);
}

static bool start_player(struct district *district, struct error *error)
{
    const struct demo_tools *tools = district->tools;

    district->player =
        player_start(tools->options, tools->instance_id, tools->signer, tools->key_id, error);
    district->player_began_us = clock_monotonic_us();
    return district->player != NULL;
}

static bool plant(struct district *district, struct error *error)
{
    (void)error;
    district_plant(district);
    return true;
}

/* Over, and nothing of it waits for a review. */
static bool settle_activities(struct district *district, struct error *error)
{
    return db_run(district->tools->db, error,
                  "UPDATE activities a SET a.state = ? WHERE a.state = ? AND NOT EXISTS"
                  " (SELECT 1 FROM records r WHERE r.activity_id = a.activity_id AND r.state IN"
                  " (?, ?, ?))",
                  DB_INT(ACTIVITY_SETTLED), DB_INT(ACTIVITY_CLOSED), DB_INT(RECORD_OPEN),
                  DB_INT(RECORD_PENDING), DB_INT(RECORD_NEEDS_STATEMENT)) >= 0;
}

static bool write_cases(struct district *district, struct error *error)
{
    char *path = demo_cases_path(district->tools->settings);
    bool written = district_write_cases(district, path, error);

    free(path);
    return written;
}

/* The order in which the world is made. */
static bool (*const steps[])(struct district *district, struct error *error) = {
    district_make_places,    /* the tree of units */
    district_make_staff,     /* who looks after them */
    district_make_people,    /* members */
    district_make_due_lists, /* who of them was due to register, by when */
    district_make_market,    /* merchants, shops, rewards */
    district_plan_year,      /* activities, and how many come to each */
    plant,                   /* the cases that audit rules must find, and some that only look so */
    start_player,            /* a lane of the ledger */
    district_live,           /* day after day */
    district_announce,       /* what is to come */
    settle_activities,       /* those that are over */
    write_cases,             /* beside the state */
};

bool district_load(const struct demo_tools *tools, struct error *error)
{
    struct district *district = district_new(tools);
    bool loaded = true;

    for (size_t i = 0; loaded && i < ARRAY_LENGTH(steps); i++)
        loaded = steps[i](district, error);
    if (isatty(STDERR_FILENO))
        fputc('\n', stderr);
    if (loaded)
        LOG(INFO, "demo.loaded", LOG_INT("members", district->member_count),
            LOG_INT("activities", district->activity_count),
            LOG_INT("attendances", district->record_count),
            LOG_INT("redemptions", district->voucher_count),
            LOG_INT("commands", player_count(district->player)),
            LOG_INT("us", clock_monotonic_us() - district->began_us));
    district_free(district);
    return loaded;
}
