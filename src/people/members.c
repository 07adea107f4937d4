#include "people/members.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/hash_map.h"
#include "base/log.h"
#include "people/accounts.h"
#include "people/audit.h"
#include "people/member_seal.h"
#include "people/who.h"

#define MEMBER_COLUMNS                                                                             \
    "m.member_id, m.unit_id, m.key_id, m.personal_key, m.name, m.phone, m.joined_us,"              \
    " m.consented_us, a.state, m.age_class, m.merged_into"

/* --- making ---------------------------------------------------------------------------------- */

struct making {
    const struct keyring *keyring;
    const struct new_member *wanted;
    int64_t now_us;
    uint64_t member_id;
    enum people_answer answer;
};

static bool unit_exists(struct db *db, uint64_t unit_id, bool *exists, struct error *error)
{
    struct rows *rows = db_query(db, "SELECT 1 FROM units WHERE unit_id = ?", DB_ID(unit_id));

    *exists = rows_next(rows);
    return rows_end(rows, error);
}

static bool make_member(struct db *db, void *context, struct error *error)
{
    struct making *making = context;
    bool exists;

    if (!unit_exists(db, making->wanted->unit_id, &exists, error))
        return false;
    making->answer = exists ? PEOPLE_DONE : PEOPLE_NO_UNIT;
    if (!exists)
        return true;
    if (!member_insert(db, making->keyring, making->member_id, making->wanted, making->now_us,
                       error)) {
        making->answer = db_error_kind(db) == DB_DUPLICATE ? PEOPLE_PHONE_TAKEN : PEOPLE_BROKEN;
        return false;
    }
    if (making->wanted->actor == 0)
        return true;
    return audit_append(db,
                        &(struct audit){.actor = making->wanted->actor,
                                        .action = "member.create",
                                        .object_id = making->member_id},
                        making->now_us, error);
}

enum people_answer member_create(struct db *db, const struct keyring *keyring, struct id_maker *ids,
                                 const struct new_member *new_member, int64_t now_us,
                                 uint64_t *member_id, struct error *error)
{
    struct making making = {
        .keyring = keyring, .wanted = new_member, .now_us = now_us, .member_id = id_next(ids)};

    if (db_transaction(db, make_member, &making, error)) {
        *member_id = making.member_id;
        return making.answer;
    }
    if (making.answer != PEOPLE_PHONE_TAKEN)
        return PEOPLE_BROKEN;
    enum find found = member_find_by_phone(db, keyring, &new_member->phone, member_id, error);
    if (found == FIND_NOTHING) /* an import that is under way brings them */
        return error_set(error, "members.importing", "an import brings this phone"), PEOPLE_BUSY;
    return found == FIND_FOUND ? PEOPLE_PHONE_TAKEN : PEOPLE_BROKEN;
}

/* --- reading --------------------------------------------------------------------------------- */

bool member_hold(struct db *db, uint64_t member_id, bool *there, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT 1 FROM members m WHERE m.member_id = ? AND m.erased_us = 0"
                 " AND m.merged_into = 0 AND " MEMBER_IS_THERE " LOCK IN SHARE MODE",
                 DB_ID(member_id));

    *there = rows_next(rows);
    return rows_end(rows, error);
}

static void read_member(struct rows *rows, const struct keyring *keyring, struct arena *arena,
                        struct member *member)
{
    uint8_t personal[SEAL_KEY_SIZE];
    uint64_t id = rows_id(rows, 0);

    *member = (struct member){
        .member_id = id,
        .unit_id = rows_id(rows, 1),
        .joined_us = rows_int(rows, 6),
        .consented_us = rows_int(rows, 7),
        .active = rows_int(rows, 8) == ACCOUNT_IS_ACTIVE,
        .age = (enum age_class)rows_int(rows, 9),
        .merged_into = rows_id(rows, 10),
    };
    if (!member_unwrap(keyring, id, (uint32_t)rows_int(rows, 2), rows_text(rows, 3), personal))
        return;
    member->name = member_open_name(personal, id, rows_text(rows, 4), arena);
    member_open_phone(personal, id, rows_text(rows, 5), &member->phone);
    crypto_wipe(personal, sizeof(personal));
}

