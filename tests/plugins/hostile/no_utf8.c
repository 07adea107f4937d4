/* Bytes that are no text. */
#define HOSTILE_NAME "no_utf8"

#include "../hostile.h"

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
    linli_decide(opinion, LINLI_DENY, "bytes");
    linli_say(&opinion->reason.zh, "%s", "\xff\xfe");
    linli_say(&opinion->reason.en, "%s", "\xff\xfe");
}
