/* Writes to nowhere. */
#define HOSTILE_NAME "crash"

#include "../hostile.h"

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
    *(volatile int *)8 = 1;
}
