/* Wants to know what there is no fact of. */
#include <linli/plugin.h>

static void check(const void *state, const struct linli_event *event,
                  const struct linli_facts *facts, struct linli_opinion *opinion)
{
    (void)state, (void)event, (void)facts, (void)opinion;
}

static const struct linli_audit audit = {sizeof audit, LINLI_REDEEM, check};
static const struct linli_text facts[] = {LINLI_TEXT("member.redemptions_24hours")};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_AUDIT),
    .name = LINLI_TEXT("unknown_fact"),
    .version = LINLI_TEXT("1"),
    .title_zh = LINLI_TEXT("坏"),
    .title_en = LINLI_TEXT("bad"),
    .facts = facts,
    .fact_count = 1,
    .audit = &audit,
};
