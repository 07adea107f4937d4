/* Makes another process while it is loaded. */
#define HOSTILE_NAME "load_forks"
#include "../hostile.h"
#include <unistd.h>

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
}

__attribute__((constructor)) static void on_load(void)
{
    if (fork() == 0)
        for (;;)
            continue;
}
