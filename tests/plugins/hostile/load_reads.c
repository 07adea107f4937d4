/* Looks for files while it is loaded; dies if it can read one. */
#define HOSTILE_NAME "load_reads"
#include "../hostile.h"
#include <fcntl.h>
#include <stdlib.h>

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
}

__attribute__((constructor)) static void on_load(void)
{
    if (open("/etc/passwd", O_RDONLY) >= 0 || open("/proc/self/environ", O_RDONLY) >= 0 ||
        open("/", O_RDONLY | O_DIRECTORY) >= 0 || getenv("PATH"))
        *(volatile int *)8 = 1;
}
