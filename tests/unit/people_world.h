/*
 * What the tests of people need of a database: migrated, with keys, ids and one unit.
 */
#ifndef LINLI_PEOPLE_WORLD_H
#define LINLI_PEOPLE_WORLD_H

#include "database.h"
#include "unit.h"

#include "base/arena.h"
#include "base/clock.h"
#include "people/keyring.h"
#include "people/units.h"
#include "store/migrate.h"

#define NOW_US (INT64_C(1700000000) * SECOND_US)

static struct database database;
static struct db *db;
static struct keyring *ring;
static struct id_maker ids;
static struct arena *arena;
static struct error error;
static char no_file[] = "";
static const struct keyring_options key_options = {.master_file = no_file};
static uint64_t street, village;

/* Says what broke, not only that something did. */
static inline void must(bool done)
{
    if (!done)
        fail_msg("%s: %s", error.code ? error.code : "?", error.detail);
}

static inline struct text text_of(const char *text)
{
    return (struct text){text, strlen(text)};
}

static inline uint64_t make_unit(uint64_t parent_id, const char *kind, const char *name)
{
    struct new_unit wanted = {.parent_id = parent_id, .kind = text_of(kind), .name = text_of(name)};
    uint64_t id = 0;

    must(unit_create(db, &ids, &wanted, NOW_US, &id, &error) == PEOPLE_DONE);
    return id;
}

static inline int64_t count_rows(const char *sql)
{
    struct rows *rows = db_query(db, sql);
    int64_t count = rows_next(rows) ? rows_int(rows, 0) : -1;

    must(rows_end(rows, &error));
    return count;
}

static inline int world_start(void **state)
{
    if (database_start(&database, state) != 0)
        return -1;
    db = db_new(&database.options);
    arena = arena_new();
    id_maker_start(&ids, 1);
    must(migrate(db, NULL, &error));
    ring = keyring_load(db, &key_options, database.state_dir, &error);
    must(ring != NULL);
    street = make_unit(0, "street", "石湾镇街道");
    village = make_unit(street, "community", "玫瑰社区");
    return 0;
}

static inline int world_stop(void **state)
{
    keyring_free(ring);
    arena_free(arena);
    db_free(db);
    return database_stop(&database, state);
}

#endif
