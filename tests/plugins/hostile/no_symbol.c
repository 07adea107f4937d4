/* Exports something else. */
#include <linli/plugin.h>

LINLI_EXPORT const int somebody_else = 1;
