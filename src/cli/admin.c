/*
 * linli admin: the first administrator is made here, by whoever may run commands on the server;
 * there is no default password.
 */
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "cli/cli.h"
#include "cli/database.h"
#include "cli/password.h"

struct request {
    const char *login, *name;
    char password[PASSWORD_LINE];
    bool generated;
};

static bool create(struct database *database, const struct request *request, struct error *error)
{
    struct new_staff staff = {
        .role = ROLE_ADMINISTRATOR,
        .login = text_from(request->login),
        .password = text_from(request->password),
        .display_name = text_from(request->name),
    };
    struct id_maker ids;
    uint32_t instance;
    uint64_t account_id;

    if (!instance_claim(database->db, "linli admin", &instance, error))
        return false;
    id_maker_start(&ids, instance);
    return account_explain(
        account_create_staff(database->db, &ids, &staff, clock_now_us(), &account_id, error),
        error);
}

static bool set_password(struct database *database, const struct request *request,
                         struct error *error)
{
    return account_explain(account_set_password(database->db, text_from(request->login),
                                                text_from(request->password), 0, clock_now_us(),
                                                error),
                           error);
}

static enum exit_status run(struct cli *cli, const char *what,
                            bool (*act)(struct database *, const struct request *, struct error *))
{
    struct request request = {
        .login = cli_option(cli, "login"),
        .name = cli_option(cli, "name"),
        .generated = cli_flag(cli, "generate"),
    };
    struct database database;
    struct error error = {0};
    bool fine;

    if (!request.login)
        return cli_misused(cli, "--login is missing");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    if (!request.name)
        request.name = request.login;
    if (!password_take(request.generated, request.password, &error))
        return cli_fail(&error);
    fine = database_open_migrated(&database, cli->settings, &error) &&
           act(&database, &request, &error);
    database_close(&database);
    if (fine)
        printf("%s %s\n", what, request.login);
    if (fine && request.generated)
        printf("password %s\n", request.password);
    crypto_wipe(request.password, sizeof request.password);
    return fine ? EXIT_FINE : cli_fail(&error);
}

enum exit_status cli_admin_create(struct cli *cli)
{
    return run(cli, "administrator", create);
}

enum exit_status cli_admin_password(struct cli *cli)
{
    return run(cli, "changed", set_password);
}
