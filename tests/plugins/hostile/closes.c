/* Closes every descriptor. */
#define HOSTILE_NAME "closes"
#include "../hostile.h"
#include <unistd.h>

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
    for (int i = 0; i < 1024; i++)
        close(i);
}
