/*
 * What is planted: five ways to cheat, each several times, and beside each something innocent that
 * looks alike. docs/demo.md says which rule should find which; tests/api/test_district.py has the
 * queries.
 */
#include "base/clock.h"
#include "cli/district.h"
#include "cli/district_styles.h"
#include "service/activities.h"
#include "service/backfill.h"

/* --- Who and what ----------------------------------------------------------------------------- */

static bool was_there(const struct district *district, const struct district_member *member)
{
    return member->joined_us < district->start_us && !member->saves;
}

/* One of the busiest, who has points to spend, and plays no part yet. */
static uint32_t rich_member(struct district *district)
{
    for (uint32_t rank = 0;; rank++)
        for (uint32_t i = 0; i < district->community_count; i++) {
            ASSERT(rank < district->communities[i].member_count);
            uint32_t index = district->communities[i].members[rank];

            if (was_there(district, &district->members[index])) {
                district->members[index].saves = true;
                return index;
            }
        }
}

/* One of the community who hardly ever comes. */
static uint32_t idle_member(struct district *district, uint32_t community)
{
    const struct district_community *of = &district->communities[community];
    uint32_t rank = of->member_count;

    do
        ASSERT(rank > 0);
    while (!was_there(district, &district->members[of->members[--rank]]));
    district->members[of->members[rank]].saves = true;
    return of->members[rank];
}

static uint64_t member_id(const struct district *district, uint32_t member)
{
    return district->members[member].id;
}

/* An evening of its own, beside the plan. */
static uint32_t add_activity(struct district *district, uint32_t community, int day,
                             const struct activity_style *style, uint64_t by)
{
    uint32_t index = district->activity_count + district->planted_activities++;
    struct district_activity *activity = &district->activities[index];

    ASSERT(district->planted_activities <= PLANTED_ACTIVITIES_MOST);
    *activity = (struct district_activity){
        .id = id_next(district->tools->ids),
        .created_by = by,
        .community = community,
        .style = style,
        .day = day,
        .starts_us = on_day(district, day, style->starts_minute),
        .ends_us = on_day(district, day, style->starts_minute + style->minutes),
        .capacity = 20,
    };
    activity->created_us = activity->starts_us - 3 * DAY_US;
    return index;
}

/* Whole, honest in every way; the caller says what is not. */
static struct planned_attendance *add_attendance(struct district *district, struct planted *planted,
                                                 uint32_t activity, uint32_t member)
{
    const struct district_activity *of = &district->activities[activity];
    struct planned_attendance *planned = &district->planned[district->planned_count++];

    ASSERT(district->planned_count <= PLANNED_MOST);
    *planned = (struct planned_attendance){
        .activity = activity,
        .member = member,
        .signed_up_us = of->created_us + DAY_US,
        .started_us = of->starts_us,
        .ended_us = of->ends_us,
        .reviewed_us = review_time(district, of->day + 1, pick(district, REVIEWS)),
        .reviewer = district->communities[of->community].coordinators[0],
        .grade = GRADE_C,
        .planted = planted,
    };
    planted_note(&planted->members, member_id(district, member));
    planted_note(&planted->activities, of->id);
    planted_at(planted, of->starts_us);
    planted_at(planted, of->ends_us);
    return planned;
}

static bool is_plain(const struct district_activity *activity)
{
    return !activity->has_shifts && !activity->cancelled && activity->post == NULL;
}

/* --- Overlapping service ---------------------------------------------------------------------- */

#define OVERLAPS     12
#define BACK_TO_BACK 6
#define EARLY_COMERS 4
#define EARLY_BY     (12 * MINUTE_US)
#define SOON         15 /* days */

/* A plain activity of two hours and more, on that day or soon after; one beside the plan where the
 * plan has none. */
static uint32_t long_activity(struct district *district, int day)
{
    static const struct activity_style style = {.title = "邻里服务日",
                                                .place = "文化广场",
                                                .category = 6,
                                                .coefficient = 100,
                                                .starts_minute = 14 * 60,
                                                .minutes = 150,
                                                .size = 20,
                                                .skill = ""};
    uint32_t community = (uint32_t)day % district->community_count;

    for (uint32_t i = 0; i < district->activity_count; i++) {
        const struct district_activity *activity = &district->activities[i];

        if (activity->day >= day && activity->day < day + SOON && is_plain(activity) &&
            activity->style->minutes >= 120)
            return i;
    }
    uint32_t made = add_activity(district, community, day, &style,
                                 district->communities[community].coordinators[0]);
    district->activities[made].turnout = style.size;
    return made;
}

/* Another one, in the next community, that begins so long after the end of `other`. */
static uint32_t add_activity_after(struct district *district, uint32_t other, int64_t gap_us)
{
    static const struct activity_style style = {.title = "便民服务日",
                                                .place = "小区广场",
                                                .category = 8,
                                                .coefficient = 100,
                                                .starts_minute = 0,
                                                .minutes = 120,
                                                .size = 20,
                                                .skill = ""};
    const struct district_activity *of = &district->activities[other];
    uint32_t community = (of->community + 1) % district->community_count;
    uint32_t index = add_activity(district, community, of->day, &style,
                                  district->communities[community].coordinators[0]);
    struct district_activity *made = &district->activities[index];

    made->starts_us = of->ends_us + gap_us;
    made->ends_us = made->starts_us + 2 * HOUR_US;
    made->turnout = 14;
    return index;
}

