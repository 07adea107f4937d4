/* Calls abort. */
#define HOSTILE_NAME "aborts"
#include "../hostile.h"
#include <stdlib.h>

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
    abort();
}
