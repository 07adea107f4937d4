/*
 * coupon_pool: codes that a third party sold in advance (cinema tickets, top-ups). The server keeps
 * the pool and gives the next code with the question, the same one however often it asks; an empty
 * one when there is none left. A code that was shown is spent: nobody confirms it at a counter, and
 * it does not come back.
 */
#include <linli/plugin.h>

static void decline_empty(struct linli_step *answer)
{
    answer->outcome = LINLI_DECLINED;
    snprintf(answer->reason.code, sizeof answer->reason.code, "pool_is_empty");
    linli_say(&answer->reason.zh, "卡券已发完，请稍后再来");
    linli_say(&answer->reason.en, "There are no codes left: please come back later");
}

static void step(const void *state, const struct linli_step_question *question,
                 const struct linli_facts *facts, struct linli_step *answer)
{
    (void)state;
    (void)facts;
    if (question->voucher.length == 0) {
        decline_empty(answer);
        return;
    }
    linli_say_text(&answer->voucher, question->voucher);
    answer->outcome = LINLI_DONE;
}

static const struct linli_merchant merchant = {
    .size = sizeof merchant,
    .operations = 1 << LINLI_RESERVE | 1 << LINLI_QUERY,
    .issues_at_once = true,
    .step = step,
    .ways = LINLI_CONFIRMS_AT_ONCE | LINLI_TAKES_CODES,
};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_MERCHANT),
    .name = LINLI_TEXT("coupon_pool"),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("预购卡券"),
    .title_en = LINLI_TEXT("Codes bought in advance"),
    .setting_size = sizeof(struct linli_setting),
    .merchant = &merchant,
};
