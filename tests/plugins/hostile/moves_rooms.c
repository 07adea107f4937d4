/* Answers from memory of its own. */
#define HOSTILE_NAME "moves_rooms"

#include "../hostile.h"

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
    opinion->verdict = LINLI_DENY;
    memcpy(opinion->reason.code, "mine", 5);
    opinion->reason.zh.bytes = (char *)(uintptr_t) "mine";
    opinion->reason.zh.length = 4;
    opinion->reason.en = opinion->reason.zh;
}
