/* Never comes back. */
#define HOSTILE_NAME "loops"

#include "../hostile.h"

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
    for (volatile int on = 1; on;)
        continue;
}
