#include "cli/database.h"

#include "store/dump.h"
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
    return database_open(database, settings, error) &&
           load_refuse_unfinished(database->db, error) && migrate(database->db, NULL, error);
}

bool database_is_there(const struct settings *settings, struct error *error)
{
    return *settings->db.url || embedded_is_made(&settings->embedded) ||
           error_set(error, "store.none",
                     "there is no database in state_dir %s: which one is it, --state_dir=DIR or "
                     "--database.url=URL?",
                     settings->embedded.state_dir);
}

void database_close(struct database *database)
{
    if (database->db)
        db_free(database->db);
    if (database->embedded)
        embedded_stop(database->embedded);
    *database = (struct database){0};
}
