/*
 * backfill: service that was entered afterwards (grade D). Such a record has had two people and a
 * public notice already; this rule asks again when it is long, late, one of many for the same
 * person, or when its reviewer approves at night or by the dozen; and about any record whose member
 * signed up only after the service had begun, which is another way of entering it afterwards: hours
 * have been sold in both.
 */
#include <linli/plugin.h>

enum {
    SETTING_MINUTES,
    SETTING_DAYS_LATER,
    SETTING_MOST_30D,
    SETTING_APPROVALS_1H,
    SETTING_NIGHT,
    SETTING_SIGNED_UP,
    SETTING_OFFSET,
    SETTINGS
};
static const struct linli_setting settings[SETTINGS] = {
    [SETTING_MINUTES] = {.name = LINLI_TEXT("minutes"),
                         .type = LINLI_SETTING_INT,
                         .fallback = LINLI_TEXT("240"),
                         .least = 0,
                         .most = 1440,
                         .help_zh = LINLI_TEXT("补录时长超过该分钟数时核对"),
                         .help_en = LINLI_TEXT("minutes entered afterwards that nobody asks "
                                               "about")},
    [SETTING_DAYS_LATER] = {.name = LINLI_TEXT("days_later"),
                            .type = LINLI_SETTING_INT,
                            .fallback = LINLI_TEXT("30"),
                            .least = 0,
                            .most = 366,
                            .help_zh = LINLI_TEXT("服务结束超过该天数才补录时核对"),
                            .help_en = LINLI_TEXT("days after the service within which it may be "
                                                  "entered unasked")},
    [SETTING_MOST_30D] = {.name = LINLI_TEXT("most_30d"),
                          .type = LINLI_SETTING_INT,
                          .fallback = LINLI_TEXT("6"),
                          .least = 0,
                          .most = 1000,
                          .help_zh = LINLI_TEXT("同一审核人 30 天内为同一人审核超过该次数时核对"),
                          .help_en = LINLI_TEXT("records of one member that one reviewer approves "
                                                "in 30 days before anybody asks")},
    [SETTING_APPROVALS_1H] = {.name = LINLI_TEXT("approvals_1h"),
                              .type = LINLI_SETTING_INT,
                              .fallback = LINLI_TEXT("60"),
                              .least = 1,
                              .most = 10000,
                              .help_zh = LINLI_TEXT("审核人 1 小时内审核超过该次数时核对补录"),
                              .help_en = LINLI_TEXT("approvals of the reviewer in an hour before "
                                                    "anybody asks")},
    [SETTING_NIGHT] = {.name = LINLI_TEXT("at_night"),
                       .type = LINLI_SETTING_BOOL,
                       .fallback = LINLI_TEXT("true"),
                       .help_zh = LINLI_TEXT("审核人夜间（23 点至 6 点）审核补录时核对"),
                       .help_en = LINLI_TEXT("asks when the reviewer approves between 23:00 and "
                                             "06:00")},
    [SETTING_SIGNED_UP] = {.name = LINLI_TEXT("signed_up_minutes"),
                           .type = LINLI_SETTING_INT,
                           .fallback = LINLI_TEXT("60"),
                           .least = 0,
                           .most = 10000,
                           .help_zh = LINLI_TEXT("服务开始超过该分钟数后才报名时核对；0 表示从不"),
                           .help_en = LINLI_TEXT("asks about any record whose member signed up so "
                                                 "many minutes after the service began; 0: never")},
    [SETTING_OFFSET] = {.name = LINLI_TEXT("utc_offset_minutes"),
                        .type = LINLI_SETTING_INT,
                        .fallback = LINLI_TEXT("480"),
                        .least = -720,
                        .most = 840,
                        .help_zh = LINLI_TEXT("当地时区相对 UTC 的分钟数"),
                        .help_en = LINLI_TEXT("the local time zone, in minutes from UTC")},
};

