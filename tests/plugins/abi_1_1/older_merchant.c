/* A merchant that issues codes of its own, as it would have been written for version 1.1. */
#include <linli/plugin.h>

_Static_assert(LINLI_ABI_MINOR == 1, "built with the header beside it");

static void step(const void *state, const struct linli_step_question *question,
                 const struct linli_facts *facts, struct linli_step *step)
{
    (void)state, (void)facts;
    step->outcome = LINLI_DONE;
    if (question->operation == LINLI_RESERVE)
        linli_say(&step->voucher, "OLD-%llu", (unsigned long long)(question->redemption % 1000));
    linli_say_text(&step->state, question->item);
}

static const struct linli_merchant merchant = {
    .size = sizeof merchant, .issues_at_once = true, .step = step};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_MERCHANT),
    .name = LINLI_TEXT("older_merchant"),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("旧"),
    .title_en = LINLI_TEXT("Built long ago"),
    .merchant = &merchant,
    .discloses = LINLI_TELLS_NAME,
};
