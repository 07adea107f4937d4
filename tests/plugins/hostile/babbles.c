/* Writes into whatever it finds open. */
#define HOSTILE_NAME "babbles"
#include "../hostile.h"
#include <unistd.h>

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
    for (int i = 0; i < 64; i++) {
        if (write(i, "all is well", 11) == 11)
            return;
    }
}
