#include "bench_database.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/log.h"
#include "ledger/teller.h"
#include "store/migrate.h"

void bench_fail(const char *what, const struct error *error)
{
    fprintf(stderr, "%s: %s %s\n", what, error->code ? error->code : "", error->detail);
    exit(1);
}

static void read_options(struct bench_database *database, int argc, char **argv,
                         const struct config_entry *own, void *options)
{
    struct config *config = config_new(); /* owns the texts: lives as long as the process */
    struct error error = {0};

    config_add(config, db_config, &database->options);
    config_add(config, embedded_config, &database->embedded_options);
    config_add(config, keyring_config, &database->keyring_options);
    config_add(config, own, options);
    if (!config_load(config, &argc, argv, &error))
        bench_fail("options", &error);
}

void bench_open(struct bench_database *database, int argc, char **argv,
                const struct config_entry *own, void *options)
{
    struct error error = {0};
    uint32_t instance;

    crypto_start();
    log_configure(LOG_WARN, LOG_AUTO);
    *database = (struct bench_database){0};
    read_options(database, argc, argv, own, options);
    database->embedded = embedded_start(&database->embedded_options, &error);
    if (database->embedded == NULL)
        bench_fail("embedded database", &error);
    database->options.url = (char *)(uintptr_t)embedded_url(database->embedded);
    database->db = db_new(&database->options);
    if (!db_connect(database->db, &error) || !migrate(database->db, NULL, &error))
        bench_fail("database", &error);
    database->keyring = keyring_load(database->db, &database->keyring_options,
                                     database->embedded_options.state_dir, &error);
    if (database->keyring == NULL)
        bench_fail("keys", &error);
    if (!instance_claim(database->db, "bench", &instance, &error))
        bench_fail("instance", &error);
    id_maker_start(&database->ids, instance);
}

void bench_close(struct bench_database *database)
{
    keyring_free(database->keyring);
    db_free(database->db);
    embedded_stop(database->embedded);
}
