/* A code without its ending zero, and a sentence longer than its room. */
#define HOSTILE_NAME "without_end"

#include "../hostile.h"

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
    opinion->verdict = LINLI_DENY;
    memset(opinion->reason.code, 97, sizeof opinion->reason.code);
    opinion->reason.zh.length = (size_t)1 << 40;
    opinion->reason.en.length = (size_t)1 << 40;
}
