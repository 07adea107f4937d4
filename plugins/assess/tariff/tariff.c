/*
 * tariff: what a reviewed service record is worth. Points an hour × category × difficulty ×
 * evidence, rounded down once; a cap for the service of one day.
 */
#include <linli/plugin.h>

enum {
    SETTING_POINTS,
    SETTING_CATEGORIES,
    SETTING_DIFFICULTY,
    SETTING_GRADES,
    SETTING_CAP,
    SETTING_EXPIRY_DAYS,
    SETTINGS
};
static const struct linli_setting settings[SETTINGS] = {
    [SETTING_POINTS] = {.name = LINLI_TEXT("points_per_hour"),
                        .type = LINLI_SETTING_POINTS,
                        .fallback = LINLI_TEXT("1"),
                        .least = 0,
                        .most = 1000000,
                        .help_zh = LINLI_TEXT("每小时积分"),
                        .help_en = LINLI_TEXT("points for an hour of service")},
    [SETTING_CATEGORIES] = {.name = LINLI_TEXT("category_percent"),
                            .type = LINLI_SETTING_MAP,
                            .least = 0,
                            .most = 1000,
                            .help_zh =
                                LINLI_TEXT("服务事项系数（百分比），未列出的按事项自身的系数"),
                            .help_en = LINLI_TEXT("per cent by category; one that is not listed "
                                                  "has its own coefficient")},
    [SETTING_DIFFICULTY] = {.name = LINLI_TEXT("difficulty_percent"),
                            .type = LINLI_SETTING_MAP,
                            .fallback = LINLI_TEXT("1=100\n2=110\n3=120\n4=135\n5=150"),
                            .least = 0,
                            .most = 1000,
                            .help_zh = LINLI_TEXT("难度 1 至 5 的系数（百分比）"),
                            .help_en = LINLI_TEXT("per cent by difficulty, 1 to 5")},
    [SETTING_GRADES] = {.name = LINLI_TEXT("grade_percent"),
                        .type = LINLI_SETTING_MAP,
                        .fallback = LINLI_TEXT("A=100\nB=100\nC=100\nD=100"),
                        .least = 0,
                        .most = 1000,
                        .help_zh = LINLI_TEXT("证据等级 A 至 D 的系数（百分比）"),
                        .help_en = LINLI_TEXT("per cent by grade of evidence, A to D")},
    [SETTING_CAP] = {.name = LINLI_TEXT("daily_cap"),
                     .type = LINLI_SETTING_POINTS,
                     .fallback = LINLI_TEXT("8"),
                     .least = 0,
                     .most = 100000000,
                     .help_zh = LINLI_TEXT("每人每天积分上限；0 表示不限"),
                     .help_en = LINLI_TEXT("points that one day's service may bring; 0: no cap")},
    [SETTING_EXPIRY_DAYS] = {.name = LINLI_TEXT("expiry_days"),
                             .type = LINLI_SETTING_INT,
                             .fallback = LINLI_TEXT("0"),
                             .least = 0,
                             .most = 3660,
                             .help_zh = LINLI_TEXT("积分有效天数；0 表示按项目设置"),
                             .help_en = LINLI_TEXT("days that the points live; 0: as the programme "
                                                   "says")},
};

#define DAY_US          INT64_C(86400000000)
#define MINUTES_AN_HOUR 60
#define PERCENT         100

/* Far from overflow: 10^6 hundredths an hour, 10^4 minutes, three times 10^3 per cent. */
struct tariff {
    int64_t points_per_hour, daily_cap, expiry_days;
    struct linli_text categories, difficulty, grades;
};
static struct tariff tariff;

static bool start(const struct linli_setup *setup, void **state)
{
    tariff = (struct tariff){
        .points_per_hour = setup->values[SETTING_POINTS].number,
        .daily_cap = setup->values[SETTING_CAP].number,
        .expiry_days = setup->values[SETTING_EXPIRY_DAYS].number,
        .categories = setup->values[SETTING_CATEGORIES].text,
        .difficulty = setup->values[SETTING_DIFFICULTY].text,
        .grades = setup->values[SETTING_GRADES].text,
    };
    *state = &tariff;
    return true;
}

static int64_t percent(struct linli_text map, struct linli_text key, int64_t otherwise)
{
    int64_t found;

    return linli_map_find(map, key, &found) ? found : otherwise;
}

static void award(const void *state, const struct linli_award_question *question,
                  const struct linli_facts *facts, struct linli_award *out)
{
    static const char letters[] = "?ABCD", digits[] = "012345";
    const struct tariff *by = state;
    const struct linli_text grade = {letters + question->grade, 1};
    const struct linli_text level = {digits + question->difficulty, 1};
    int64_t category = percent(by->categories, question->category, question->coefficient_percent);
    int64_t difficulty = percent(by->difficulty, level, PERCENT);
    int64_t evidence = percent(by->grades, grade, PERCENT);

    (void)facts;
    out->points = by->points_per_hour * question->minutes * category * difficulty * evidence /
                  ((int64_t)MINUTES_AN_HOUR * PERCENT * PERCENT * PERCENT);
    out->daily_cap = by->daily_cap;
    out->expires_us = by->expiry_days > 0 ? question->now_us + by->expiry_days * DAY_US : 0;
    snprintf(out->reason.code, sizeof out->reason.code, "by_tariff");
    linli_say(&out->reason.zh, "%lld 分钟 × 事项 %lld%% × 难度 %lld%% × 证据 %lld%%",
              (long long)question->minutes, (long long)category, (long long)difficulty,
              (long long)evidence);
    linli_say(&out->reason.en,
              "%lld minutes x category %lld%% x difficulty %lld%% x evidence %lld%%",
              (long long)question->minutes, (long long)category, (long long)difficulty,
              (long long)evidence);
}

static const struct linli_assessment assessment = {.size = sizeof assessment, .award = award};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_ASSESSMENT),
    .name = LINLI_TEXT("tariff"),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("积分标准"),
    .title_en = LINLI_TEXT("What service is worth"),
    .settings = settings,
    .setting_count = SETTINGS,
    .setting_size = sizeof(struct linli_setting),
    .start = start,
    .assessment = &assessment,
};
