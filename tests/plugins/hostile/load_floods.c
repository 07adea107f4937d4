/* Says that it has started, again and again, while it is loaded: what the server hears fills
 * memory.
 */
#define HOSTILE_NAME "load_floods"
#include <unistd.h>

#include "../hostile.h"

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    (void)event, (void)opinion;
}

__attribute__((constructor)) static void on_load(void)
{
    static struct {
        uint32_t magic, kind;
        uint64_t nonce;
        uint32_t count, length;
        char said[65536];
    } message = {0x4c4e5746, 6, 0, 0, 65536, "R"};

    memset(message.said + 1, 'x', sizeof message.said - 1);
    for (;;)
        write(3, &message, sizeof message);
}
