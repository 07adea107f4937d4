/*
 * linli users: staff accounts, by whoever may run commands on the server. Members are not among
 * them: they sign in by phone.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/people_json.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "cli/cli.h"
#include "cli/database.h"
#include "cli/password.h"
#include "ledger/teller.h"
#include "market/merchants.h"

#define PAGE 200

/* --- Whom ------------------------------------------------------------------------------------- */

/* By login, which is what people remember, or by id, as lists print it. */
static bool find_user(struct db *db, const char *word, struct arena *arena, struct staff *staff,
                      struct error *error)
{
    uint64_t id;
    enum find found = account_find_login(db, text_from(word), &id, error);

    if (found == FIND_NOTHING && cli_read_id(word, &id))
        found = FIND_FOUND;
    if (found == FIND_FOUND)
        found = account_find_staff(db, id, arena, staff, error);
    if (found == FIND_NOTHING)
        error_set(error, "users.none", "there is no staff account %.64s", word);
    return found == FIND_FOUND;
}

/* --role, --unit and --merchant as a role and its scope. False: said on stderr what is wrong. */
static bool take_role(struct cli *cli, enum role *role, uint64_t *scope_id)
{
    const char *name = cli_option(cli, "role"), *unit = cli_option(cli, "unit");
    const char *merchant = cli_option(cli, "merchant"), *scope = unit ? unit : merchant;

    *scope_id = 0;
    if (!name || !role_parse(text_from(name), role) || *role == ROLE_MEMBER)
        cli_misused(cli, "--role is coordinator, unit_reader, clerk, manager, auditor or "
                         "administrator");
    else if ((unit && merchant) || (scope && !cli_read_id(scope, scope_id)))
        cli_misused(cli, "--unit or --merchant is one number");
    else if (scope &&
             !(*role & (unit ? ROLE_COORDINATOR | ROLE_UNIT_READER : ROLE_CLERK | ROLE_MANAGER)))
        cli_misused(cli, "a %s has no %s", name, unit ? "--unit" : "--merchant");
    else
        return true;
    return false;
}

/* People knows no merchants: that the one in scope exists is looked up here. */
static bool merchant_is_there(struct db *db, enum role role, uint64_t scope_id, struct error *error)
{
    struct arena *arena;
    struct merchant merchant;
    enum find found;

    if (!(role & (ROLE_CLERK | ROLE_MANAGER)) || scope_id == 0)
        return true;
    arena = arena_new();
    found = merchant_find(db, scope_id, arena, &merchant, error);
    arena_free(arena);
    if (found == FIND_NOTHING)
        error_set(error, "users.merchant", "there is no merchant %" PRIu64, scope_id);
    return found == FIND_FOUND;
}

/* --- Looking ---------------------------------------------------------------------------------- */

static void print_user(const struct staff *staff)
{
    char scope[24] = "";

    if (staff->who.scope_id)
        snprintf(scope, sizeof scope, "%" PRIu64, staff->who.scope_id);
    printf("%-18" PRIu64 "%-20s%-15s%-18s%-10s%s\n", staff->who.account_id, staff->login,
           role_name(staff->who.role), scope,
           staff->state == ACCOUNT_IS_ACTIVE ? "active" : "disabled", staff->display_name);
}

/* A page after the other, so that any number of them will do. */
static bool list_users(struct db *db, unsigned roles, json_t *items, struct error *error)
{
    struct staff_query query = {.roles = roles, .limit = PAGE};
    struct staff *staff;
    uint64_t next = 0;
    size_t count;

    do {
        struct arena *arena = arena_new();
        query.after_id = next;
        bool read = account_list_staff(db, &query, arena, &staff, &count, &next, error);
        for (size_t i = 0; read && i < count; i++)
            if (items)
                json_array_append_new(items, staff_json(&staff[i]));
            else
                print_user(&staff[i]);
        arena_free(arena);
        if (!read)
            return false;
    } while (next != 0);
    return true;
}

enum exit_status cli_users_list(struct cli *cli)
{
    const char *name = cli_option(cli, "role");
    json_t *items = cli_flag(cli, "json") ? json_array() : NULL;
    struct database database = {0};
    struct error error = {0};
    enum role role = 0;
    bool fine;

