/*
 * annual_review: the year-end assessment. Who is due must have registered in time and taken part in
 * so many activities; whoever has not cannot be rated qualified or above. A work unit with such a
 * member is ineligible for that year's award. What comes out is a draft with its reasons and what
 * is still missing: people appeal, and a named person signs.
 */
#include <linli/plugin.h>

enum {
    SETTING_ACTIVITIES,
    SETTING_MINUTES,
    SETTING_REGISTER,
    SETTING_DUE,
    SETTING_FAILING_MOST,
    SETTING_ONLY_DUE,
    SETTING_OFFSET,
    SETTINGS
};
static const struct linli_setting settings[SETTINGS] = {
    [SETTING_ACTIVITIES] = {.name = LINLI_TEXT("activities"),
                            .type = LINLI_SETTING_INT,
                            .fallback = LINLI_TEXT("4"),
                            .least = 0,
                            .most = 366,
                            .help_zh = LINLI_TEXT("一年内至少参加的活动次数"),
                            .help_en = LINLI_TEXT("activities that a year needs")},
    [SETTING_MINUTES] = {.name = LINLI_TEXT("minutes"),
                         .type = LINLI_SETTING_INT,
                         .fallback = LINLI_TEXT("0"),
                         .least = 0,
                         .most = 100000,
                         .help_zh = LINLI_TEXT("一年内至少服务的分钟数；0 表示不要求"),
                         .help_en = LINLI_TEXT("minutes of service that a year needs; 0: any")},
    [SETTING_REGISTER] = {.name = LINLI_TEXT("registration"),
                          .type = LINLI_SETTING_BOOL,
                          .fallback = LINLI_TEXT("true"),
                          .help_zh = LINLI_TEXT("是否要求在规定日期前报到"),
                          .help_en = LINLI_TEXT("whether people must have registered, in time")},
    [SETTING_DUE] = {.name = LINLI_TEXT("registration_due"),
                     .type = LINLI_SETTING_DAY,
                     .help_zh = LINLI_TEXT("报到截止日；不填则按各应报到名单的日期"),
                     .help_en = LINLI_TEXT("last day to register; left out: that of each person's "
                                           "due list")},
    [SETTING_FAILING_MOST] = {.name = LINLI_TEXT("failing_most"),
                              .type = LINLI_SETTING_INT,
                              .fallback = LINLI_TEXT("0"),
                              .least = 0,
                              .most = 10000,
                              .help_zh = LINLI_TEXT("单位可参评时允许的未达标人数"),
                              .help_en = LINLI_TEXT("members below qualified that a unit may have "
                                                    "and stay eligible")},
    [SETTING_ONLY_DUE] = {.name = LINLI_TEXT("only_due"),
                          .type = LINLI_SETTING_BOOL,
                          .fallback = LINLI_TEXT("true"),
                          .help_zh = LINLI_TEXT("只评定应报到名单中的人；其他人只报告参加情况"),
                          .help_en = LINLI_TEXT("rates only people on a due list; of others it "
                                                "reports how they took part")},
    [SETTING_OFFSET] = {.name = LINLI_TEXT("utc_offset_minutes"),
                        .type = LINLI_SETTING_INT,
                        .fallback = LINLI_TEXT("480"),
                        .least = -720,
                        .most = 840,
                        .help_zh = LINLI_TEXT("当地时区相对 UTC 的分钟数"),
                        .help_en = LINLI_TEXT("the local time zone, in minutes from UTC")},
};

