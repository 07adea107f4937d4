/*
 * linli admin: the first administrator is made here, by whoever may run commands on the server;
 * there is no default password.
 */
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "cli/cli.h"
#include "cli/database.h"
#include "people/accounts.h"

#define GENERATED_CHARACTERS 20 /* of base 32: 100 bits */

/* --- the password --- */

static bool read_line(char out[PASSWORD_MOST * 4 + 2])
{
    size_t length;

    if (!fgets(out, PASSWORD_MOST * 4 + 2, stdin))
        return false;
    length = strcspn(out, "\r\n");
    out[length] = '\0';
    return length > 0;
}

static bool prompt_line(const char *prompt, char out[PASSWORD_MOST * 4 + 2])
{
    struct termios shown, hidden;
    bool read;

    fputs(prompt, stderr);
    if (tcgetattr(STDIN_FILENO, &shown) != 0)
        return false;
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    read = read_line(out);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    fputc('\n', stderr);
    return read;
}

static bool generate(char out[PASSWORD_MOST * 4 + 2])
{
    uint8_t bytes[GENERATED_CHARACTERS];

    crypto_random(bytes, sizeof bytes);
    crockford_encode(bytes, GENERATED_CHARACTERS, out);
    crypto_wipe(bytes, sizeof bytes);
    return true;
}

/* From --generate, from whoever sits at the terminal, or from the first line of stdin. */
static bool take_password(bool generated, char out[PASSWORD_MOST * 4 + 2], struct error *error)
{
    char again[PASSWORD_MOST * 4 + 2];
    bool same;

    if (generated)
        return generate(out);
    if (!isatty(STDIN_FILENO))
        return read_line(out) || error_set(error, "admin.no_password",
                                           "give the password as a line on stdin, or --generate");
    if (!prompt_line("Password: ", out) || !prompt_line("Again: ", again))
        return error_set(error, "admin.no_password", "no password was given");
    same = strcmp(out, again) == 0;
    crypto_wipe(again, sizeof again);
    return same || error_set(error, "admin.no_password", "the two passwords differ");
}

/* --- the account --- */

struct request {
    const char *login, *name;
    char password[PASSWORD_MOST * 4 + 2];
    bool generated;
};

static struct text text_of(const char *text)
{
    return (struct text){text, strlen(text)};
}

static bool explain(enum people_answer answer, struct error *error)
{
    switch (answer) {
    case PEOPLE_DONE: return true;
    case PEOPLE_BROKEN: return false;
    case PEOPLE_LOGIN_TAKEN: return error_set(error, "admin.login", "this login is taken");
    case PEOPLE_BAD_LOGIN:
        return error_set(error, "admin.login", "a login has 2 to 64 of a-z 0-9 . _ @ -");
    case PEOPLE_WEAK_PASSWORD:
        return error_set(error, "admin.password", "a password has at least %d characters",
                         PASSWORD_LEAST);
    case PEOPLE_NOT_FOUND: return error_set(error, "admin.login", "there is no such login");
    default: return error_set(error, "admin.refused", "refused (%d)", (int)answer);
    }
}

static bool create(struct database *database, const struct request *request, struct error *error)
{
    struct new_staff staff = {
        .role = ROLE_ADMINISTRATOR,
        .login = text_of(request->login),
        .password = text_of(request->password),
        .display_name = text_of(request->name),
    };
    struct id_maker ids;
    uint32_t instance;
    uint64_t account_id;

    if (!instance_claim(database->db, "linli admin", &instance, error))
        return false;
    id_maker_start(&ids, instance);
    return explain(
        account_create_staff(database->db, &ids, &staff, clock_now_us(), &account_id, error),
        error);
}

static bool set_password(struct database *database, const struct request *request,
                         struct error *error)
{
    return explain(account_set_password(database->db, text_of(request->login),
                                        text_of(request->password), 0, clock_now_us(), error),
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
    if (!take_password(request.generated, request.password, &error))
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
