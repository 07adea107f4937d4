/* Ten thousand million points for an hour. */
#include <linli/plugin.h>

static void award(const void *state, const struct linli_award_question *question,
                  const struct linli_facts *facts, struct linli_award *award)
{
    (void)state, (void)facts;
    award->points = question->minutes < 0 ? -1 : INT64_MAX;
}

static const struct linli_assessment assessment = {.size = sizeof assessment, .award = award};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_ASSESSMENT),
    .name = LINLI_TEXT("absurd"),
    .version = LINLI_TEXT("1"),
    .title_zh = LINLI_TEXT("坏"),
    .title_en = LINLI_TEXT("bad"),
    .assessment = &assessment,
};
