/*
 * cooling_off: first know somebody, then hand out much. Flags what a young account redeems above an
 * amount, and a redemption that follows the last one within seconds.
 */
#include <linli/plugin.h>

enum { SETTING_DAYS, SETTING_POINTS, SETTING_SECONDS, SETTINGS };
static const struct linli_setting settings[SETTINGS] = {
    [SETTING_DAYS] = {.name = LINLI_TEXT("days"),
                      .type = LINLI_SETTING_INT,
                      .fallback = LINLI_TEXT("7"),
                      .least = 0,
                      .most = 366,
                      .help_zh = LINLI_TEXT("账户注册未满该天数时适用"),
                      .help_en = LINLI_TEXT("how long an account is young, in days")},
    [SETTING_POINTS] = {.name = LINLI_TEXT("points"),
                        .type = LINLI_SETTING_POINTS,
                        .fallback = LINLI_TEXT("20"),
                        .least = 0,
                        .most = 100000000,
                        .help_zh = LINLI_TEXT("新账户一次兑换超过该积分时核对"),
                        .help_en = LINLI_TEXT("points that a young account may redeem at once")},
    [SETTING_SECONDS] = {.name = LINLI_TEXT("seconds"),
                         .type = LINLI_SETTING_SECONDS,
                         .fallback = LINLI_TEXT("0"),
                         .least = 0,
                         .most = 86400,
                         .help_zh = LINLI_TEXT("两次兑换的最短间隔秒数；0 表示不限"),
                         .help_en = LINLI_TEXT("seconds between two redemptions; 0: none")},
};

enum { FACT_AGE, FACT_SINCE };
static const struct linli_text facts[] = {
    [FACT_AGE] = LINLI_TEXT("member.age_days"),
    [FACT_SINCE] = LINLI_TEXT("member.seconds_since_redemption"),
};

struct limits {
    int64_t days, points, seconds;
};
static struct limits limits;

static bool start(const struct linli_setup *setup, void **state)
{
    limits.days = setup->values[SETTING_DAYS].number;
    limits.points = setup->values[SETTING_POINTS].number;
    limits.seconds = setup->values[SETTING_SECONDS].number;
    *state = &limits;
    return true;
}

static void check(const void *state, const struct linli_event *event,
                  const struct linli_facts *known, struct linli_opinion *opinion)
{
    const struct limits *within = state;
    const struct linli_value *age = &known->values[FACT_AGE], *since = &known->values[FACT_SINCE];

    if (age->known && age->number < within->days && event->points > within->points) {
        linli_decide(opinion, LINLI_FLAG, "young_account");
        linli_say(&opinion->reason.zh, "账户注册 %lld 天，本次兑换较多", (long long)age->number);
        linli_say(&opinion->reason.en, "an account of %lld days redeems much at once",
                  (long long)age->number);
    } else if (since->known && since->number < within->seconds) {
        linli_decide(opinion, LINLI_FLAG, "right_after_another");
        linli_say(&opinion->reason.zh, "距上一次兑换 %lld 秒", (long long)since->number);
        linli_say(&opinion->reason.en, "%lld seconds after the last one", (long long)since->number);
    }
}

static const struct linli_audit audit = {sizeof audit, LINLI_REDEEM, check};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_AUDIT),
    .name = LINLI_TEXT("cooling_off"),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("新账户冷静期"),
    .title_en = LINLI_TEXT("A young account that redeems much"),
    .settings = settings,
    .setting_count = SETTINGS,
    .setting_size = sizeof(struct linli_setting),
    .facts = facts,
    .fact_count = sizeof facts / sizeof facts[0],
    .start = start,
    .audit = &audit,
};
