/* Takes a while over each question: all of them together take too long. */
#define HOSTILE_NAME "dawdles"
#include <time.h>

#include "../hostile.h"

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    struct timespec begin, now;

    (void)event, (void)opinion;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000 < 150);
}
