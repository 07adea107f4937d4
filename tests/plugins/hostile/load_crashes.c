/* Crashes while it is loaded. */
#define HOSTILE_NAME "load_crashes"

#include "../hostile.h"

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
}

__attribute__((constructor)) static void on_load(void)
{
    *(volatile int *)8 = 1;
}
