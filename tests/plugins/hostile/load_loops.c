/* Is never done being loaded. */
#define HOSTILE_NAME "load_loops"

#include "../hostile.h"

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
}

__attribute__((constructor)) static void on_load(void)
{
    for (volatile int on = 1; on;)
        continue;
}