enum rating { QUALIFIED, NOT_QUALIFIED, EXEMPT, REPORTED, ELIGIBLE, INELIGIBLE, RATINGS };
static const struct linli_rating_name ratings[RATINGS] = {
    [QUALIFIED] = {LINLI_TEXT("qualified"), LINLI_TEXT("可评合格及以上"),
                   LINLI_TEXT("Qualified or above"), false},
    [NOT_QUALIFIED] = {LINLI_TEXT("not_qualified"), LINLI_TEXT("不能评为合格及以上"),
                       LINLI_TEXT("Not qualified"), true},
    [EXEMPT] = {LINLI_TEXT("exempt"), LINLI_TEXT("免于考核"), LINLI_TEXT("Exempt"), false, true},
    [REPORTED] = {LINLI_TEXT("reported"), LINLI_TEXT("只报告，不评定"),
                  LINLI_TEXT("Reported, not rated"), false, true},
    [ELIGIBLE] = {LINLI_TEXT("eligible"), LINLI_TEXT("单位可参评"), LINLI_TEXT("Unit eligible"),
                  false},
    [INELIGIBLE] = {LINLI_TEXT("ineligible"), LINLI_TEXT("单位本年度不能参评"),
                    LINLI_TEXT("Unit ineligible this year"), false},
};

enum {
    FACT_ACTIVITIES,
    FACT_MINUTES,
    FACT_REGISTERED_AT,
    FACT_DUE,
    FACT_EXEMPT,
    FACT_MEMBERS, /* of units from here on */
    FACT_FAILING,
};
static const struct linli_text facts[] = {
    [FACT_ACTIVITIES] = LINLI_TEXT("period.activities"),
    [FACT_MINUTES] = LINLI_TEXT("period.minutes"),
    [FACT_REGISTERED_AT] = LINLI_TEXT("period.registered_at"),
    [FACT_DUE] = LINLI_TEXT("period.registration_due"),
    [FACT_EXEMPT] = LINLI_TEXT("period.exempt"),
    [FACT_MEMBERS] = LINLI_TEXT("run.members_rated"),
    [FACT_FAILING] = LINLI_TEXT("run.members_failing"),
};

#define DAY_US    INT64_C(86400000000)
#define MINUTE_US INT64_C(60000000)

struct policy {
    int64_t activities, minutes, failing_most, offset;
    struct linli_value due; /* day */
    bool registration, only_due;
};
static struct policy policy;

static bool start(const struct linli_setup *setup, void **state)
{
    policy = (struct policy){
        .activities = setup->values[SETTING_ACTIVITIES].number,
        .minutes = setup->values[SETTING_MINUTES].number,
        .registration = setup->values[SETTING_REGISTER].number != 0,
        .due = setup->values[SETTING_DUE],
        .failing_most = setup->values[SETTING_FAILING_MOST].number,
        .offset = setup->values[SETTING_OFFSET].number,
        .only_due = setup->values[SETTING_ONLY_DUE].number != 0,
    };
    *state = &policy;
    return true;
}

static void rate_as(struct linli_rating *rating, enum rating as)
{
    linli_say_code(rating->code, ratings[as].code);
}

/* --- Members ---------------------------------------------------------------------------------- */

/* When they had to be there; 0: at any time. */
static int64_t due_us(const struct policy *by, const struct linli_facts *known)
{
    if (by->due.known)
        return (by->due.number + 1) * DAY_US - by->offset * MINUTE_US;
    return known->values[FACT_DUE].known ? known->values[FACT_DUE].number : 0;
}

static void judge_registration(const struct policy *by, const struct linli_facts *known,
                               struct linli_rating *rating)
{
    const struct linli_value *at = &known->values[FACT_REGISTERED_AT];
    int64_t due = due_us(by, known);
    struct linli_reason *reason;

    if (!by->registration || (at->known && (due == 0 || at->number < due)))
        return;
    reason = linli_because(rating, at->known ? "registered_late" : "not_registered", !at->known);
    linli_say(&reason->zh, "%s", at->known ? "报到晚于规定日期" : "尚未报到");
    linli_say(&reason->en, "%s", at->known ? "registered after the due day" : "has not registered");
}

