/*
 * voucher: Linli's own codes, through the same door as everybody else's. A merchant without any
 * plugin gets them sooner, in the batch itself; this one is for a merchant that is to be told
 * nothing but whose redemptions should be seen among the calls, and the smallest example there is.
 */
#include <linli/plugin.h>

/* Without a code of the merchant's the voucher is known by Linli's. */
static void step(const void *state, const struct linli_step_question *question,
                 const struct linli_facts *facts, struct linli_step *answer)
{
    (void)state;
    (void)question;
    (void)facts;
    answer->outcome = LINLI_DONE;
}

static const struct linli_merchant merchant = {
    .size = sizeof merchant,
    .operations = 1 << LINLI_RESERVE | 1 << LINLI_QUERY,
    .issues_at_once = true,
    .can_undo = true,
    .step = step,
};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_MERCHANT),
    .name = LINLI_TEXT("voucher"),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("邻里兑换券"),
    .title_en = LINLI_TEXT("Linli's own vouchers"),
    .setting_size = sizeof(struct linli_setting),
    .merchant = &merchant,
};
