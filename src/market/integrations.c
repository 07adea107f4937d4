#include "market/integrations.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "market/step_desk.h"
#include "people/audit.h"
#include "people/secrets.h"

/* --- Integrations ----------------------------------------------------------------------------- */

static struct text context_of(struct arena *arena, uint64_t integration_id)
{
    const char *context = arena_printf(arena, "integrations %" PRIu64, integration_id);

    return (struct text){context, strlen(context)};
}

json_t *integration_settings_open(const struct keyring *keyring, uint64_t integration_id,
                                  uint32_t key_id, struct text sealed, struct arena *arena)
{
    struct buffer plain = {0};
    json_t *settings = NULL;

    if (secret_open(keyring, key_id, context_of(arena, integration_id), sealed, &plain))
        settings = json_loadb(plain.data, plain.length, 0, NULL);
    if (plain.data)
        crypto_wipe(plain.data, plain.length);
    buffer_free(&plain);
    return settings;
}

enum find integration_find(struct db *db, const struct keyring *keyring, uint64_t merchant_id,
                           struct arena *arena, struct integration *integration, json_t **settings,
                           struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT integration_id, plugin, calls, key_id, settings,"
                                 " changed_by, changed_us, failures, rest_until_us"
                                 " FROM integrations WHERE merchant_id = ? AND current = 1",
                                 DB_ID(merchant_id));
    bool found = rows_next(rows);

    *integration = (struct integration){.merchant_id = merchant_id, .plugin = ""};
    *settings = NULL;
    if (found) {
        *integration = (struct integration){
            .id = rows_id(rows, 0),
            .merchant_id = merchant_id,
            .plugin = rows_copy(rows, 1, arena),
            .calls = (uint32_t)rows_int(rows, 2),
            .changed_by = rows_id(rows, 5),
            .changed_us = rows_int(rows, 6),
            .failures = (int32_t)rows_int(rows, 7),
            .rest_until_us = rows_int(rows, 8),
        };
        *settings = integration_settings_open(keyring, integration->id, (uint32_t)rows_int(rows, 3),
                                              rows_text(rows, 4), arena);
        integration->settings = *settings;
    }
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

struct putting {
    const struct keyring *keyring;
    const struct integration *integration;
    struct text why;
    enum find found;
};

/* The row of this merchant and plugin keeps its number: what it issued goes on through it. */
static bool find_row(struct db *db, const struct integration *integration, uint64_t *id,
                     struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT integration_id FROM integrations WHERE merchant_id = ? AND plugin = ?",
                 DB_ID(integration->merchant_id), DB_STR(integration->plugin));

    *id = rows_next(rows) ? rows_id(rows, 0) : integration->id;
    return rows_end(rows, error);
}

static bool write_row(struct db *db, const struct putting *putting, uint64_t id,
                      struct error *error)
{
    const struct integration *integration = putting->integration;
    struct arena *arena = arena_new();
    char *plain = json_dumps(integration->settings, JSON_COMPACT);
    struct buffer sealed = {0};
    uint32_t key_id = secret_seal(putting->keyring, context_of(arena, id),
                                  (struct text){plain, strlen(plain)}, &sealed);
    bool written =
        db_run(db, error,
               "INSERT INTO integrations (integration_id, merchant_id, plugin, current, calls,"
               " key_id, settings, changed_by, changed_us) VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?)"
               " ON DUPLICATE KEY UPDATE current = 1, calls = VALUES(calls),"
               " key_id = VALUES(key_id), settings = VALUES(settings),"
               " changed_by = VALUES(changed_by), changed_us = VALUES(changed_us),"
               " failures = 0, rest_until_us = 0",
               DB_ID(id), DB_ID(integration->merchant_id), DB_STR(integration->plugin),
               DB_INT(integration->calls), DB_INT(key_id), DB_BYTES(sealed.data, sealed.length),
               DB_ID(integration->changed_by), DB_INT(integration->changed_us)) >= 0;

    crypto_wipe(plain, strlen(plain));
    free(plain);
    buffer_free(&sealed);
    arena_free(arena);
    return written;
}

