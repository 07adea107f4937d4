/* Denies, and does not say why. */
#define HOSTILE_NAME "gives_no_reason"

#include "../hostile.h"

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
    opinion->verdict = LINLI_DENY;
}
