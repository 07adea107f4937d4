/*
 * linli migrate: brings the schema up to this binary; `--status` only looks.
 */
#include "store/migrate.h"
#include "cli/cli.h"
#include "cli/database.h"

static bool run(struct database *database, bool only_look, struct error *error)
{
    int applied = 0;

    if (only_look)
        return migrate_status(database->db, error);
    if (!migrate(database->db, &applied, error))
        return false;
    printf("%d migrations applied\n", applied);
    return true;
}

enum exit_status cli_migrate(struct cli *cli)
{
    bool only_look = cli_flag(cli, "status");
    struct database database;
    struct error error = {0};
    bool fine;

    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    fine = database_open(&database, cli->settings, &error) && run(&database, only_look, &error);
    database_close(&database);
    return fine ? EXIT_FINE : cli_fail(&error);
}
