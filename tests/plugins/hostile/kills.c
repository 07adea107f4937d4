/* Kills its server. */
#define HOSTILE_NAME "kills"
#include "../hostile.h"
#include <signal.h>
#include <unistd.h>

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
    kill(getppid(), SIGKILL);
}
