/* Makes a thread. */
#define HOSTILE_NAME "threads"
#include "../hostile.h"
#include <pthread.h>

static void *run(void *context)
{
    return context;
}

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
    pthread_t thread;

    pthread_create(&thread, NULL, run, NULL);
}
