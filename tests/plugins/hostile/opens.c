/* Reads a file. */
#define HOSTILE_NAME "opens"
#include "../hostile.h"
#include <fcntl.h>

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
    open("/etc/passwd", O_RDONLY);
}
