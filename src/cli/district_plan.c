/*
 * The plan of the year: weekly posts and single activities, by season and weekday, and how many
 * come to each. Attendances are divided so that their sum is what docs/demo.md says.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "cli/district.h"
#include "cli/district_styles.h"
#include "service/activities.h"
#include "service/series.h"

#define SERIES_PERCENT    42 /* of all activities are weekly */
#define WEEKS             52
#define SHIFTS            2
#define EVERY_WITH_SHIFTS 3 /* series */
#define PLACES_ROUND      5

/* What is planned, before it is sorted: `whole` and `series` name others by their number. */
struct plan {
    struct district *district;
    struct district_activity *list;
    uint32_t count;
    uint32_t *whole;  /* of a shift: its whole one, or NOBODY */
    uint32_t *series; /* number of the series, or NOBODY */
};

static int weekday_of(const struct district *district, int day) /* 0 Monday … 6 Sunday */
{
    int32_t number = calendar_day(on_day(district, day, 0), district->offset);

    return (number + 3) % 7; /* 1970-01-01 was a Thursday */
}

/* 0 … 11, near enough for a season. */
static int month_of(const struct district *district, int day)
{
    char text[11];

    calendar_format_day(calendar_day(on_day(district, day, 0), district->offset), text);
    return (text[5] - '0') * 10 + (text[6] - '0') - 1;
}

/* --- Weekly posts and single ones ------------------------------------------------------------- */

static uint32_t plan_one(struct plan *plan, const struct activity_style *style, uint32_t community,
                         int day, uint32_t series)
{
    struct district *district = plan->district;
    uint32_t number = plan->count++;
    struct district_activity *activity = &plan->list[number];
    const struct district_community *where = &district->communities[community];

    *activity = (struct district_activity){
        .community = community,
        .style = style,
        .day = day,
        .starts_us = on_day(district, day, style->starts_minute),
        .created_by = where->coordinators[pick(district, 2)],
    };
    activity->ends_us = activity->starts_us + style->minutes * MINUTE_US;
    activity->created_us = activity->starts_us - (4 + (int64_t)pick(district, 6)) * DAY_US +
                           (int64_t)pick(district, 3600) * SECOND_US;
    plan->whole[number] = NOBODY;
    plan->series[number] = series;
    return number;
}

static void plan_shifts(struct plan *plan, uint32_t whole)
{
    struct district_activity *of = &plan->list[whole];
    int64_t length_us = (of->ends_us - of->starts_us) / SHIFTS;

    of->has_shifts = true;
    for (int i = 0; i < SHIFTS; i++) {
        uint32_t number = plan->count++;
        struct district_activity *shift = &plan->list[number];

        *shift = *of;
        shift->has_shifts = false;
        shift->post = i == 0 ? "前半场" : "后半场";
        shift->starts_us = of->starts_us + i * length_us;
        shift->ends_us = shift->starts_us + length_us;
        plan->whole[number] = whole;
        plan->series[number] = plan->series[whole];
    }
}

static const struct activity_style *style_for(struct district *district, int day, bool weekly)
{
    int weekday = weekday_of(district, day), month = month_of(district, day);
    const struct activity_style *style;

    do {
        style = &activity_styles[pick(district, activity_styles_count)];
    } while (style->weekly != weekly || !(style->weekdays & (1U << weekday)) ||
             !(style->months & (1U << month)));
    return style;
}

/* Every week but the one of the spring festival; the last ones are still to come. */
static void plan_series(struct plan *plan, uint32_t series)
{
    struct district *district = plan->district;
    int first = (int)(series % 7);
    const struct activity_style *style = style_for(district, first, true);
    uint32_t community = series % district->community_count;

    for (int day = first; day < DISTRICT_DAYS + DISTRICT_AHEAD_DAYS; day += 7) {
        uint32_t number = plan_one(plan, style, community, day, series);

        plan->list[number].cancelled = day > first && day < DISTRICT_DAYS && chance(district, 2);
        if (series % EVERY_WITH_SHIFTS == 0)
            plan_shifts(plan, number);
    }
}

/* Saturdays and Sundays are full, February is quiet, March and December are not. */
static uint32_t weight_of_day(const struct district *district, int day)
{
    static const uint32_t weekdays[7] = {8, 8, 9, 9, 12, 28, 22};
    static const uint32_t months[12] = {9, 5, 14, 11, 10, 10, 11, 10, 10, 11, 10, 13};

    return weekdays[weekday_of(district, day)] * months[month_of(district, day)];
}

static void plan_singles(struct plan *plan, uint32_t count, int first, int end)
{
    struct district *district = plan->district;
    uint32_t total = 0, number = 0;

    for (int day = first; day < end; day++)
        total += weight_of_day(district, day);
    for (int day = first, sum = 0; day < end; day++) {
        sum += (int)weight_of_day(district, day);
        for (; number < (uint64_t)count * (uint32_t)sum / total; number++) {
            uint32_t community = chance(district, 50)
                                     ? pick(district, district->community_count)
                                     : pick_popular(district, district->community_count);
            uint32_t made = plan_one(plan, style_for(district, day, false), community, day, NOBODY);

            plan->list[made].cancelled = day < DISTRICT_DAYS && chance(district, 2);
        }
    }
}

/* --- How many come ---------------------------------------------------------------------------- */

