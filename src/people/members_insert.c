/*
 * New members, many at once: one statement a table, all in one round trip. What one registers by
 * themselves takes the same way.
 */
#include <stdlib.h>

#include "base/crypto.h"
#include "people/accounts.h"
#include "people/affiliations.h"
#include "people/due_lists.h"
#include "people/member_seal.h"
#include "people/registrations.h"

static people_member_hook *member_created;

void people_on_member_created(people_member_hook *hook)
{
    member_created = hook;
}

static people_member_hook *member_removed;

void people_on_member_removed(people_member_hook *hook)
{
    member_removed = hook;
}

struct inserting {
    const struct new_member *members;
    const uint64_t *ids;
    size_t count;
    int64_t now_us;
};

/* "(" of the first row, ",(" of the others. */
static void begin_row(struct sql *sql, bool first)
{
    if (!first)
        sql_add(sql, ",");
    sql_add(sql, "(");
}

/* ", n": what follows the first value of a row. */
static void next_int(struct sql *sql, int64_t value)
{
    sql_add(sql, ",");
    sql_add_int(sql, value);
}

static void next_bytes(struct sql *sql, const void *data, size_t length)
{
    sql_add(sql, ",");
    sql_add_bytes(sql, data, length);
}

static void add_member(struct sql *sql, const struct sealed_person *sealed,
                       const struct new_member *member, int64_t now_us)
{
    next_int(sql, (int64_t)member->unit_id);
    next_int(sql, sealed->key_id);
    next_bytes(sql, sealed->personal_key, WRAPPED_SIZE);
    next_bytes(sql, sealed->name, sealed->name_length);
    next_bytes(sql, sealed->phone, sealed->has_phone ? sizeof(sealed->phone) : 0);
    if (sealed->has_phone)
        next_bytes(sql, sealed->index, PHONE_INDEX_SIZE);
    else
        sql_add(sql, ",NULL");
    next_bytes(sql, sealed->likeness, LIKENESS_SIZE);
    next_int(sql, member->consented_us);
    next_int(sql, now_us);
    next_int(sql, member->age ? member->age : AGE_ADULT);
    next_int(sql, member->guardian_us);
    next_int(sql, (int64_t)member->import_id);
}

static void insert_members(struct sql *sql, const struct keyring *keyring,
                           const struct inserting *inserting)
{
    struct sealed_person sealed;

    sql_add(sql, "INSERT INTO members (member_id, unit_id, key_id, personal_key, name, phone,"
                 " phone_index, likeness, consented_us, joined_us, age_class, guardian_us,"
                 " import_id) VALUES ");
    for (size_t i = 0; i < inserting->count; i++) {
        member_seal(keyring, inserting->ids[i], &inserting->members[i], &sealed);
        begin_row(sql, i == 0);
        sql_add_id(sql, inserting->ids[i]);
        add_member(sql, &sealed, &inserting->members[i], inserting->now_us);
        sql_add(sql, ")");
    }
    sql_end(sql);
}

static void insert_accounts(struct sql *sql, const struct inserting *inserting)
{
    sql_add(sql, "INSERT INTO accounts (account_id, role, state, epoch, scope_id, person_id,"
                 " login, password_hash, display_name, created_us, updated_us) VALUES ");
    for (size_t i = 0; i < inserting->count; i++) {
        begin_row(sql, i == 0);
        sql_add_id(sql, inserting->ids[i]);
        next_int(sql, ROLE_MEMBER);
        next_int(sql, ACCOUNT_IS_ACTIVE);
        sql_add(sql, ",0,0");
        next_int(sql, (int64_t)inserting->ids[i]);
        sql_add(sql, ",NULL,'',''");
        next_int(sql, inserting->now_us);
        next_int(sql, inserting->now_us);
        sql_add(sql, ")");
    }
    sql_end(sql);
}

static void add_affiliation(struct sql *sql, bool first, const struct inserting *inserting,
                            size_t at, enum affiliation_kind kind, uint64_t unit_id)
{
    begin_row(sql, first);
    sql_add_id(sql, inserting->ids[at]);
    next_int(sql, kind);
    next_int(sql, inserting->now_us);
    next_int(sql, AFFILIATION_STILL);
    next_int(sql, (int64_t)unit_id);
    sql_add(sql, ")");
}

