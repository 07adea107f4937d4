/* A rule with a secret, which it needs: it starts with "open sesame" and nothing else. */
#include <linli/plugin.h>

static bool start(const struct linli_setup *setup, void **state)
{
    (void)state;
    if (linli_text_is(setup->values[0].text, "open sesame"))
        return true;
    linli_say(setup->why, "the word is not the one");
    return false;
}

static void check(const void *state, const struct linli_event *event,
                  const struct linli_facts *facts, struct linli_opinion *opinion)
{
    (void)state, (void)event, (void)facts, (void)opinion;
}

static const struct linli_setting settings[] = {
    {.name = LINLI_TEXT("word"),
     .type = LINLI_SETTING_TEXT,
     .secret = true,
     .required = true,
     .least = 1,
     .most = 40,
     .help_zh = LINLI_TEXT("暗号"),
     .help_en = LINLI_TEXT("the word")},
    {.name = LINLI_TEXT("door"),
     .type = LINLI_SETTING_CHOICE,
     .fallback = LINLI_TEXT("front"),
     .choices = LINLI_TEXT("front|back"),
     .help_zh = LINLI_TEXT("门"),
     .help_en = LINLI_TEXT("which door")},
};
static const struct linli_audit audit = {
    .size = sizeof audit, .events = LINLI_REDEEM, .check = check};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_AUDIT),
    .name = LINLI_TEXT("keeper"),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("守门"),
    .title_en = LINLI_TEXT("Keeps a word"),
    .settings = settings,
    .setting_count = 2,
    .setting_size = sizeof(struct linli_setting),
    .start = start,
    .audit = &audit,
};
