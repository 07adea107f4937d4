#include "people/delegations.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "people/audit.h"
#include "people/due_lists.h"

struct registering_all {
    const struct keyring *keyring;
    struct id_maker *ids;
    const struct delegation *delegation;
    int64_t now_us;
    struct delegate *delegates;
    enum people_answer answer;
};

/* Who has an account, by phone; the others get an id. */
static bool find_known(struct db *db, struct registering_all *all, struct error *error)
{
    const struct delegation *delegation = all->delegation;

    for (size_t i = 0; i < delegation->count; i++) {
        struct delegate *delegate = &all->delegates[i];
        enum find found = FIND_NOTHING;
        if (delegation->people[i].phone.text[0] != '\0')
            found = member_find_by_phone(db, all->keyring, &delegation->people[i].phone,
                                         &delegate->member_id, error);
        if (found == FIND_FAILED)
            return false;
        delegate->is_new = found == FIND_NOTHING;
        if (delegate->is_new)
            delegate->member_id = id_next(all->ids);
    }
    return true;
}

static bool insert_new(struct db *db, struct registering_all *all, struct error *error)
{
    struct new_member people[DELEGATION_MOST];
    uint64_t ids[DELEGATION_MOST];
    size_t count = 0;

    for (size_t i = 0; i < all->delegation->count; i++) {
        if (!all->delegates[i].is_new)
            continue;
        people[count] = all->delegation->people[i];
        ids[count++] = all->delegates[i].member_id;
    }
    if (count == 0 || members_insert(db, all->keyring, people, ids, count, all->now_us, error))
        return true;
    if (db_error_kind(db) == DB_DUPLICATE)
        all->answer = PEOPLE_PHONE_TAKEN;
    return false;
}

static bool register_known(struct db *db, struct registering_all *all, struct error *error)
{
    const struct delegation *delegation = all->delegation;

    for (size_t i = 0; i < delegation->count; i++) {
        uint64_t member_id = all->delegates[i].member_id;
        if (all->delegates[i].is_new)
            continue;
        if (db_run(db, error,
                   "INSERT IGNORE INTO registrations (member_id, unit_id, way, at_us, actor)"
                   " VALUES (?, ?, ?, ?, ?)",
                   DB_ID(member_id), DB_ID(delegation->unit_id), DB_INT(REGISTERED_TOGETHER),
                   DB_INT(all->now_us), DB_ID(delegation->actor)) < 0 ||
            !due_came(db, &member_id, 1, error))
            return false;
    }
    return true;
}

static bool unit_exists(struct db *db, uint64_t unit_id, bool *exists, struct error *error)
{
    struct rows *rows = db_query(db, "SELECT 1 FROM units WHERE unit_id = ?", DB_ID(unit_id));

    *exists = rows_next(rows);
    return rows_end(rows, error);
}

static bool note(struct db *db, const struct registering_all *all, struct error *error)
{
    char after[48];
    int length = snprintf(after, sizeof(after), "{\"people\":%zu}", all->delegation->count);

    return audit_append(db,
                        &(struct audit){.actor = all->delegation->actor,
                                        .action = "member.register_together",
                                        .object_id = all->delegation->unit_id,
                                        .after = {after, (size_t)length}},
                        all->now_us, error);
}

static bool register_all(struct db *db, void *context, struct error *error)
{
    struct registering_all *all = context;
    bool exists;

    all->answer = PEOPLE_BROKEN;
    if (!unit_exists(db, all->delegation->unit_id, &exists, error))
        return false;
    if (!exists)
        return all->answer = PEOPLE_NO_UNIT, true;
    if (!find_known(db, all, error) || !insert_new(db, all, error) ||
        !register_known(db, all, error) || !note(db, all, error))
        return false;
    all->answer = PEOPLE_DONE;
    return true;
}

/* Who meets a phone that is neither known nor free: it stands twice in the list, or an import is
 * bringing it. */
static bool has_phone_twice(const struct delegation *delegation)
{
    for (size_t i = 0; i < delegation->count; i++)
        for (size_t j = 0; j < i; j++)
            if (delegation->people[i].phone.text[0] != '\0' &&
                strcmp(delegation->people[i].phone.text, delegation->people[j].phone.text) == 0)
                return true;
    return false;
}

enum people_answer delegation_register(struct db *db, const struct keyring *keyring,
                                       struct id_maker *ids, const struct delegation *delegation,
                                       int64_t now_us, struct delegate *delegates,
                                       struct error *error)
{
    struct registering_all all = {keyring, ids, delegation, now_us, delegates, PEOPLE_BROKEN};

    ASSERT(delegation->count > 0 && delegation->count <= DELEGATION_MOST);
    if (has_phone_twice(delegation))
        return PEOPLE_PHONE_TAKEN;
    if (db_transaction(db, register_all, &all, error))
        return all.answer;
    return all.answer == PEOPLE_PHONE_TAKEN ? PEOPLE_BUSY : PEOPLE_BROKEN;
}
