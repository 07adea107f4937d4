/*
 * linli config: every setting with its value and where it came from, as a file that could be kept.
 */
#include "cli/cli.h"

enum exit_status cli_config(struct cli *cli)
{
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    config_print(cli->config, stdout);
    return EXIT_FINE;
}
