/* What a good audit rule does, for tests: flags more than `most` points, denies more than `deny`.
 */
#include <linli/plugin.h>

struct state {
    int64_t most, deny;
};
static struct state state;

static bool start(const struct linli_setup *setup, void **out)
{
    state = (struct state){setup->values[0].number, setup->values[1].number};
    if (state.deny < state.most) {
        linli_say(setup->why, "deny is below most");
        return false;
    }
    *out = &state;
    return true;
}

static void check(const void *context, const struct linli_event *event,
                  const struct linli_facts *facts, struct linli_opinion *opinion)
{
    const struct state *limits = context;

    (void)facts;
    if (event->points > limits->deny)
        linli_decide(opinion, LINLI_DENY, "far_too_many");
    else if (event->points > limits->most)
        linli_decide(opinion, LINLI_FLAG, "many");
    else
        return;
    linli_say(&opinion->reason.zh, "积分 %lld", (long long)event->points);
    linli_say(&opinion->reason.en, "%lld points for %llu", (long long)event->points,
              (unsigned long long)event->member);
}

static const struct linli_setting settings[] = {
    {.name = LINLI_TEXT("most"),
     .type = LINLI_SETTING_INT,
     .fallback = LINLI_TEXT("100"),
     .help_zh = LINLI_TEXT("最多"),
     .help_en = LINLI_TEXT("more is flagged")},
    {.name = LINLI_TEXT("deny"),
     .type = LINLI_SETTING_INT,
     .fallback = LINLI_TEXT("1000"),
     .help_zh = LINLI_TEXT("拒绝"),
     .help_en = LINLI_TEXT("more is denied")},
};
static const struct linli_audit audit = {
    .size = sizeof audit, .events = LINLI_EARN | LINLI_REDEEM, .check = check};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_AUDIT),
    .name = LINLI_TEXT("plain"),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("测试"),
    .title_en = LINLI_TEXT("A plain rule"),
    .settings = settings,
    .setting_count = 2,
    .setting_size = sizeof(struct linli_setting),
    .start = start,
    .audit = &audit,
};
