/* Says that its struct is smaller than any was. */
#include <linli/plugin.h>

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = {LINLI_PLUGIN_MAGIC, LINLI_ABI_MAJOR, LINLI_ABI_MINOR, 24, LINLI_AUDIT},
    .name = LINLI_TEXT("wrong_size"),
};
