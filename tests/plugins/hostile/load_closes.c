/* Closes every descriptor while it is loaded. */
#define HOSTILE_NAME "load_closes"
#include "../hostile.h"
#include <unistd.h>

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
}

__attribute__((constructor)) static void on_load(void)
{
    for (int i = 0; i < 1024; i++)
        close(i);
}
