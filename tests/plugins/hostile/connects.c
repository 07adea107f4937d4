/* Opens a socket. */
#define HOSTILE_NAME "connects"
#include "../hostile.h"
#include <sys/socket.h>

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
    socket(AF_INET, SOCK_STREAM, 0);
}