static void judge_count(int64_t have, int64_t need, const char *code, const char *zh,
                        const char *en, struct linli_rating *rating)
{
    struct linli_reason *reason;

    if (have >= need)
        return;
    reason = linli_because(rating, code, need - have);
    linli_say(&reason->zh, "%s %lld，要求 %lld，还差 %lld", zh, (long long)have, (long long)need,
              (long long)(need - have));
    linli_say(&reason->en, "%s: %lld of %lld, %lld missing", en, (long long)have, (long long)need,
              (long long)(need - have));
}

/* What speaks for somebody stands beside what does not. */
static void tell_service(const struct linli_facts *known, struct linli_rating *rating)
{
    struct linli_reason *reason = linli_because(rating, "took_part", 0);

    if (!reason)
        return;
    linli_say(&reason->zh, "参加活动 %lld 次，服务 %lld 分钟",
              (long long)known->values[FACT_ACTIVITIES].number,
              (long long)known->values[FACT_MINUTES].number);
    linli_say(&reason->en, "took part in %lld activities, %lld minutes",
              (long long)known->values[FACT_ACTIVITIES].number,
              (long long)known->values[FACT_MINUTES].number);
}

static void rate_member(const struct policy *by, const struct linli_facts *known,
                        struct linli_rating *rating)
{
    uint32_t shortcomings;

    if (known->values[FACT_EXEMPT].number != 0) {
        rate_as(rating, EXEMPT);
        tell_service(known, rating);
        return;
    }
    if (by->only_due && !known->values[FACT_DUE].known) {
        rate_as(rating, REPORTED);
        tell_service(known, rating);
        return;
    }
    judge_registration(by, known, rating);
    judge_count(known->values[FACT_ACTIVITIES].number, by->activities, "too_few_activities",
                "参加活动次数", "activities", rating);
    judge_count(known->values[FACT_MINUTES].number, by->minutes, "too_few_minutes", "服务分钟数",
                "minutes", rating);
    shortcomings = rating->reason_count;
    rate_as(rating, shortcomings == 0 ? QUALIFIED : NOT_QUALIFIED);
    tell_service(known, rating);
}

/* --- Units ------------------------------------------------------------------------------------ */

static void rate_unit(const struct policy *by, const struct linli_facts *known,
                      struct linli_rating *rating)
{
    int64_t rated = known->values[FACT_MEMBERS].number;
    int64_t failing = known->values[FACT_FAILING].number;
    struct linli_reason *reason;

    if (rated == 0)
        return; /* nobody was due: no rating */
    rate_as(rating, failing > by->failing_most ? INELIGIBLE : ELIGIBLE);
    reason = linli_because(rating, "members_below_qualified",
                           failing > by->failing_most ? failing - by->failing_most : 0);
    linli_say(&reason->zh, "应考核 %lld 人，其中 %lld 人未达标", (long long)rated,
              (long long)failing);
    linli_say(&reason->en, "%lld people due, %lld of them below qualified", (long long)rated,
              (long long)failing);
}

static void rate(const void *state, const struct linli_rate_question *question,
                 const struct linli_facts *known, struct linli_rating *rating)
{
    if (question->scope == LINLI_OF_UNIT)
        rate_unit(state, known, rating);
    else
        rate_member(state, known, rating);
}

static const struct linli_assessment assessment = {
    .size = sizeof assessment,
    .rating_count = RATINGS,
    .ratings = ratings,
    .rate = rate,
    .scopes = LINLI_OF_MEMBER | LINLI_OF_UNIT,
    .unit_facts_from = FACT_MEMBERS,
};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_ASSESSMENT),
    .name = LINLI_TEXT("annual_review"),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("年度考核"),
    .title_en = LINLI_TEXT("The year-end assessment"),
    .settings = settings,
    .setting_count = SETTINGS,
    .setting_size = sizeof(struct linli_setting),
    .facts = facts,
    .fact_count = sizeof facts / sizeof facts[0],
    .start = start,
    .assessment = &assessment,
};
