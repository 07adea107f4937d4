/* Makes a file while it is loaded. */
#define HOSTILE_NAME "load_writes"
#include "../hostile.h"
#include <fcntl.h>

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
}

__attribute__((constructor)) static void on_load(void)
{
    open("/tmp/linli-hostile", O_WRONLY | O_CREAT, 0600);
}
