/* Makes another process. */
#define HOSTILE_NAME "forks"
#include "../hostile.h"
#include <unistd.h>

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
    if (fork() == 0)
        for (;;)
            continue;
}