static void insert_affiliations(struct sql *sql, const struct inserting *inserting)
{
    sql_add(sql, "INSERT INTO affiliations (member_id, kind, from_us, to_us, unit_id) VALUES ");
    for (size_t i = 0; i < inserting->count; i++) {
        const struct new_member *member = &inserting->members[i];

        add_affiliation(sql, i == 0, inserting, i, AFFILIATION_RESIDENCE, member->unit_id);
        if (member->work_unit_id)
            add_affiliation(sql, false, inserting, i, AFFILIATION_WORK, member->work_unit_id);
    }
    sql_end(sql);
}

static void insert_registrations(struct sql *sql, const struct inserting *inserting)
{
    sql_add(sql, "INSERT INTO registrations (member_id, unit_id, way, at_us, actor) VALUES ");
    for (size_t i = 0; i < inserting->count; i++) {
        const struct new_member *member = &inserting->members[i];

        begin_row(sql, i == 0);
        sql_add_id(sql, inserting->ids[i]);
        next_int(sql, (int64_t)member->unit_id);
        next_int(sql, registration_way_of(member));
        next_int(sql, inserting->now_us);
        next_int(sql, (int64_t)member->actor);
        sql_add(sql, ")");
    }
    sql_end(sql);
}

static bool run_all(struct db *db, const struct sql *sql, struct error *error)
{
    return db_batch(db, sql, error) && db_batch_end(db, error);
}

/* An import's members come to the lists of those due when it has come to its end. */
bool members_insert(struct db *db, const struct keyring *keyring, const struct new_member *members,
                    const uint64_t *ids, size_t count, int64_t now_us, struct error *error)
{
    struct inserting inserting = {members, ids, count, now_us};
    struct sql sql = {0};

    for (size_t i = 0; i < count; i++)
        ASSERT(members[i].consented_us > 0);
    insert_members(&sql, keyring, &inserting);
    insert_accounts(&sql, &inserting);
    insert_affiliations(&sql, &inserting);
    insert_registrations(&sql, &inserting);
    bool inserted = run_all(db, &sql, error);
    sql_free(&sql);
    return inserted && (!member_created || member_created(db, ids, count, error)) &&
           (members[0].import_id || due_came(db, ids, count, error));
}

bool member_insert(struct db *db, const struct keyring *keyring, uint64_t member_id,
                   const struct new_member *new_member, int64_t now_us, struct error *error)
{
    return members_insert(db, keyring, new_member, &member_id, 1, now_us, error);
}

/* --- taking away what was never seen --------------------------------------------------------- */

static bool read_staged(struct db *db, uint64_t import_id, uint64_t *ids, size_t most,
                        size_t *count, struct error *error)
{
    struct rows *rows = db_query(db, "SELECT member_id FROM members WHERE import_id = ? LIMIT ?",
                                 DB_ID(import_id), DB_INT(most));

    *count = 0;
    while (rows_next(rows))
        ids[(*count)++] = rows_id(rows, 0);
    return rows_end(rows, error);
}

static void remove_rows(struct sql *sql, const uint64_t *ids, size_t count)
{
    sql_add(sql, "DELETE FROM affiliations WHERE member_id IN ");
    sql_add_ids(sql, ids, count);
    sql_end(sql);
    sql_add(sql, "DELETE FROM registrations WHERE member_id IN ");
    sql_add_ids(sql, ids, count);
    sql_end(sql);
    sql_add(sql, "DELETE FROM accounts WHERE account_id IN ");
    sql_add_ids(sql, ids, count);
    sql_end(sql);
    sql_add(sql, "DELETE FROM members WHERE member_id IN ");
    sql_add_ids(sql, ids, count);
    sql_end(sql);
}

int64_t members_remove_staged(struct db *db, uint64_t import_id, size_t most, struct error *error)
{
    uint64_t ids[STAGED_SLICE_MOST];
    struct sql sql = {0};
    size_t count;

    ASSERT(import_id != 0 && most <= STAGED_SLICE_MOST);
    if (!read_staged(db, import_id, ids, most, &count, error))
        return -1;
    if (count == 0)
        return 0;
    remove_rows(&sql, ids, count);
    bool removed = run_all(db, &sql, error);
    sql_free(&sql);
    removed = removed && (!member_removed || member_removed(db, ids, count, error));
    return removed ? (int64_t)count : -1;
}
