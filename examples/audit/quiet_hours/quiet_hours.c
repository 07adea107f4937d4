/*
 * quiet_hours: a rule of your own. Flags a redemption in the small hours that costs more than a
 * number of points: a person looks at it in the morning.
 */
#include <linli/plugin.h>

/* What an administrator can configure. The server draws its form from this table, checks what is
 * entered against it, and hands over one value per entry, defaults included. */
enum { SETTING_FROM, SETTING_TO, SETTING_POINTS, SETTING_OFFSET, SETTINGS };
static const struct linli_setting settings[SETTINGS] = {
    [SETTING_FROM] = {.name = LINLI_TEXT("from_hour"),
                      .type = LINLI_SETTING_INT,
                      .fallback = LINLI_TEXT("0"),
                      .least = 0,
                      .most = 23,
                      .help_zh = LINLI_TEXT("从几点起"),
                      .help_en = LINLI_TEXT("the hour at which the quiet begins")},
    [SETTING_TO] = {.name = LINLI_TEXT("to_hour"),
                    .type = LINLI_SETTING_INT,
                    .fallback = LINLI_TEXT("5"),
                    .least = 1,
                    .most = 24,
                    .help_zh = LINLI_TEXT("到几点止"),
                    .help_en = LINLI_TEXT("the hour at which it ends")},
    [SETTING_POINTS] = {.name = LINLI_TEXT("points"),
                        .type = LINLI_SETTING_POINTS,
                        .fallback = LINLI_TEXT("50"),
                        .least = 0,
                        .most = 100000000,
                        .help_zh = LINLI_TEXT("一次兑换超过该积分时核对"),
                        .help_en = LINLI_TEXT("points that nobody asks about")},
    [SETTING_OFFSET] = {.name = LINLI_TEXT("utc_offset_minutes"),
                        .type = LINLI_SETTING_INT,
                        .fallback = LINLI_TEXT("480"),
                        .least = -720,
                        .most = 840,
                        .help_zh = LINLI_TEXT("当地时区相对 UTC 的分钟数"),
                        .help_en = LINLI_TEXT("the local time zone, in minutes from UTC")},
};

/* What the rule wants to know beyond the event itself. `linli facts` lists what there is. */
enum { FACT_24H };
static const struct linli_text facts[] = {[FACT_24H] = LINLI_TEXT("member.redemptions_24h")};

#define HOUR_US   INT64_C(3600000000)
#define MINUTE_US INT64_C(60000000)

struct rule {
    int64_t from, to, points, offset;
};
static struct rule rule;

/* Once, before any question. */
static bool start(const struct linli_setup *setup, void **state)
{
    rule = (struct rule){
        .from = setup->values[SETTING_FROM].number,
        .to = setup->values[SETTING_TO].number,
        .points = setup->values[SETTING_POINTS].number,
        .offset = setup->values[SETTING_OFFSET].number,
    };
    *state = &rule;
    if (rule.from < rule.to)
        return true;
    linli_say(setup->why, "from_hour must come before to_hour");
    return false;
}

/* Once for each redemption. What is not flagged or denied is allowed. */
static void check(const void *state, const struct linli_event *event,
                  const struct linli_facts *known, struct linli_opinion *opinion)
{
    const struct rule *by = state;
    int64_t hour = (event->at_us + by->offset * MINUTE_US) / HOUR_US % 24;

    if (hour < by->from || hour >= by->to || event->points <= by->points)
        return;
    linli_decide(opinion, LINLI_FLAG, "in_the_small_hours");
    linli_say(&opinion->reason.zh, "凌晨 %lld 点兑换较多积分，24 小时内第 %lld 次", (long long)hour,
              (long long)known->values[FACT_24H].number + 1);
    linli_say(&opinion->reason.en, "much at %lld o'clock at night, number %lld within 24 hours",
              (long long)hour, (long long)known->values[FACT_24H].number + 1);
}

static const struct linli_audit audit = {
    .size = sizeof(struct linli_audit), .events = LINLI_REDEEM, .check = check};

/* The one symbol that the server looks for. */
LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_AUDIT),
    .name = LINLI_TEXT("quiet_hours"),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("凌晨大额兑换"),
    .title_en = LINLI_TEXT("Much in the small hours"),
    .settings = settings,
    .setting_count = SETTINGS,
    .setting_size = sizeof(struct linli_setting),
    .facts = facts,
    .fact_count = sizeof facts / sizeof facts[0],
    .start = start,
    .audit = &audit,
};
