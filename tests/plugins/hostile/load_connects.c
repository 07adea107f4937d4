/* Opens a socket while it is loaded. */
#define HOSTILE_NAME "load_connects"
#include "../hostile.h"
#include <sys/socket.h>

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
}

__attribute__((constructor)) static void on_load(void)
{
    socket(AF_INET, SOCK_STREAM, 0);
}
