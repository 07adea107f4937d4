/* A text whose bytes are not there. */
#include <linli/plugin.h>

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_AUDIT),
    .name = {(const char *)16, 20},
};
