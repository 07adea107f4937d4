/* A verdict that does not exist. */
#define HOSTILE_NAME "odd_verdict"

#include "../hostile.h"

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
    opinion->verdict = 99;
}
