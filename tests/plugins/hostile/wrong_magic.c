/* Is no plugin. */
#include <linli/plugin.h>

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = {0x12345678, LINLI_ABI_MAJOR, LINLI_ABI_MINOR, sizeof(struct linli_plugin),
             LINLI_AUDIT},
};
