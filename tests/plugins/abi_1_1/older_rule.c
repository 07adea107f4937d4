/* A rule as it would have been written for version 1.0, whose struct ends before `discloses`. */
#include <linli/plugin.h>

static void check(const void *state, const struct linli_event *event,
                  const struct linli_facts *facts, struct linli_opinion *opinion)
{
    (void)state, (void)facts;
    if (event->points < 1000)
        return;
    linli_decide(opinion, LINLI_FLAG, "old");
    linli_say(&opinion->reason.zh, "旧");
    linli_say(&opinion->reason.en, "old");
}

static const struct linli_audit audit = {
    .size = sizeof audit, .events = LINLI_REDEEM, .check = check};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = {LINLI_PLUGIN_MAGIC, 1, 0, offsetof(struct linli_plugin, discloses), LINLI_AUDIT},
    .name = LINLI_TEXT("older_rule"),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("旧"),
    .title_en = LINLI_TEXT("Built longer ago"),
    .audit = &audit,
    .discloses = 0xdead, /* behind its end: nobody may read it */
};
