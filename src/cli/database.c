#include "cli/database.h"

#include "store/migrate.h"

bool database_open(struct database *database, const struct settings *settings, struct error *error)
{
    *database = (struct database){.options = settings->db};
    if (!*settings->db.url) {
        database->embedded = embedded_start(&settings->embedded, error);
        if (!database->embedded)
            return false;
        database->options.url = (char *)(uintptr_t)embedded_url(database->embedded);
        database->state_dir = settings->embedded.state_dir;
    }
    database->db = db_new(&database->options);
    return db_connect(database->db, error);
}

bool database_open_migrated(struct database *database, const struct settings *settings,
                            struct error *error)
{
    return database_open(database, settings, error) && migrate(database->db, NULL, error);
}

void database_close(struct database *database)
{
    if (database->db)
        db_free(database->db);
    if (database->embedded)
        embedded_stop(database->embedded);
    *database = (struct database){0};
}
