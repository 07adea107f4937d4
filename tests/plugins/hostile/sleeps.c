/* Sleeps, and would answer after that. */
#define HOSTILE_NAME "sleeps"
#include "../hostile.h"
#include <unistd.h>

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
    sleep(30);
}