    if (name && (!role_parse(text_from(name), &role) || role == ROLE_MEMBER))
        return cli_misused(cli, "there is no role %s of staff", name);
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    fine = database_open_migrated(&database, cli->settings, &error);
    if (fine && !items)
        puts("id                login               role           unit or merchant  state     "
             "name");
    fine = fine && list_users(database.db, role, items, &error);
    if (fine && items) {
        json_dumpf(items, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(items);
    database_close(&database);
    return fine ? EXIT_FINE : cli_fail(&error);
}

enum exit_status cli_users_show(struct cli *cli)
{
    const char *word = cli_word(cli);
    struct arena *arena = arena_new();
    struct database database = {0};
    struct error error = {0};
    struct staff staff;
    bool fine;

    if (!word || !cli_nothing_left(cli)) {
        arena_free(arena);
        return word ? EXIT_USAGE : cli_misused(cli, "name the LOGIN or the id");
    }
    fine = database_open_migrated(&database, cli->settings, &error) &&
           find_user(database.db, word, arena, &staff, &error);
    if (fine) {
        json_t *body = staff_json(&staff);
        json_dumpf(body, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(body);
    }
    database_close(&database);
    arena_free(arena);
    return fine ? EXIT_FINE : cli_fail(&error);
}

/* --- Making ----------------------------------------------------------------------------------- */

static bool create(struct database *database, const struct new_staff *staff, struct error *error)
{
    struct id_maker ids;
    uint32_t instance;
    uint64_t id;

    if (!merchant_is_there(database->db, staff->role, staff->scope_id, error) ||
        !instance_claim(database->db, "linli users", &instance, error))
        return false;
    id_maker_start(&ids, instance);
    return account_explain(
        account_create_staff(database->db, &ids, staff, clock_now_us(), &id, error), error);
}

/* `staff` by value: it points to the password, which does not outlive this. */
static enum exit_status create_and_tell(struct cli *cli, struct new_staff staff, bool ask)
{
    char password[PASSWORD_LINE];
    struct database database = {0};
    struct error error = {0};

    if (!password_take(!ask, password, &error))
        return cli_fail(&error);
    staff.password = text_from(password);
    bool fine = database_open_migrated(&database, cli->settings, &error) &&
                create(&database, &staff, &error);
    database_close(&database);
    if (fine)
        printf("%s %.*s\n", role_name(staff.role), TEXT_ARGS(staff.login));
    if (fine && !ask)
        printf("password %s\n", password);
    crypto_wipe(password, sizeof password);
    return fine ? EXIT_FINE : cli_fail(&error);
}

enum exit_status cli_users_create(struct cli *cli)
{
    const char *name = cli_option(cli, "name"), *person = cli_option(cli, "person");
    bool ask = cli_flag(cli, "ask");
    struct new_staff staff = {0};

    if (person && !cli_read_id(person, &staff.person_id))
        return cli_misused(cli, "--person is a member's id");
    if (!take_role(cli, &staff.role, &staff.scope_id))
        return EXIT_USAGE;
    const char *login = cli_word(cli);
    if (!login)
        return cli_misused(cli, "name the LOGIN");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    staff.login = text_from(login);
    staff.display_name = text_from(name ? name : login);
    return create_and_tell(cli, staff, ask);
}

/* --- Changing --------------------------------------------------------------------------------- */

typedef enum people_answer change_user(struct db *db, const struct staff_change *change,
                                       struct error *error);

static enum people_answer set_role(struct db *db, const struct staff_change *change,
                                   struct error *error)
{
    if (!merchant_is_there(db, change->role, change->scope_id, error))
        return PEOPLE_BROKEN;
    return account_set_role(db, change, clock_now_us(), error);
}

static enum people_answer disable(struct db *db, const struct staff_change *change,
                                  struct error *error)
{
    struct revoke revoke = {.account_id = change->account_id, .suspend = true, .why = change->why};

    return account_revoke(db, &revoke, clock_now_us(), error);
}

static enum people_answer enable(struct db *db, const struct staff_change *change,
                                 struct error *error)
{
    return account_let_in(db, change, clock_now_us(), error);
}

/* Finds the account that `word` names, changes it and prints what it is then. */
static bool change_and_print(struct db *db, const char *word, struct staff_change *change,
                             change_user *how, struct error *error)
{
    struct arena *arena = arena_new();
    struct staff staff;
    bool fine = find_user(db, word, arena, &staff, error);

    change->account_id = fine ? staff.who.account_id : 0;
    fine = fine && account_explain(how(db, change, error), error) &&
           find_user(db, word, arena, &staff, error);
    if (fine)
        print_user(&staff);
    arena_free(arena);
    return fine;
}

static enum exit_status change(struct cli *cli, struct staff_change *wanted, change_user *how)
{
    struct database database = {0};
    struct error error = {0};

    if (!cli_why(cli, &wanted->why))
        return EXIT_USAGE;
    const char *word = cli_word(cli);
    if (!word)
        return cli_misused(cli, "name the LOGIN or the id");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    bool fine = database_open_migrated(&database, cli->settings, &error) &&
                change_and_print(database.db, word, wanted, how, &error);
    database_close(&database);
    return fine ? EXIT_FINE : cli_fail(&error);
}

enum exit_status cli_users_role(struct cli *cli)
{
    struct staff_change wanted = {0};

    if (!take_role(cli, &wanted.role, &wanted.scope_id))
        return EXIT_USAGE;
    return change(cli, &wanted, set_role);
}

enum exit_status cli_users_disable(struct cli *cli)
{
    struct staff_change wanted = {0};

    return change(cli, &wanted, disable);
}

enum exit_status cli_users_enable(struct cli *cli)
{
    struct staff_change wanted = {0};

    return change(cli, &wanted, enable);
}
