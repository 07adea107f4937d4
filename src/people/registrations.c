#include "people/registrations.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "people/due_lists.h"

#define ENTRIES_MOST 100

enum registration_way registration_way_of(const struct new_member *member)
{
    if (member->import_id)
        return REGISTERED_BY_IMPORT;
    if (member->together)
        return REGISTERED_TOGETHER;
    return member->actor ? REGISTERED_ON_SITE : REGISTERED_ONLINE;
}

const char *registration_way_name(enum registration_way way)
{
    switch (way) {
    case REGISTERED_ONLINE: return "online";
    case REGISTERED_ON_SITE: return "on_site";
    case REGISTERED_BY_IMPORT: return "import";
    case REGISTERED_TOGETHER: return "together";
    }
    return "online";
}

void receipt_number(const struct keyring *keyring, uint64_t member_id, uint64_t unit_id,
                    char out[RECEIPT_NUMBER_SIZE])
{
    char named[64], characters[13];
    uint8_t mac[HASH_SIZE];
    int length = snprintf(named, sizeof(named), "receipt:%" PRIu64 ":%" PRIu64, unit_id, member_id);

    crypto_mac(keyring_current(keyring, KEY_INDEX)->secret, named, (size_t)length, mac);
    crockford_encode(mac, 12, characters);
    snprintf(out, RECEIPT_NUMBER_SIZE, "%.6s-%.6s", characters, characters + 6);
}

bool registration_list(struct db *db, uint64_t member_id, struct arena *arena,
                       struct registration_entry **entries, size_t *count, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT r.unit_id, r.way, r.at_us, u.name FROM registrations r"
                                 " JOIN units u ON u.unit_id = r.unit_id"
                                 " WHERE r.member_id = ? ORDER BY r.at_us DESC LIMIT ?",
                                 DB_ID(member_id), DB_INT(ENTRIES_MOST));

    *entries = arena_take(arena, ENTRIES_MOST * sizeof(**entries));
    *count = 0;
    while (rows_next(rows))
        (*entries)[(*count)++] = (struct registration_entry){
            .member_id = member_id,
            .unit_id = rows_id(rows, 0),
            .way = (enum registration_way)rows_int(rows, 1),
            .at_us = rows_int(rows, 2),
            .unit_name = rows_copy(rows, 3, arena),
        };
    return rows_end(rows, error);
}

struct adding {
    const struct registering *registering;
    int64_t now_us;
    bool first;
    enum people_answer answer;
};

static bool row_exists(struct db *db, const char *sql, uint64_t id, bool *exists,
                       struct error *error)
{
    struct rows *rows = db_query(db, sql, DB_ID(id));

    *exists = rows_next(rows);
    return rows_end(rows, error);
}

static bool add(struct db *db, void *context, struct error *error)
{
    struct adding *adding = context;
    const struct registering *registering = adding->registering;
    bool member, unit;

    if (!row_exists(db,
                    "SELECT 1 FROM members m WHERE m.member_id = ? AND m.erased_us = 0"
                    " AND m.merged_into = 0 AND " MEMBER_IS_THERE,
                    registering->member_id, &member, error) ||
        !row_exists(db, "SELECT 1 FROM units WHERE unit_id = ?", registering->unit_id, &unit,
                    error))
        return false;
    adding->answer = !member ? PEOPLE_NO_MEMBER : !unit ? PEOPLE_NO_UNIT : PEOPLE_DONE;
    if (adding->answer != PEOPLE_DONE)
        return true;
    int64_t added =
        db_run(db, error,
               "INSERT IGNORE INTO registrations (member_id, unit_id, way, at_us, actor)"
               " VALUES (?, ?, ?, ?, ?)",
               DB_ID(registering->member_id), DB_ID(registering->unit_id), DB_INT(registering->way),
               DB_INT(adding->now_us), DB_ID(registering->actor));
    adding->first = added == 1;
    return added >= 0 && due_came(db, &registering->member_id, 1, error);
}

enum people_answer registration_add(struct db *db, const struct registering *registering,
                                    int64_t now_us, bool *first, struct error *error)
{
    struct adding adding = {.registering = registering, .now_us = now_us};

    if (!db_transaction(db, add, &adding, error))
        return PEOPLE_BROKEN;
    *first = adding.first;
    return adding.answer;
}
