/*
 * star_rating: stars for all the hours that somebody has ever served: 100, 300, 600, 1000, 1500.
 * Stars are never lost, and nobody is ranked.
 */
#include <linli/plugin.h>

#define STARS 5

enum { SETTING_HOURS, SETTINGS };
static const struct linli_setting settings[SETTINGS] = {
    [SETTING_HOURS] = {.name = LINLI_TEXT("hours"),
                       .type = LINLI_SETTING_MAP,
                       .fallback = LINLI_TEXT("1=100\n2=300\n3=600\n4=1000\n5=1500"),
                       .least = 1,
                       .most = 100000,
                       .help_zh = LINLI_TEXT("一至五星所需的服务小时数"),
                       .help_en = LINLI_TEXT("hours of service for one to five stars")},
};

static const struct linli_rating_name ratings[] = {
    {LINLI_TEXT("five_stars"), LINLI_TEXT("五星"), LINLI_TEXT("Five stars"), false},
    {LINLI_TEXT("four_stars"), LINLI_TEXT("四星"), LINLI_TEXT("Four stars"), false},
    {LINLI_TEXT("three_stars"), LINLI_TEXT("三星"), LINLI_TEXT("Three stars"), false},
    {LINLI_TEXT("two_stars"), LINLI_TEXT("二星"), LINLI_TEXT("Two stars"), false},
    {LINLI_TEXT("one_star"), LINLI_TEXT("一星"), LINLI_TEXT("One star"), false},
    {LINLI_TEXT("no_star"), LINLI_TEXT("未评星"), LINLI_TEXT("No star yet"), false},
};

enum { FACT_MINUTES };
static const struct linli_text facts[] = {[FACT_MINUTES] = LINLI_TEXT("service.total_minutes")};

static int64_t hours[STARS]; /* for one star, two … */

static bool start(const struct linli_setup *setup, void **state)
{
    static const char digits[] = "12345";

    for (size_t i = 0; i < STARS; i++) {
        const struct linli_text star = {digits + i, 1};

        if (!linli_map_find(setup->values[SETTING_HOURS].text, star, &hours[i]) ||
            (i > 0 && hours[i] <= hours[i - 1])) {
            linli_say(setup->why, "hours: give 1 to 5, each more than the one before");
            return false;
        }
    }
    *state = hours;
    return true;
}

static void rate(const void *state, const struct linli_rate_question *question,
                 const struct linli_facts *known, struct linli_rating *rating)
{
    const int64_t *needed = state;
    int64_t served = known->values[FACT_MINUTES].number / 60;
    size_t stars = 0;
    struct linli_reason *reason;

    (void)question;
    while (stars < STARS && served >= needed[stars])
        stars++;
    linli_say_code(rating->code, ratings[STARS - stars].code);
    reason = linli_because(rating, "hours_served", stars < STARS ? needed[stars] - served : 0);
    linli_say(&reason->zh, "累计服务 %lld 小时", (long long)served);
    linli_say(&reason->en, "%lld hours of service in all", (long long)served);
    if (stars == STARS)
        return;
    linli_say(&reason->zh, "，距下一星还差 %lld 小时", (long long)(needed[stars] - served));
    linli_say(&reason->en, "; %lld more for the next star", (long long)(needed[stars] - served));
}

static const struct linli_assessment assessment = {
    .size = sizeof assessment,
    .rating_count = sizeof ratings / sizeof ratings[0],
    .ratings = ratings,
    .rate = rate,
    .scopes = LINLI_OF_MEMBER,
    .unit_facts_from = sizeof facts / sizeof facts[0],
};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_ASSESSMENT),
    .name = LINLI_TEXT("star_rating"),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("志愿服务星级"),
    .title_en = LINLI_TEXT("Stars for hours served"),
    .settings = settings,
    .setting_count = SETTINGS,
    .setting_size = sizeof(struct linli_setting),
    .facts = facts,
    .fact_count = sizeof facts / sizeof facts[0],
    .start = start,
    .assessment = &assessment,
};