static bool put(struct db *db, void *context, struct error *error)
{
    struct putting *putting = context;
    const struct integration *integration = putting->integration;
    bool has_plugin = integration->plugin[0] != '\0';
    const struct audit audit = {.actor = integration->changed_by,
                                .action = "merchant.plugin",
                                .object_id = integration->merchant_id,
                                .after = {integration->plugin, strlen(integration->plugin)},
                                .why = putting->why};
    struct rows *rows = db_query(db, "SELECT 1 FROM merchants WHERE merchant_id = ? FOR UPDATE",
                                 DB_ID(integration->merchant_id));
    bool found = rows_next(rows);
    uint64_t id = 0;

    putting->found = found ? FIND_FOUND : FIND_NOTHING;
    if (!rows_end(rows, error))
        return false;
    if (!found)
        return true;
    return db_run(db, error, "UPDATE integrations SET current = 0 WHERE merchant_id = ?",
                  DB_ID(integration->merchant_id)) >= 0 &&
           (!has_plugin ||
            (find_row(db, integration, &id, error) && write_row(db, putting, id, error))) &&
           db_run(db, error, "UPDATE stock SET integration_id = ?, calls = ? WHERE merchant_id = ?",
                  DB_ID(id), DB_INT(has_plugin ? integration->calls : 0),
                  DB_ID(integration->merchant_id)) >= 0 &&
           audit_append(db, &audit, integration->changed_us, error);
}

enum find integration_put(struct db *db, const struct keyring *keyring,
                          const struct integration *integration, struct text why,
                          struct error *error)
{
    struct putting putting = {keyring, integration, why, FIND_NOTHING};

    return db_transaction(db, put, &putting, error) ? putting.found : FIND_FAILED;
}

struct refreshing {
    uint64_t id;
    uint32_t calls;
    const char *plugin;
};

static bool refresh(struct db *db, void *context, struct error *error)
{
    const struct refreshing *one = context;

    return db_run(db, error, "UPDATE integrations SET calls = ? WHERE integration_id = ?",
                  DB_INT(one->calls), DB_ID(one->id)) >= 0 &&
           db_run(db, error, "UPDATE stock SET calls = ? WHERE integration_id = ?",
                  DB_INT(one->calls), DB_ID(one->id)) >= 0;
}

bool integrations_refresh(struct db *db, const struct step_desk *desk, struct arena *arena,
                          struct error *error)
{
    struct rows *rows = db_query(db, "SELECT integration_id, calls, plugin FROM integrations"
                                     " WHERE current = 1 ORDER BY plugin, integration_id");
    struct manifest *manifest = arena_take(arena, sizeof *manifest);
    bool fine = true;

    while (fine && rows_next(rows)) {
        struct refreshing one = {.id = rows_id(rows, 0), .plugin = rows_copy(rows, 2, arena)};

        if (!desk->find(desk->context, one.plugin, arena, manifest))
            continue;
        one.calls = calls_of(manifest);
        if (one.calls != (uint32_t)rows_int(rows, 1))
            fine = db_transaction(db, refresh, &one, error);
    }
    return rows_end(rows, fine ? error : NULL) && fine;
}

/* --- Credentials ------------------------------------------------------------------------------ */

static struct text credential_context(struct arena *arena, const char *name)
{
    const char *context = arena_printf(arena, "credentials %s", name);

    return (struct text){context, strlen(context)};
}

struct keeping {
    const struct credential_row *row;
    uint32_t key_id;
    struct text sealed, why;
};

