/* Ends the process, as if all were well. */
#define HOSTILE_NAME "exits"
#include "../hostile.h"
#include <stdlib.h>

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
    exit(3);
}
