/* Changes the question. */
#define HOSTILE_NAME "writes_input"

#include "../hostile.h"

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
    ((struct linli_event *)(uintptr_t)event)->member = 5;
}
