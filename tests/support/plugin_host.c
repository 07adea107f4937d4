/* `linli plugin-host` alone, for builds whose linli is sanitized. */
#include "base/crypto.h"
#include "plugin/host_main.h"

int main(void)
{
    crypto_start();
    return plugin_host_main();
}
