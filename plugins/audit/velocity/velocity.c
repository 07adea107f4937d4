/*
 * velocity: too much, too fast. Flags a redemption when the member has made more than so many
 * within an hour or a day, or spent more than so much within 30 days; denies far beyond.
 */
#include <linli/plugin.h>

enum {
    SETTING_MOST_1H,
    SETTING_MOST_24H,
    SETTING_MOST_30D,
    SETTING_POINTS_30D,
    SETTING_DENY_24H,
    SETTINGS
};
static const struct linli_setting settings[SETTINGS] = {
    [SETTING_MOST_1H] = {.name = LINLI_TEXT("most_1h"),
                         .type = LINLI_SETTING_INT,
                         .fallback = LINLI_TEXT("5"),
                         .least = 1,
                         .most = 1000,
                         .help_zh = LINLI_TEXT("1 小时内兑换次数超过该值时核对"),
                         .help_en = LINLI_TEXT("redemptions in an hour that nobody asks about")},
    [SETTING_MOST_24H] = {.name = LINLI_TEXT("most_24h"),
                          .type = LINLI_SETTING_INT,
                          .fallback = LINLI_TEXT("12"),
                          .least = 1,
                          .most = 1000,
                          .help_zh = LINLI_TEXT("24 小时内兑换次数超过该值时核对"),
                          .help_en = LINLI_TEXT("redemptions in 24 hours that nobody asks about")},
    [SETTING_MOST_30D] = {.name = LINLI_TEXT("most_30d"),
                          .type = LINLI_SETTING_INT,
                          .fallback = LINLI_TEXT("40"),
                          .least = 1,
                          .most = 10000,
                          .help_zh = LINLI_TEXT("30 天内兑换次数超过该值时核对"),
                          .help_en = LINLI_TEXT("redemptions in 30 days that nobody asks about")},
    [SETTING_POINTS_30D] = {.name = LINLI_TEXT("points_30d"),
                            .type = LINLI_SETTING_POINTS,
                            .fallback = LINLI_TEXT("1000"),
                            .least = 0,
                            .most = 100000000,
                            .help_zh = LINLI_TEXT("30 天内花费积分超过该值时核对；0 表示不限"),
                            .help_en = LINLI_TEXT("points spent in 30 days that nobody asks "
                                                  "about; 0: any")},
    [SETTING_DENY_24H] = {.name = LINLI_TEXT("deny_24h"),
                          .type = LINLI_SETTING_INT,
                          .fallback = LINLI_TEXT("0"),
                          .least = 0,
                          .most = 10000,
                          .help_zh = LINLI_TEXT("24 小时内兑换次数超过该值时不予兑换；0 表示从不"),
                          .help_en = LINLI_TEXT("redemptions in 24 hours beyond which it is "
                                                "denied; 0: never")},
};

enum { FACT_1H, FACT_24H, FACT_30D, FACT_POINTS_30D };
static const struct linli_text facts[] = {
    [FACT_1H] = LINLI_TEXT("member.redemptions_1h"),
    [FACT_24H] = LINLI_TEXT("member.redemptions_24h"),
    [FACT_30D] = LINLI_TEXT("member.redemptions_30d"),
    [FACT_POINTS_30D] = LINLI_TEXT("member.points_spent_30d"),
};

struct limits {
    int64_t most_1h, most_24h, most_30d, points_30d, deny_24h;
};
static struct limits limits;

static bool start(const struct linli_setup *setup, void **state)
{
    limits.most_1h = setup->values[SETTING_MOST_1H].number;
    limits.most_24h = setup->values[SETTING_MOST_24H].number;
    limits.most_30d = setup->values[SETTING_MOST_30D].number;
    limits.points_30d = setup->values[SETTING_POINTS_30D].number;
    limits.deny_24h = setup->values[SETTING_DENY_24H].number;
    *state = &limits;
    if (limits.deny_24h == 0 || limits.deny_24h >= limits.most_24h)
        return true;
    linli_say(setup->why, "deny_24h is below most_24h: it would deny before it asks");
    return false;
}

static void say(struct linli_opinion *opinion, enum linli_verdict verdict, const char *code,
                const char *zh, const char *en, int64_t number)
{
    linli_decide(opinion, verdict, code);
    linli_say(&opinion->reason.zh, "%s：%lld", zh, (long long)number);
    linli_say(&opinion->reason.en, "%s: %lld", en, (long long)number);
}

/* The facts do not count the redemption that is asked about. */
static void check(const void *state, const struct linli_event *event,
                  const struct linli_facts *known, struct linli_opinion *opinion)
{
    const struct limits *within = state;
    int64_t hour = known->values[FACT_1H].number + 1;
    int64_t day = known->values[FACT_24H].number + 1, month = known->values[FACT_30D].number + 1;
    int64_t points = known->values[FACT_POINTS_30D].number + event->points;

    if (within->deny_24h > 0 && day > within->deny_24h)
        say(opinion, LINLI_DENY, "too_many_redemptions", "24 小时内兑换次数", "redemptions in 24 h",
            day);
    else if (hour > within->most_1h)
        say(opinion, LINLI_FLAG, "many_redemptions_in_an_hour", "1 小时内兑换次数",
            "redemptions in an hour", hour);
    else if (day > within->most_24h)
        say(opinion, LINLI_FLAG, "many_redemptions_in_a_day", "24 小时内兑换次数",
            "redemptions in 24 h", day);
    else if (month > within->most_30d)
        say(opinion, LINLI_FLAG, "many_redemptions_in_a_month", "30 天内兑换次数",
            "redemptions in 30 days", month);
    else if (within->points_30d > 0 && points > within->points_30d)
        say(opinion, LINLI_FLAG, "many_points_in_a_month", "30 天内兑换积分",
            "points spent in 30 days", points / 100);
}

static const struct linli_audit audit = {sizeof audit, LINLI_REDEEM, check};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_AUDIT),
    .name = LINLI_TEXT("velocity"),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("兑换过于频繁"),
    .title_en = LINLI_TEXT("Redeeming too fast"),
    .settings = settings,
    .setting_count = SETTINGS,
    .setting_size = sizeof(struct linli_setting),
    .facts = facts,
    .fact_count = sizeof facts / sizeof facts[0],
    .start = start,
    .audit = &audit,
};
