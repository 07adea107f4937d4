/*
 * daily_cap: a day has so many hours. Flags a record that brings the service of one day above a
 * number of minutes. (How many points a day may bring is the tariff's: this rule asks whether the
 * time can be true.)
 */
#include <linli/plugin.h>

enum { SETTING_MINUTES, SETTINGS };
static const struct linli_setting settings[SETTINGS] = {
    [SETTING_MINUTES] = {.name = LINLI_TEXT("minutes"),
                         .type = LINLI_SETTING_INT,
                         .fallback = LINLI_TEXT("600"),
                         .least = 30,
                         .most = 1440,
                         .help_zh = LINLI_TEXT("同一人一天内服务超过该分钟数时核对"),
                         .help_en = LINLI_TEXT("minutes of service a day that nobody asks about")},
};

enum { FACT_TODAY };
static const struct linli_text facts[] = {[FACT_TODAY] = LINLI_TEXT("record.minutes_today")};

static int64_t most_minutes;

static bool start(const struct linli_setup *setup, void **state)
{
    most_minutes = setup->values[SETTING_MINUTES].number;
    *state = &most_minutes;
    return true;
}

/* The fact counts the day's other records; this one is the event. */
static void check(const void *state, const struct linli_event *event,
                  const struct linli_facts *known, struct linli_opinion *opinion)
{
    const int64_t *most = state;
    int64_t minutes = known->values[FACT_TODAY].number + event->minutes;

    if (minutes <= *most)
        return;
    linli_decide(opinion, LINLI_FLAG, "long_day");
    linli_say(&opinion->reason.zh, "当天服务合计 %lld 分钟", (long long)minutes);
    linli_say(&opinion->reason.en, "%lld minutes of service on one day", (long long)minutes);
}

static const struct linli_audit audit = {sizeof audit, LINLI_EARN, check};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_AUDIT),
    .name = LINLI_TEXT("daily_cap"),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("单日服务时长"),
    .title_en = LINLI_TEXT("Minutes of service in a day"),
    .settings = settings,
    .setting_count = SETTINGS,
    .setting_size = sizeof(struct linli_setting),
    .facts = facts,
    .fact_count = sizeof facts / sizeof facts[0],
    .start = start,
    .audit = &audit,
};
