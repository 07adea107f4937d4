/* Destroys what malloc keeps between its pieces. */
#define HOSTILE_NAME "heap"
#include "../hostile.h"
#include <stdlib.h>

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
    size_t *piece = malloc(2000);

    memset(piece, 0x41, 3000);
    piece[-1] = 0x4141414141414141;
    free(piece);
    free(malloc(100000));
}
