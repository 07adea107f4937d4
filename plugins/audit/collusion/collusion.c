/*
 * collusion: a clerk and a member who meet too often. Flags a confirmation when the same clerk has
 * confirmed many vouchers of the same member within 30 days, and sooner when the voucher was made
 * seconds before: nobody walks to a counter that fast, again and again. A confirmation is never
 * held: whoever stands at the counter gets the goods, and a person looks at it afterwards.
 */
#include <linli/plugin.h>

enum { SETTING_MOST_30D, SETTING_HASTY_MOST, SETTING_HASTY_SECONDS, SETTINGS };
static const struct linli_setting settings[SETTINGS] = {
    [SETTING_MOST_30D] = {.name = LINLI_TEXT("most_30d"),
                          .type = LINLI_SETTING_INT,
                          .fallback = LINLI_TEXT("8"),
                          .least = 1,
                          .most = 1000,
                          .help_zh = LINLI_TEXT("同一店员 30 天内为同一会员核销超过该次数时核对"),
                          .help_en = LINLI_TEXT("vouchers of one member that one clerk confirms in "
                                                "30 days before anybody asks")},
    [SETTING_HASTY_MOST] = {.name = LINLI_TEXT("hasty_most_30d"),
                            .type = LINLI_SETTING_INT,
                            .fallback = LINLI_TEXT("3"),
                            .least = 0,
                            .most = 1000,
                            .help_zh = LINLI_TEXT("出券后立即核销时适用的次数"),
                            .help_en = LINLI_TEXT("the same for a voucher confirmed right after it "
                                                  "was made")},
    [SETTING_HASTY_SECONDS] = {.name = LINLI_TEXT("hasty_seconds"),
                               .type = LINLI_SETTING_SECONDS,
                               .fallback = LINLI_TEXT("20"),
                               .least = 0,
                               .most = 3600,
                               .help_zh = LINLI_TEXT("出券后多少秒内算立即核销"),
                               .help_en = LINLI_TEXT("how soon right after is, in seconds")},
};

enum { FACT_PAIR_30D, FACT_SINCE_ISSUE };
static const struct linli_text facts[] = {
    [FACT_PAIR_30D] = LINLI_TEXT("pair.redemptions_30d"),
    [FACT_SINCE_ISSUE] = LINLI_TEXT("redemption.seconds_since_issue"),
};

struct limits {
    int64_t most, hasty_most, hasty_seconds;
};
static struct limits limits;

static bool start(const struct linli_setup *setup, void **state)
{
    limits.most = setup->values[SETTING_MOST_30D].number;
    limits.hasty_most = setup->values[SETTING_HASTY_MOST].number;
    limits.hasty_seconds = setup->values[SETTING_HASTY_SECONDS].number;
    *state = &limits;
    return true;
}

static void flag(struct linli_opinion *opinion, const char *code, int64_t times)
{
    linli_decide(opinion, LINLI_FLAG, code);
    linli_say(&opinion->reason.zh, "同一店员 30 天内为同一会员核销 %lld 次", (long long)times);
    linli_say(&opinion->reason.en, "the same clerk and member met %lld times in 30 days",
              (long long)times);
}

static void check(const void *state, const struct linli_event *event,
                  const struct linli_facts *known, struct linli_opinion *opinion)
{
    const struct limits *within = state;
    int64_t times = known->values[FACT_PAIR_30D].number + 1;
    const struct linli_value *since = &known->values[FACT_SINCE_ISSUE];

    (void)event;
    if (times > within->most)
        flag(opinion, "same_clerk_and_member", times);
    else if (times > within->hasty_most && since->known && since->number <= within->hasty_seconds)
        flag(opinion, "hasty_confirmations", times);
}

static const struct linli_audit audit = {sizeof audit, LINLI_CONFIRM, check};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_AUDIT),
    .name = LINLI_TEXT("collusion"),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("店员与会员往来过密"),
    .title_en = LINLI_TEXT("A clerk and a member who meet too often"),
    .settings = settings,
    .setting_count = SETTINGS,
    .setting_size = sizeof(struct linli_setting),
    .facts = facts,
    .fact_count = sizeof facts / sizeof facts[0],
    .start = start,
    .audit = &audit,
};
