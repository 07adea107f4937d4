/* A policy as it would have been written for version 1.0, which knew of no forecasts. */
#include <linli/plugin.h>

_Static_assert(LINLI_ABI_MINOR == 0, "built with the header beside it");
_Static_assert(sizeof(struct linli_plugin) == 144 && sizeof(struct linli_rate_question) == 40,
               "as they were");

static void award(const void *state, const struct linli_award_question *question,
                  const struct linli_facts *facts, struct linli_award *award)
{
    (void)state, (void)facts;
    award->points = question->minutes;
}

static void rate(const void *state, const struct linli_rate_question *question,
                 const struct linli_facts *facts, struct linli_rating *rating)
{
    struct linli_reason *reason;

    (void)state, (void)facts;
    snprintf(rating->code, sizeof rating->code, "%s", "fine");
    reason = linli_because(rating, "long_enough", 0);
    linli_say(&reason->zh, "够长");
    linli_say(&reason->en, "%lld days",
              (long long)((question->to_us - question->from_us) / 86400000000));
}

static const struct linli_rating_name ratings[] = {
    {LINLI_TEXT("fine"), LINLI_TEXT("合格"), LINLI_TEXT("Fine"), false}};

static const struct linli_assessment assessment = {.size = sizeof assessment,
                                                   .rating_count = 1,
                                                   .ratings = ratings,
                                                   .award = award,
                                                   .rate = rate,
                                                   .scopes = LINLI_OF_MEMBER};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_ASSESSMENT),
    .name = LINLI_TEXT("oldest_policy"),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("最旧"),
    .title_en = LINLI_TEXT("Built longest ago"),
    .assessment = &assessment,
};