static bool keep(struct db *db, void *context, struct error *error)
{
    const struct keeping *keeping = context;
    const struct credential_row *row = keeping->row;
    const struct audit audit = {.actor = row->changed_by,
                                .action = "credential.put",
                                .after = {row->name, strlen(row->name)},
                                .why = keeping->why};

    return db_run(db, error,
                  "INSERT INTO credentials (name, kind, merchant_id, hosts, key_id, secret,"
                  " changed_by, changed_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                  " ON DUPLICATE KEY UPDATE kind = VALUES(kind),"
                  " merchant_id = VALUES(merchant_id), hosts = VALUES(hosts),"
                  " key_id = VALUES(key_id), secret = VALUES(secret),"
                  " changed_by = VALUES(changed_by), changed_us = VALUES(changed_us)",
                  DB_STR(row->name), DB_INT(row->kind), DB_ID(row->merchant_id), DB_STR(row->hosts),
                  DB_INT(keeping->key_id), DB_TEXT(keeping->sealed), DB_ID(row->changed_by),
                  DB_INT(row->changed_us)) >= 0 &&
           audit_append(db, &audit, row->changed_us, error);
}

bool credential_put(struct db *db, const struct keyring *keyring, const struct credential_row *row,
                    struct text why, struct error *error)
{
    struct arena *arena = arena_new();
    struct buffer sealed = {0};
    struct keeping keeping = {.row = row, .why = why};
    bool kept;

    keeping.key_id =
        secret_seal(keyring, credential_context(arena, row->name), row->secret, &sealed);
    keeping.sealed = (struct text){sealed.data, sealed.length};
    kept = db_transaction(db, keep, &keeping, error);
    buffer_free(&sealed);
    arena_free(arena);
    return kept;
}

bool credential_list(struct db *db, const char *after, int64_t limit, struct arena *arena,
                     struct credential_row **list, size_t *count, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT name, kind, merchant_id, hosts, changed_by, changed_us"
                                 " FROM credentials WHERE name > ? ORDER BY name LIMIT ?",
                                 DB_STR(after), DB_INT(limit));

    *list = arena_take(arena, (size_t)limit * sizeof **list);
    for (*count = 0; rows_next(rows); (*count)++)
        (*list)[*count] = (struct credential_row){
            .name = rows_copy(rows, 0, arena),
            .kind = (enum credential_kind)rows_int(rows, 1),
            .merchant_id = rows_id(rows, 2),
            .hosts = rows_copy(rows, 3, arena),
            .changed_by = rows_id(rows, 4),
            .changed_us = rows_int(rows, 5),
        };
    return rows_end(rows, error);
}

struct removing {
    const struct audit *audit;
    const char *name;
    int64_t now_us;
    enum find found;
};

static bool remove_credential(struct db *db, void *context, struct error *error)
{
    struct removing *removing = context;
    int64_t gone =
        db_run(db, error, "DELETE FROM credentials WHERE name = ?", DB_STR(removing->name));

    removing->found = gone > 0 ? FIND_FOUND : FIND_NOTHING;
    return gone == 0 || (gone > 0 && audit_append(db, removing->audit, removing->now_us, error));
}

enum find credential_remove(struct db *db, const char *name, uint64_t actor, struct text why,
                            int64_t now_us, struct error *error)
{
    const struct audit audit = {
        .actor = actor, .action = "credential.remove", .before = {name, strlen(name)}, .why = why};
    struct removing removing = {&audit, name, now_us, FIND_NOTHING};

    return db_transaction(db, remove_credential, &removing, error) ? removing.found : FIND_FAILED;
}

enum find credential_open(struct db *db, const struct keyring *keyring, struct text name,
                          uint64_t merchant_id, struct arena *arena, struct credential *credential,
                          struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT name, kind, hosts, key_id, secret FROM credentials"
                                 " WHERE name = ? AND (merchant_id = 0 OR merchant_id = ?)",
                                 DB_TEXT(name), DB_ID(merchant_id));
    struct buffer plain = {0};
    bool found =
        rows_next(rows) && secret_open(keyring, (uint32_t)rows_int(rows, 3),
                                       credential_context(arena, rows_copy(rows, 0, arena)),
                                       rows_text(rows, 4), &plain);

    if (found)
        *credential = (struct credential){
            .kind = (enum credential_kind)rows_int(rows, 1),
            .hosts = rows_copy(rows, 2, arena),
            .secret = {arena_copy(arena, plain.data, plain.length), plain.length},
        };
    if (plain.data)
        crypto_wipe(plain.data, plain.length);
    buffer_free(&plain);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}
