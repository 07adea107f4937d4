/* As discloses.c, and may know the name as well. */
#define NAME      "gossips"
#define DISCLOSES LINLI_TELLS_NAME | LINLI_TELLS_PHONE
#include "discloses.c"
