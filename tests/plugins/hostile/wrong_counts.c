/* More settings than there are. */
#include <linli/plugin.h>

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_AUDIT),
    .name = LINLI_TEXT("wrong_counts"),
    .version = LINLI_TEXT("1"),
    .title_zh = LINLI_TEXT("坏"),
    .title_en = LINLI_TEXT("bad"),
    .setting_count = 4000000000U,
};
