/*
 * donation: points for a cause. They are given at once and for good: there is no voucher to be
 * shown, so nothing can expire or be cancelled, and a slip goes back as a refund only.
 */
#include <linli/plugin.h>

enum { SETTING_THANKS_ZH, SETTING_THANKS_EN, SETTINGS };
static const struct linli_setting settings[SETTINGS] = {
    [SETTING_THANKS_ZH] = {.name = LINLI_TEXT("thanks_zh"),
                           .type = LINLI_SETTING_TEXT,
                           .fallback = LINLI_TEXT("感谢您的爱心"),
                           .most = 200,
                           .help_zh = LINLI_TEXT("捐赠后显示的感谢语"),
                           .help_en = LINLI_TEXT("what a giver reads, in Chinese")},
    [SETTING_THANKS_EN] = {.name = LINLI_TEXT("thanks_en"),
                           .type = LINLI_SETTING_TEXT,
                           .fallback = LINLI_TEXT("Thank you for your kindness"),
                           .most = 200,
                           .help_zh = LINLI_TEXT("捐赠后显示的感谢语（英文）"),
                           .help_en = LINLI_TEXT("what a giver reads, in English")},
};

static void step(const void *state, const struct linli_step_question *question,
                 const struct linli_facts *facts, struct linli_step *answer)
{
    (void)state;
    (void)facts;
    answer->outcome = LINLI_DONE;
    if (!LINLI_HAS(question, setting_count) || question->setting_count < SETTINGS)
        return;
    linli_say_text(&answer->reason.zh, question->settings[SETTING_THANKS_ZH].text);
    linli_say_text(&answer->reason.en, question->settings[SETTING_THANKS_EN].text);
}

static const struct linli_merchant merchant = {
    .size = sizeof merchant,
    .operations = 1 << LINLI_RESERVE | 1 << LINLI_QUERY,
    .issues_at_once = true,
    .step = step,
    .ways = LINLI_CONFIRMS_AT_ONCE,
};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_MERCHANT),
    .name = LINLI_TEXT("donation"),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("积分捐赠"),
    .title_en = LINLI_TEXT("Points for a cause"),
    .settings = settings,
    .setting_count = SETTINGS,
    .setting_size = sizeof(struct linli_setting),
    .merchant = &merchant,
};
