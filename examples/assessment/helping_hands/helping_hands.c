/*
 * helping_hands: a policy of your own. Rates members by the hours that they served in a period, and
 * tells them how much is missing for the next rating.
 */
#include <linli/plugin.h>

/* What an administrator can configure. */
enum { SETTING_GOLD, SETTING_SILVER, SETTINGS };
static const struct linli_setting settings[SETTINGS] = {
    [SETTING_GOLD] = {.name = LINLI_TEXT("gold_hours"),
                      .type = LINLI_SETTING_INT,
                      .fallback = LINLI_TEXT("40"),
                      .least = 1,
                      .most = 10000,
                      .help_zh = LINLI_TEXT("金手所需小时数"),
                      .help_en = LINLI_TEXT("hours for gold")},
    [SETTING_SILVER] = {.name = LINLI_TEXT("silver_hours"),
                        .type = LINLI_SETTING_INT,
                        .fallback = LINLI_TEXT("10"),
                        .least = 1,
                        .most = 10000,
                        .help_zh = LINLI_TEXT("银手所需小时数"),
                        .help_en = LINLI_TEXT("hours for silver")},
};

/* The ratings that it can give, best first. */
enum { GOLD, SILVER, HELPING, RATINGS };
static const struct linli_rating_name ratings[RATINGS] = {
    [GOLD] = {LINLI_TEXT("gold"), LINLI_TEXT("金手"), LINLI_TEXT("Golden hands"), false},
    [SILVER] = {LINLI_TEXT("silver"), LINLI_TEXT("银手"), LINLI_TEXT("Silver hands"), false},
    [HELPING] = {LINLI_TEXT("helping"), LINLI_TEXT("助手"), LINLI_TEXT("Helping hands"), false},
};

/* What it wants to know of each member: facts over the period. */
enum { FACT_MINUTES };
static const struct linli_text facts[] = {[FACT_MINUTES] = LINLI_TEXT("period.minutes")};

static int64_t hours[RATINGS]; /* needed for each rating */

static bool start(const struct linli_setup *setup, void **state)
{
    hours[GOLD] = setup->values[SETTING_GOLD].number;
    hours[SILVER] = setup->values[SETTING_SILVER].number;
    *state = hours;
    if (hours[SILVER] < hours[GOLD])
        return true;
    linli_say(setup->why, "silver_hours must be less than gold_hours");
    return false;
}

static void rate(const void *state, const struct linli_rate_question *question,
                 const struct linli_facts *known, struct linli_rating *rating)
{
    const int64_t *needed = state;
    int64_t served = known->values[FACT_MINUTES].number / 60;
    int which = served >= needed[GOLD] ? GOLD : served >= needed[SILVER] ? SILVER : HELPING;
    int64_t missing = which == GOLD ? 0 : needed[which - 1] - served;
    struct linli_reason *reason = linli_because(rating, "hours_served", missing);

    (void)question;
    linli_say_code(rating->code, ratings[which].code);
    linli_say(&reason->zh, "服务 %lld 小时", (long long)served);
    linli_say(&reason->en, "%lld hours of service", (long long)served);
    if (missing == 0)
        return;
    linli_say(&reason->zh, "，再服务 %lld 小时可升级", (long long)missing);
    linli_say(&reason->en, "; %lld more for the next rating", (long long)missing);
}

static const struct linli_assessment assessment = {
    .size = sizeof(struct linli_assessment),
    .rating_count = RATINGS,
    .ratings = ratings,
    .rate = rate,
    .scopes = LINLI_OF_MEMBER,
    .unit_facts_from = sizeof facts / sizeof facts[0],
};

/* The one symbol that the server looks for. */
LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_ASSESSMENT),
    .name = LINLI_TEXT("helping_hands"),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("服务之手"),
    .title_en = LINLI_TEXT("Hands that help"),
    .settings = settings,
    .setting_count = SETTINGS,
    .setting_size = sizeof(struct linli_setting),
    .facts = facts,
    .fact_count = sizeof facts / sizeof facts[0],
    .start = start,
    .assessment = &assessment,
};