enum find member_find(struct db *db, const struct keyring *keyring, uint64_t member_id,
                      struct arena *arena, struct member *member, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT " MEMBER_COLUMNS " FROM members m"
                                 " JOIN accounts a ON a.account_id = m.member_id"
                                 " WHERE m.member_id = ? AND " MEMBER_IS_THERE,
                                 DB_ID(member_id));
    bool found = rows_next(rows);

    if (found)
        read_member(rows, keyring, arena, member);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

enum find member_find_by_phone(struct db *db, const struct keyring *keyring,
                               const struct phone *phone, uint64_t *member_id, struct error *error)
{
    uint8_t index[PHONE_INDEX_SIZE];

    phone_index(keyring_current(keyring, KEY_INDEX), phone, index);
    struct rows *rows =
        db_query(db, "SELECT member_id FROM members m WHERE phone_index = ? AND " MEMBER_IS_THERE,
                 DB_BYTES(index, sizeof(index)));
    bool found = rows_next(rows);
    if (found)
        *member_id = rows_id(rows, 0);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

bool member_list(struct db *db, const struct keyring *keyring, const struct member_query *query,
                 struct arena *arena, struct member **members, size_t *count, uint64_t *next,
                 struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT " MEMBER_COLUMNS " FROM members m"
                                 " JOIN accounts a ON a.account_id = m.member_id"
                                 " WHERE m.member_id > ? AND " MEMBER_IS_THERE
                                 "   AND (? = 0 OR m.unit_id IN (SELECT unit_id FROM units"
                                 "                   WHERE path LIKE CONCAT('%/', ?, '/%')))"
                                 " ORDER BY m.member_id LIMIT ?",
                                 DB_ID(query->after_id), DB_ID(query->under), DB_ID(query->under),
                                 DB_INT(query->limit + 1));

    *members = arena_take(arena, query->limit * sizeof(**members));
    *count = 0;
    *next = 0;
    while (rows_next(rows)) {
        if (*count == query->limit)
            *next = (*members)[*count - 1].member_id;
        else
            read_member(rows, keyring, arena, &(*members)[(*count)++]);
    }
    return rows_end(rows, error);
}

static char *read_name(struct rows *rows, const struct keyring *keyring, struct arena *arena)
{
    uint8_t personal[SEAL_KEY_SIZE];
    uint64_t id = rows_id(rows, 0);

    if (!member_unwrap(keyring, id, (uint32_t)rows_int(rows, 1), rows_text(rows, 2), personal))
        return NULL;
    char *name = member_open_name(personal, id, rows_text(rows, 3), arena);
    crypto_wipe(personal, sizeof(personal));
    return name;
}

/* An IN list has no bound form, so this goes through the builder, as the teller's loads do. */
static bool select_names(struct db *db, const uint64_t *ids, size_t count, struct error *error)
{
    struct sql sql = {0};

    sql_add(&sql, "SELECT member_id, key_id, personal_key, name FROM members WHERE member_id IN ");
    sql_add_ids(&sql, ids, count);
    sql_end(&sql);
    bool sent = db_batch(db, &sql, error);
    sql_free(&sql);
    return sent;
}

bool member_names(struct db *db, const struct keyring *keyring, const uint64_t *ids, size_t count,
                  struct arena *arena, char **names, struct error *error)
{
    struct hash_map by_id = {0};
    bool read = true;

    if (count == 0)
        return true;
    if (!select_names(db, ids, count, error))
        return false;
    struct rows *rows = db_batch_next(db, error);
    if (rows) {
        while (rows_next(rows))
            hash_map_put(&by_id, rows_id(rows, 0), read_name(rows, keyring, arena));
        read = rows_end(rows, error);
    }
    read = db_batch_end(db, error) && read;
    for (size_t i = 0; i < count; i++)
        names[i] = hash_map_get(&by_id, ids[i]);
    hash_map_free(&by_id);
    return read;
}