static void plant_overlaps(struct district *district)
{
    for (int i = 0; i < OVERLAPS; i++) {
        uint32_t first = long_activity(district, 30 + i * 26);
        uint32_t second = add_activity_after(district, first, -(45 + i * 5) * MINUTE_US);
        struct planted *planted =
            planted_new(district, "overlap", false, "in two places at once, checked in at both");
        uint32_t member = idle_member(district, district->activities[first].community);

        add_attendance(district, planted, first, member);
        add_attendance(district, planted, second, member);
    }
}

/* Two shifts of one morning, one after the other. */
static void plant_back_to_back(struct district *district)
{
    uint32_t found = 0;

    for (uint32_t i = 0; found < BACK_TO_BACK && i < district->activity_count; i++) {
        const struct district_activity *a = &district->activities[i];
        uint32_t j = i + 1;

        if (a->post == NULL || a->cancelled || a->day < 40 + (int)found * 45)
            continue;
        while (j < district->activity_count &&
               (district->activities[j].part_of != a->part_of || j == i))
            j++;
        if (j == district->activity_count || district->activities[j].starts_us != a->ends_us)
            continue;
        struct planted *planted =
            planted_new(district, "overlap", true, "two shifts, one straight after the other");
        uint32_t member = idle_member(district, a->community);

        add_attendance(district, planted, i, member);
        add_attendance(district, planted, j, member);
        found++;
    }
}

/* Checked in for the second before it began, while the first went on: no minute counts twice. */
static void plant_early_comers(struct district *district)
{
    for (int i = 0; i < EARLY_COMERS; i++) {
        uint32_t first = long_activity(district, 50 + i * 70);
        uint32_t second = add_activity_after(district, first, 5 * MINUTE_US);
        struct planted *planted = planted_new(
            district, "overlap", true, "checked in early next door; the counted times do not meet");
        uint32_t member = idle_member(district, district->activities[first].community);

        add_attendance(district, planted, first, member);
        add_attendance(district, planted, second, member)->started_us -= EARLY_BY;
    }
}

/* --- Sold hours ------------------------------------------------------------------------------- */

#define SELLERS     3
#define NIGHTS      4
#define BUYERS      8 /* a night */
#define PAIRS       2
#define PAIR_DAYS   3
#define PAIR_BUYERS 6

/* At midnight: signed up, called, corrected to five hours and approved within minutes. */
static void plant_night(struct district *district, struct planted *planted, uint32_t community,
                        int day)
{
    static const struct activity_style style = {.title = "夜间值守",
                                                .place = "社区服务中心",
                                                .category = 8,
                                                .coefficient = 100,
                                                .starts_minute = 19 * 60,
                                                .minutes = 300,
                                                .size = BUYERS,
                                                .skill = ""};
    uint64_t seller = district->communities[community].coordinators[1];
    uint32_t activity = add_activity(district, community, day, &style, seller);
    int64_t ends_us = district->activities[activity].ends_us;

    planted_note(&planted->accounts, seller);
    for (int i = 0; i < BUYERS; i++) {
        struct planned_attendance *sold =
            add_attendance(district, planted, activity, idle_member(district, community));

        sold->signed_up_us = ends_us - 3 * MINUTE_US + i * 7 * SECOND_US;
        sold->reviewed_us = ends_us + 2 * MINUTE_US;
        sold->reviewer = seller;
        sold->corrected = true;
        planted_at(planted, sold->reviewed_us);
    }
}

/* Entered at night for people who never signed up; the other one approves as soon as they may. */
static void plant_pair(struct district *district, struct planted *planted, uint32_t activity)
{
    const struct district_activity *of = &district->activities[activity];
    const struct district_community *where = &district->communities[of->community];
    int64_t proposed_us = on_day(district, of->day + 1, 23 * 60 + 40);

    planted_note(&planted->accounts, where->coordinators[0]);
    planted_note(&planted->accounts, where->coordinators[1]);
    for (int i = 0; i < PAIR_BUYERS; i++) {
        struct planned_attendance *sold =
            add_attendance(district, planted, activity, idle_member(district, of->community));

        sold->signed_up_us = 0;
        sold->grade = GRADE_D;
        sold->proposed_by = where->coordinators[1];
        sold->proposed_us = proposed_us + i * 9 * SECOND_US;
        sold->reviewed_us = proposed_us + PUBLIC_NOTICE_US + 80 * SECOND_US;
        planted_at(planted, sold->reviewed_us);
    }
}

