/*
 * linli version, linli help.
 */
#include "cli/cli.h"

enum exit_status cli_version(struct cli *cli)
{
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    puts("linli " LINLI_VERSION);
    return EXIT_FINE;
}

enum exit_status cli_help(struct cli *cli)
{
    cli_print_help(cli->program, stdout);
    return EXIT_FINE;
}
