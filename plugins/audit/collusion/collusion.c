/*
 * collusion: a clerk and a member who meet too often. Flags a confirmation when the same clerk has
 * confirmed many vouchers of the same member within 30 days, or a few within 90 days each of which
 * was made seconds before: nobody walks to a counter that fast, again and again. A confirmation is
 * never held: whoever stands at the counter gets the goods, and a person looks at it afterwards.
 */
#include <linli/plugin.h>

enum { SETTING_MOST_30D, SETTING_HASTY_MOST, SETTINGS };
static const struct linli_setting settings[SETTINGS] = {
    [SETTING_MOST_30D] = {.name = LINLI_TEXT("most_30d"),
                          .type = LINLI_SETTING_INT,
                          .fallback = LINLI_TEXT("8"),
                          .least = 1,
                          .most = 1000,
                          .help_zh = LINLI_TEXT("同一店员 30 天内为同一会员核销超过该次数时核对"),
                          .help_en = LINLI_TEXT("vouchers of one member that one clerk confirms in "
                                                "30 days before anybody asks")},
    [SETTING_HASTY_MOST] = {.name = LINLI_TEXT("hasty_most_90d"),
                            .type = LINLI_SETTING_INT,
                            .fallback = LINLI_TEXT("2"),
                            .least = 0,
                            .most = 1000,
                            .help_zh = LINLI_TEXT("同一店员 90 天内在出券后一分钟内为同一会员核销"
                                                  "超过该次数时核对"),
                            .help_en = LINLI_TEXT("vouchers of one member that one clerk confirms "
                                                  "within a minute of their issue, in 90 days, "
                                                  "before anybody asks")},
};

enum { FACT_PAIR_30D, FACT_HASTY_90D, FACT_SINCE_ISSUE };
static const struct linli_text facts[] = {
    [FACT_PAIR_30D] = LINLI_TEXT("pair.redemptions_30d"),
    [FACT_HASTY_90D] = LINLI_TEXT("pair.hasty_90d"),
    [FACT_SINCE_ISSUE] = LINLI_TEXT("redemption.seconds_since_issue"),
};

struct limits {
    int64_t most, hasty_most;
};
static struct limits limits;

static bool start(const struct linli_setup *setup, void **state)
{
    limits.most = setup->values[SETTING_MOST_30D].number;
    limits.hasty_most = setup->values[SETTING_HASTY_MOST].number;
    *state = &limits;
    return true;
}

#define HASTY_SECONDS 60 /* as the fact has it */

static void flag(struct linli_opinion *opinion, const char *code, int days, int64_t times)
{
    linli_decide(opinion, LINLI_FLAG, code);
    linli_say(&opinion->reason.zh, "同一店员 %d 天内为同一会员核销 %lld 次", days,
              (long long)times);
    linli_say(&opinion->reason.en, "the same clerk and member met %lld times in %d days",
              (long long)times, days);
}

/* The facts do not count the voucher that is asked about. */
static void check(const void *state, const struct linli_event *event,
                  const struct linli_facts *known, struct linli_opinion *opinion)
{
    const struct limits *within = state;
    int64_t times = known->values[FACT_PAIR_30D].number + 1;
    int64_t hasty = known->values[FACT_HASTY_90D].number + 1;
    const struct linli_value *since = &known->values[FACT_SINCE_ISSUE];

    (void)event;
    if (times > within->most)
        flag(opinion, "same_clerk_and_member", 30, times);
    else if (since->known && since->number <= HASTY_SECONDS && hasty > within->hasty_most)
        flag(opinion, "hasty_confirmations", 90, hasty);
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
