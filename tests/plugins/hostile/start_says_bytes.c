/* Its start gives a reason that is no text. */
#include <linli/plugin.h>

static bool start(const struct linli_setup *setup, void **state)
{
    (void)state;
    linli_say(setup->why, "%s", "\xff\xfe\n\x01");
    return false;
}

static void check(const void *state, const struct linli_event *event,
                  const struct linli_facts *facts, struct linli_opinion *opinion)
{
    (void)state, (void)event, (void)facts, (void)opinion;
}

static const struct linli_audit audit = {sizeof audit, LINLI_REDEEM, check};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_AUDIT),
    .name = LINLI_TEXT("start_says_bytes"),
    .version = LINLI_TEXT("1"),
    .title_zh = LINLI_TEXT("坏"),
    .title_en = LINLI_TEXT("bad"),
    .start = start,
    .audit = &audit,
};
