/*
 * What a merchant's server answers, as the plugin http_json looks into it: any bytes. The first
 * line is the pointer.
 */
#include <stdlib.h>

#include "../../plugins/merchant/http_json/json_look.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *line = size > 0 ? (const char *)memchr(data, '\n', size) : NULL;
    const char *text = (const char *)data;
    char bytes[100];
    struct linli_room room = {bytes, sizeof bytes, 0};
    size_t length;

    if (!line)
        return 0;
    length = (size_t)(line - text);
    if (json_look((struct linli_text){line + 1, size - length - 1},
                  (struct linli_text){text, length}, &room)) {
        if (room.length > sizeof bytes)
            abort();
    } else if (room.length != 0) {
        abort();
    }
    return 0;
}
