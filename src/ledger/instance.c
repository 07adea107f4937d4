#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/utf8.h"
#include "ledger/teller.h"

#define NAME_MOST 120  /* instances.name */
#define SKIPPED   2048 /* starts that a backup may be behind; there are 2^20 numbers in all */

bool instance_claim(struct db *db, const char *name, uint32_t *instance_id, struct error *error)
{
    size_t length = strlen(name);
    struct text cut = {name, length > NAME_MOST ? utf8_cut(name, NAME_MOST) : length};

    if (db_run(db, error, "INSERT INTO instances (started_us, name) VALUES (?, ?)",
               DB_INT(clock_now_us()), DB_TEXT(cut)) < 0)
        return false;
    struct rows *rows = db_query(db, "SELECT LAST_INSERT_ID()");
    uint64_t id = rows_next(rows) ? rows_id(rows, 0) : 0;

    if (!rows_end(rows, error))
        return false;
    if (id == 0 || id > ID_INSTANCE_MOST)
        return error_set(error, "ledger.instances",
                         "instance number %" PRIu64 " is outside 1..%u: ids would repeat", id,
                         ID_INSTANCE_MOST);
    *instance_id = (uint32_t)id;
    return true;
}

bool instance_skip(struct db *db, const char *why, struct error *error)
{
    struct rows *rows = db_query(db, "SELECT COALESCE(MAX(instance_id), 0) FROM instances");
    uint64_t last = rows_next(rows) ? rows_id(rows, 0) : 0;

    if (!rows_end(rows, error))
        return false;
    if (last + SKIPPED > ID_INSTANCE_MOST)
        return error_set(error, "ledger.instances", "no instance numbers are left to skip");
    return db_run(db, error,
                  "INSERT INTO instances (instance_id, started_us, name) VALUES (?, ?, ?)",
                  DB_ID(last + SKIPPED), DB_INT(clock_now_us()), DB_STR(why)) == 1;
}
