/*
 * overlap: nobody is at two places at once. Flags a record whose time overlaps with another record
 * of the same person by more than a few minutes: going from one door to the next is no offence.
 */
#include <linli/plugin.h>

enum { SETTING_TOLERANCE, SETTING_DENY_FROM, SETTINGS };
static const struct linli_setting settings[SETTINGS] = {
    [SETTING_TOLERANCE] = {.name = LINLI_TEXT("tolerance_minutes"),
                           .type = LINLI_SETTING_INT,
                           .fallback = LINLI_TEXT("5"),
                           .least = 0,
                           .most = 120,
                           .help_zh = LINLI_TEXT("允许重叠的分钟数"),
                           .help_en = LINLI_TEXT("minutes of overlap that nobody asks about")},
    [SETTING_DENY_FROM] = {.name = LINLI_TEXT("deny_from_percent"),
                           .type = LINLI_SETTING_INT,
                           .fallback = LINLI_TEXT("0"),
                           .least = 0,
                           .most = 100,
                           .help_zh = LINLI_TEXT("重叠达到该比例时不予入账；0 表示从不"),
                           .help_en = LINLI_TEXT("denies a record that overlaps by so much of its "
                                                 "time; 0: never, a person looks at it")},
};

enum { FACT_OVERLAP };
static const struct linli_text facts[] = {[FACT_OVERLAP] = LINLI_TEXT("record.overlap_minutes")};

struct limits {
    int64_t tolerance, deny_from;
};
static struct limits limits;

static bool start(const struct linli_setup *setup, void **state)
{
    limits.tolerance = setup->values[SETTING_TOLERANCE].number;
    limits.deny_from = setup->values[SETTING_DENY_FROM].number;
    *state = &limits;
    return true;
}

static void check(const void *state, const struct linli_event *event,
                  const struct linli_facts *known, struct linli_opinion *opinion)
{
    const struct limits *within = state;
    int64_t minutes = known->values[FACT_OVERLAP].number;
    bool denied = within->deny_from > 0 && event->minutes > 0 &&
                  minutes * 100 >= within->deny_from * event->minutes;

    if (minutes <= within->tolerance)
        return;
    linli_decide(opinion, denied ? LINLI_DENY : LINLI_FLAG, "overlapping_service");
    linli_say(&opinion->reason.zh, "与同一人的另一条服务记录重叠 %lld 分钟", (long long)minutes);
    linli_say(&opinion->reason.en, "%lld minutes overlap with another record of the same person",
              (long long)minutes);
}

static const struct linli_audit audit = {sizeof audit, LINLI_EARN, check};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_AUDIT),
    .name = LINLI_TEXT("overlap"),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("服务时间重叠"),
    .title_en = LINLI_TEXT("Service at two places at once"),
    .settings = settings,
    .setting_count = SETTINGS,
    .setting_size = sizeof(struct linli_setting),
    .facts = facts,
    .fact_count = sizeof facts / sizeof facts[0],
    .start = start,
    .audit = &audit,
};
