/* Takes all the memory that there is. */
#define HOSTILE_NAME "eats_memory"
#include "../hostile.h"
#include <stdlib.h>

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
    for (;;)
        memset(malloc(1 << 20), 1, 1 << 20);
}