static uint32_t weight_of(struct district *district, const struct district_activity *activity)
{
    uint32_t share = 60 + pick(district, 90);

    if (activity->day >= DISTRICT_DAYS || activity->cancelled || activity->has_shifts)
        return 0;
    return (uint32_t)activity->style->size * share / (activity->post ? 2 : 1);
}

static void divide_attendances(struct district *district, uint32_t total)
{
    uint32_t count = district->activity_count;
    uint32_t *weights = arena_take(district->arena, count * sizeof *weights);
    uint64_t sum = 0, before = 0;

    for (uint32_t i = 0; i < count; i++)
        sum += weights[i] = weight_of(district, &district->activities[i]);
    ASSERT(sum > 0);
    for (uint32_t i = 0; i < count; i++) {
        struct district_activity *activity = &district->activities[i];
        uint64_t after = before + weights[i];

        activity->turnout = (int32_t)(after * total / sum - before * total / sum);
        activity->capacity = activity->turnout > 0 ? activity->turnout : activity->style->size;
        activity->capacity += activity->capacity * (int32_t)(10 + pick(district, 35)) / 100 + 2;
        activity->capacity += PLACES_ROUND - activity->capacity % PLACES_ROUND;
        before = after;
    }
}

/* --- In order --------------------------------------------------------------------------------- */

static int by_start(const void *a, const void *b)
{
    const struct district_activity *left = a, *right = b;

    if (left->starts_us != right->starts_us)
        return left->starts_us < right->starts_us ? -1 : 1;
    return (left->id > right->id) - (left->id < right->id); /* still its number in the plan */
}

/* Ids go up with time; whole ones and patterns are found by their numbers in the plan. */
static void name_all(struct plan *plan, uint32_t series_count)
{
    struct district *district = plan->district;
    uint64_t *ids = arena_take(district->arena, (plan->count + 1) * sizeof *ids);
    uint64_t *patterns = arena_take(district->arena, (series_count + 1) * sizeof *patterns);

    for (uint32_t i = 0; i < plan->count; i++)
        plan->list[i].id = i;
    qsort(plan->list, plan->count, sizeof *plan->list, by_start);
    for (uint32_t i = 0; i < plan->count; i++) {
        struct district_activity *activity = &plan->list[i];
        uint32_t number = (uint32_t)activity->id;
        uint32_t whole = plan->whole[number], series = plan->series[number];

        activity->id = ids[number] = id_next(district->tools->ids);
        if (whole != NOBODY)
            activity->part_of = ids[whole]; /* starts no later, and was planned before */
        if (series == NOBODY)
            continue;
        if (patterns[series] == 0)
            patterns[series] = activity->id;
        activity->series_id = patterns[series];
    }
    district->activities = plan->list;
    district->activity_count = plan->count;
}

/* What goes on by itself after the load starts where the plan ends. */
static bool insert_series(struct district *district, struct error *error)
{
    struct bulk series =
        bulk_into(district->tools->db, "INSERT INTO activity_series (series_id, pattern_id, state,"
                                       " weeks_ahead, next_week, until_us, created_by, created_us)"
                                       " VALUES ");
    bool fine = true;

    for (uint32_t i = 0; fine && i < district->activity_count; i++) {
        const struct district_activity *activity = &district->activities[i];
        int weeks = (DISTRICT_DAYS + DISTRICT_AHEAD_DAYS - activity->day + 6) / 7;

        if (activity->series_id == activity->id)
            fine = bulk_add(&series, error, DB_ID(activity->id), DB_ID(activity->id), DB_INT(1),
                            DB_INT(DISTRICT_AHEAD_DAYS / 7), DB_INT(weeks), DB_INT(0),
                            DB_ID(activity->created_by), DB_INT(activity->created_us));
    }
    return bulk_end(&series, fine ? error : NULL) && fine;
}

bool district_plan_year(struct district *district, struct error *error)
{
    uint32_t count = at_scale(district, DISTRICT_ACTIVITIES, 120);
    uint32_t series_count = (count * SERIES_PERCENT / 100 + WEEKS - 1) / WEEKS;
    uint32_t most = (count + series_count * (WEEKS + 4)) * (SHIFTS + 1);
    uint32_t coming = count * DISTRICT_AHEAD_DAYS / DISTRICT_DAYS;
    uint32_t weekly = 0;
    struct plan plan = {
        .district = district,
        .list = arena_take(district->arena, (most + PLANTED_ACTIVITIES_MOST) * sizeof *plan.list),
        .whole = arena_take(district->arena, most * sizeof *plan.whole),
        .series = arena_take(district->arena, most * sizeof *plan.series),
    };

    for (uint32_t i = 0; i < series_count; i++)
        plan_series(&plan, i);
    for (uint32_t i = 0; i < plan.count; i++)
        weekly += plan.whole[i] == NOBODY && plan.list[i].day < DISTRICT_DAYS;
    plan_singles(&plan, count - weekly, 0, DISTRICT_DAYS);
    plan_singles(&plan, coming, DISTRICT_DAYS, DISTRICT_DAYS + DISTRICT_AHEAD_DAYS);
    ASSERT(plan.count <= most);
    name_all(&plan, series_count);
    divide_attendances(district, at_scale(district, DISTRICT_ATTENDANCES, 1000));
    return insert_series(district, error);
}