static void plant_sold_hours(struct district *district)
{
    for (uint32_t i = 0; i < SELLERS; i++) {
        uint32_t community = (i * 5 + 3) % district->community_count;
        struct planted *planted = planted_new(
            district, "sold_hours", false,
            "five hours for people who were not there, signed up, corrected and approved within"
            " minutes of midnight by the same coordinator");

        for (int night = 0; night < NIGHTS; night++)
            plant_night(district, planted, community, 120 + (int)i * 17 + night * 31);
    }
    for (int i = 0; i < PAIRS; i++) {
        struct planted *planted = planted_new(
            district, "sold_hours", false,
            "entered afterwards at night for people who never signed up, and approved by the"
            " other one two minutes after the notice had ended");

        for (int j = 0; j < PAIR_DAYS; j++)
            plant_pair(district, planted, long_activity(district, 90 + i * 71 + j * 23));
    }
}

/* The list was on paper; another person looked at it, by day, when the notice had ended. */
static void plant_honest_paper(struct district *district)
{
    for (int i = 0; i < 3; i++) {
        uint32_t activity = long_activity(district, 60 + i * 85);
        const struct district_activity *of = &district->activities[activity];
        const struct district_community *where = &district->communities[of->community];
        struct planted *planted = planted_new(district, "sold_hours", true,
                                              "entered from a paper list, by day, by two people");

        planted_note(&planted->accounts, where->coordinators[0]);
        for (int j = 0; j < 5; j++) {
            struct planned_attendance *honest =
                add_attendance(district, planted, activity, idle_member(district, of->community));

            honest->grade = GRADE_D;
            honest->proposed_by = where->coordinators[0];
            honest->proposed_us = on_day(district, of->day + 1, 10 * 60 + j);
            honest->reviewer = district->street_coordinators[where->street];
            honest->reviewed_us = review_time(district, of->day + 10 + i, 1);
        }
    }
}

/* A patrol that ended late, and was reviewed the same night: who came had signed up days before. */
static void plant_late_reviews(struct district *district)
{
    static const struct activity_style style = {.title = "台风夜巡查",
                                                .place = "江边码头",
                                                .category = 4,
                                                .coefficient = 120,
                                                .starts_minute = 20 * 60,
                                                .minutes = 180,
                                                .size = 6,
                                                .skill = ""};

    for (uint32_t i = 0; i < 2; i++) {
        uint32_t community = (i * 3 + 1) % district->community_count;
        uint64_t by = district->communities[community].coordinators[0];
        uint32_t activity = add_activity(district, community, 200 + (int)i * 40, &style, by);
        struct planted *planted =
            planted_new(district, "sold_hours", true, "a late patrol, reviewed the same night");

        planted_note(&planted->accounts, by);
        for (int j = 0; j < 6; j++)
            add_attendance(district, planted, activity, idle_member(district, community))
                ->reviewed_us = district->activities[activity].ends_us + 25 * MINUTE_US;
    }
}

/* --- A code that was photographed ------------------------------------------------------------- */

#define PHOTOS        3
#define PHOTO_VIEWERS 14

static void plant_photos(struct district *district)
{
    for (int i = 0; i < PHOTOS; i++) {
        uint32_t activity = long_activity(district, 100 + i * 77);
        const struct district_activity *of = &district->activities[activity];
        struct planted *planted =
            planted_new(district, "code_photo", false,
                        "checked in with a photo of the code, from elsewhere, within a minute");

        for (int j = 0; j < PHOTO_VIEWERS; j++) {
            struct planned_attendance *absent =
                add_attendance(district, planted, activity, idle_member(district, of->community));

            absent->started_us = of->starts_us + 3 * MINUTE_US + j * 4 * SECOND_US;
            absent->place_check = PLACE_OUT_OF_RANGE;
        }
    }
}

/* A place that is larger than its circle. */
static void plant_large_places(struct district *district)
{
    for (int i = 0; i < 2; i++) {
        uint32_t activity = long_activity(district, 140 + i * 90);
        const struct district_activity *of = &district->activities[activity];
        struct planted *planted = planted_new(district, "code_photo", true,
                                              "a large park: some checked in at its far end");

        for (int j = 0; j < 6; j++) {
            struct planned_attendance *present =
                add_attendance(district, planted, activity, idle_member(district, of->community));

            present->started_us = of->starts_us - 10 * MINUTE_US + j * 4 * MINUTE_US;
            present->place_check = PLACE_OUT_OF_RANGE;
        }
    }
}

/* --- At the counter: district_plant_market ---------------------------------------------------- */

uint32_t plant_actor(struct district *district, struct planted *planted)
{
    uint32_t member = rich_member(district);

    ASSERT(district->actor_count < ACTORS_MOST);
    district->actors[district->actor_count++] = member;
    planted_note(&planted->members, member_id(district, member));
    return member;
}

void district_plant(struct district *district)
{
    district->planned = arena_take(district->arena, PLANNED_MOST * sizeof *district->planned);
    plant_counters(district); /* first: they need the busiest */
    plant_overlaps(district);
    plant_back_to_back(district);
    plant_early_comers(district);
    plant_sold_hours(district);
    plant_honest_paper(district);
    plant_late_reviews(district);
    plant_photos(district);
    plant_large_places(district);
}
