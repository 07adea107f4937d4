/*
 * linli keys: the keys of tokens, vouchers, the chain and personal values, which live in the
 * database sealed under the master key.
 */
#include <string.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/database.h"

static const char *const purpose_names[KEY_PURPOSES] = {
    [KEY_TOKEN] = "token",   [KEY_CHAIN] = "chain",       [KEY_VOUCHER] = "voucher",
    [KEY_INDEX] = "index",   [KEY_PERSONAL] = "personal", [KEY_CHECK_IN] = "check_in",
    [KEY_SECRET] = "secret",
};

static bool purpose_parse(const char *name, enum key_purpose *purpose)
{
    for (*purpose = KEY_TOKEN; *purpose < KEY_PURPOSES; (*purpose)++) {
        if (strcmp(name, purpose_names[*purpose]) == 0)
            return true;
    }
    return false;
}

static bool print_keys(struct db *db, struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT key_id, purpose, created_us FROM `keys` ORDER BY purpose, key_id");

    puts("key       purpose   made");
    while (rows_next(rows)) {
        uint64_t purpose = rows_id(rows, 1);
        char made[CLOCK_RFC3339_SIZE];

        clock_format(rows_int(rows, 2), 0, made);
        printf("%-10llu%-10s%s\n", (unsigned long long)rows_id(rows, 0),
               purpose > 0 && purpose < KEY_PURPOSES ? purpose_names[purpose] : "unknown", made);
    }
    return rows_end(rows, error);
}

enum exit_status cli_keys_list(struct cli *cli)
{
    struct database database;
    struct error error = {0};
    bool fine;

    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    fine =
        database_open_migrated(&database, cli->settings, &error) && print_keys(database.db, &error);
    database_close(&database);
    return fine ? EXIT_FINE : cli_fail(&error);
}

static bool rotate(struct database *database, const struct settings *settings,
                   enum key_purpose purpose, struct error *error)
{
    struct keyring *keyring =
        keyring_load(database->db, &settings->keyring, database->state_dir, error);
    bool fine = keyring && keyring_rotate(database->db, keyring, purpose, error);

    if (keyring)
        keyring_free(keyring);
    return fine;
}

enum exit_status cli_keys_rotate(struct cli *cli)
{
    const char *name = cli_word(cli);
    enum key_purpose purpose;
    struct database database;
    struct error error = {0};
    bool fine;

    if (!name || !purpose_parse(name, &purpose))
        return cli_misused(cli, "which key: token, chain, voucher, personal, check_in or secret?");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    fine = database_open_migrated(&database, cli->settings, &error) &&
           rotate(&database, cli->settings, purpose, &error);
    database_close(&database);
    if (!fine)
        return cli_fail(&error);
    puts("Made. Each server uses it from its next start on.");
    return EXIT_FINE;
}

enum exit_status cli_keys_make_master(struct cli *cli)
{
    const char *path = cli_word(cli);
    struct error error = {0};

    if (!path)
        return cli_misused(cli, "where to?");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    if (!keyring_make_master(path, &error))
        return cli_fail(&error);
    printf("Made %s. Keep a copy where no backup of the database is.\n", path);
    return EXIT_FINE;
}
