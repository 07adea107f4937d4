/* Speaks to the server while it is loaded. */
#define HOSTILE_NAME "load_babbles"
#include "../hostile.h"
#include <unistd.h>

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
}

__attribute__((constructor)) static void on_load(void)
{
    for (int i = 3; i < 64; i++) {
        if (write(i, "all is well, all is well, all is well", 37) > 0)
            return;
    }
}
