/* Calls itself without end. */
#define HOSTILE_NAME "overflows"

#include "../hostile.h"

static volatile int deeper = 1;

static int sink(int depth)
{
    volatile char room[4096];

    room[0] = (char)depth;
    return deeper ? sink(depth + 1) + room[0] : room[0];
}

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event;
    opinion->verdict = (uint32_t)sink(0);
}