enum { FACT_LATER, FACT_PAIR_30D, FACT_APPROVALS_1H, FACT_SIGNED_UP };
static const struct linli_text facts[] = {
    [FACT_LATER] = LINLI_TEXT("record.entered_after_minutes"),
    [FACT_PAIR_30D] = LINLI_TEXT("pair.records_30d"),
    [FACT_APPROVALS_1H] = LINLI_TEXT("actor.approvals_1h"),
    [FACT_SIGNED_UP] = LINLI_TEXT("record.signed_up_after_minutes"),
};

#define GRADE_D        4
#define MINUTES_OF_DAY (24 * 60)
#define MINUTE_US      INT64_C(60000000)
#define NIGHT_FROM     (23 * 60)
#define NIGHT_TO       (6 * 60)

struct limits {
    int64_t minutes, days_later, most_30d, approvals_1h, signed_up, offset;
    bool at_night;
};
static struct limits limits;

static bool start(const struct linli_setup *setup, void **state)
{
    limits.minutes = setup->values[SETTING_MINUTES].number;
    limits.days_later = setup->values[SETTING_DAYS_LATER].number;
    limits.most_30d = setup->values[SETTING_MOST_30D].number;
    limits.approvals_1h = setup->values[SETTING_APPROVALS_1H].number;
    limits.at_night = setup->values[SETTING_NIGHT].number != 0;
    limits.signed_up = setup->values[SETTING_SIGNED_UP].number;
    limits.offset = setup->values[SETTING_OFFSET].number;
    *state = &limits;
    return true;
}

static bool is_night(const struct limits *within, int64_t at_us)
{
    int64_t minute = (at_us / MINUTE_US + within->offset) % MINUTES_OF_DAY;

    return minute >= NIGHT_FROM || minute < NIGHT_TO;
}

static void flag(struct linli_opinion *opinion, const char *code, const char *zh, const char *en)
{
    linli_decide(opinion, LINLI_FLAG, code);
    linli_say(&opinion->reason.zh, "%s", zh);
    linli_say(&opinion->reason.en, "%s", en);
}

static void check(const void *state, const struct linli_event *event,
                  const struct linli_facts *known, struct linli_opinion *opinion)
{
    const struct limits *within = state;
    int64_t later = known->values[FACT_LATER].number;

    if (within->signed_up > 0 && known->values[FACT_SIGNED_UP].number >= within->signed_up)
        flag(opinion, "signed_up_afterwards", "服务开始之后才报名",
             "signed up after the service had begun");
    if (event->grade != GRADE_D || opinion->verdict != LINLI_ALLOW)
        return;
    if (event->minutes > within->minutes)
        flag(opinion, "long_backfill", "补录的服务时间较长", "a long service, entered afterwards");
    else if (later > within->days_later * MINUTES_OF_DAY)
        flag(opinion, "late_backfill", "服务结束很久之后才补录", "entered long after the service");
    else if (known->values[FACT_PAIR_30D].number + 1 > within->most_30d)
        flag(opinion, "same_reviewer_and_member", "同一审核人多次为同一人审核",
             "the same reviewer and member, often");
    else if (known->values[FACT_APPROVALS_1H].number + 1 > within->approvals_1h)
        flag(opinion, "approved_by_the_dozen", "审核人短时间内审核很多记录",
             "one of many approved within an hour");
    else if (within->at_night && is_night(within, event->at_us))
        flag(opinion, "approved_at_night", "夜间审核的补录记录",
             "entered afterwards and approved at night");
}

static const struct linli_audit audit = {sizeof audit, LINLI_EARN, check};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_AUDIT),
    .name = LINLI_TEXT("backfill"),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("补录核对"),
    .title_en = LINLI_TEXT("Service entered afterwards"),
    .settings = settings,
    .setting_count = SETTINGS,
    .setting_size = sizeof(struct linli_setting),
    .facts = facts,
    .fact_count = sizeof facts / sizeof facts[0],
    .start = start,
    .audit = &audit,
};
