/*
 * linli plugin-host: the process in which plugins run. The server starts it; people have no use for
 * it.
 */
#include "cli/cli.h"
#include "plugin/host_main.h"

enum exit_status cli_plugin_host(struct cli *cli)
{
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    return (enum exit_status)plugin_host_main();
}
