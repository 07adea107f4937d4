/* Takes the processor from its server, or from another host, while it is loaded. */
#define HOSTILE_NAME "load_limits"
#include <sys/resource.h>
#include <unistd.h>

#include "../hostile.h"

int prlimit(pid_t pid, int what, const struct rlimit *limit, struct rlimit *old);

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
}

__attribute__((constructor)) static void on_load(void)
{
    const struct rlimit none = {0, 0};

    prlimit(getpid() + 1, RLIMIT_CPU, &none, NULL);
}
