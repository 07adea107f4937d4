/* Another answer each time. */
#define HOSTILE_NAME "fickle"

#include "../hostile.h"

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
    static int asked;

    if (asked++ % 2 == 0)
        return;
    linli_decide(opinion, LINLI_FLAG, "odd");
    linli_say(&opinion->reason.zh, "单");
    linli_say(&opinion->reason.en, "odd");
}
