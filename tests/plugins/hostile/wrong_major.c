/* Is built for an interface that is not this one. */
#include <linli/plugin.h>

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = {LINLI_PLUGIN_MAGIC, LINLI_ABI_MAJOR + 1, 0, sizeof(struct linli_plugin), LINLI_AUDIT},
};
