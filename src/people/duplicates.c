#include "people/duplicates.h"

#include <inttypes.h>
#include <stdio.h>

#include "people/accounts.h"
#include "people/affiliations.h"
#include "people/audit.h"
#include "people/erasure.h"
#include "people/member_seal.h"

static people_merge_hook *hooks[MERGE_HOOKS_MOST];
static size_t hook_count;

void people_on_member_merged(people_merge_hook *hook)
{
    ASSERT(hook_count < MERGE_HOOKS_MOST);
    hooks[hook_count++] = hook;
}

bool duplicate_list(struct db *db, const struct duplicate_query *query, struct arena *arena,
                    struct duplicate **list, size_t *count, uint64_t *next, struct error *error)
{
    struct rows *rows = db_query(
        db,
        "SELECT m.member_id, MIN(o.member_id), m.unit_id FROM members m"
        " JOIN members o ON o.likeness = m.likeness AND o.member_id < m.member_id"
        " WHERE m.member_id > ? AND " MEMBER_IS_THERE
        "   AND (? = 0 OR m.unit_id IN (SELECT unit_id FROM units"
        "                   WHERE path LIKE CONCAT('%/', ?, '/%')))"
        " GROUP BY m.member_id, m.unit_id ORDER BY m.member_id LIMIT ?",
        DB_ID(query->after_id), DB_ID(query->under), DB_ID(query->under), DB_INT(query->limit + 1));

    *list = arena_take(arena, query->limit * sizeof(**list));
    *count = 0;
    *next = 0;
    while (rows_next(rows)) {
        if (*count == query->limit)
            *next = (*list)[*count - 1].member_id;
        else
            (*list)[(*count)++] =
                (struct duplicate){rows_id(rows, 0), rows_id(rows, 1), rows_id(rows, 2)};
    }
    return rows_end(rows, error);
}

bool merge_ask(struct db *db, const struct merge *merge, int64_t now_us, struct error *error)
{
    return db_run(db, error,
                  "INSERT INTO merges (member_id, into_id, actor, asked_us, done_us)"
                  " VALUES (?, ?, ?, ?, 0) ON DUPLICATE KEY UPDATE"
                  " into_id = IF(done_us = 0, VALUES(into_id), into_id),"
                  " actor = IF(done_us = 0, VALUES(actor), actor)",
                  DB_ID(merge->member_id), DB_ID(merge->into_id), DB_ID(merge->actor),
                  DB_INT(now_us)) >= 0;
}

/* --- finishing ------------------------------------------------------------------------------- */

struct finishing {
    const struct keyring *keyring;
    const struct merge *merge;
    int64_t now_us;
};

struct keys {
    bool found, opened;
    uint8_t personal[SEAL_KEY_SIZE];
    struct phone phone;
};

static bool lock_keys(struct db *db, const struct keyring *keyring, uint64_t member_id,
                      struct keys *keys, struct error *error)
{
    struct rows *rows = db_query(
        db, "SELECT key_id, personal_key, phone FROM members WHERE member_id = ? FOR UPDATE",
        DB_ID(member_id));

    *keys = (struct keys){.found = rows_next(rows)};
    if (keys->found)
        keys->opened = member_unwrap(keyring, member_id, (uint32_t)rows_int(rows, 0),
                                     rows_text(rows, 1), keys->personal);
    if (keys->opened)
        member_open_phone(keys->personal, member_id, rows_text(rows, 2), &keys->phone);
    return rows_end(rows, error);
}

/* Sealed anew under the key of whom it goes to. The old row is cleared already: a phone's index is
 * one member's. */
static bool move_phone(struct db *db, const struct finishing *finishing, const struct keys *from,
                       const struct keys *into, struct error *error)
{
    uint64_t into_id = finishing->merge->into_id;
    uint8_t sealed[PHONE_SIZE + SEAL_OVERHEAD], index[PHONE_INDEX_SIZE];

    if (!into->opened || into->phone.text[0] != '\0' || from->phone.text[0] == '\0')
        return true;
    member_seal_phone(into->personal, into_id, &from->phone, sealed);
    phone_index(keyring_current(finishing->keyring, KEY_INDEX), &from->phone, index);
    return db_run(db, error, "UPDATE members SET phone = ?, phone_index = ? WHERE member_id = ?",
                  DB_BYTES(sealed, sizeof(sealed)), DB_BYTES(index, sizeof(index)),
                  DB_ID(into_id)) == 1;
}

/* Where they worked while the other account names no office: figures and assessments look for it
 * under the account that they have now. Where they live is what that account says. */
static bool move_work(struct db *db, const struct merge *merge, struct error *error)
{
    return db_run(db, error,
                  "INSERT IGNORE INTO affiliations (member_id, kind, from_us, to_us, unit_id)"
                  " SELECT ?, f.kind, f.from_us, f.to_us, f.unit_id FROM affiliations f"
                  " WHERE f.member_id = ? AND f.kind = ? AND NOT EXISTS"
                  "  (SELECT 1 FROM affiliations i WHERE i.member_id = ? AND i.kind = f.kind"
                  "   AND i.from_us < f.to_us AND i.to_us > f.from_us)",
                  DB_ID(merge->into_id), DB_ID(merge->member_id), DB_INT(AFFILIATION_WORK),
                  DB_ID(merge->into_id)) >= 0;
}

static bool move_rows(struct db *db, const struct merge *merge, struct error *error)
{
    return db_run(db, error,
                  "INSERT IGNORE INTO member_skills (member_id, skill_id)"
                  " SELECT ?, skill_id FROM member_skills WHERE member_id = ?",
                  DB_ID(merge->into_id), DB_ID(merge->member_id)) >= 0 &&
           db_run(db, error,
                  "INSERT IGNORE INTO registrations (member_id, unit_id, way, at_us, actor)"
                  " SELECT ?, unit_id, way, at_us, actor FROM registrations WHERE member_id = ?",
                  DB_ID(merge->into_id), DB_ID(merge->member_id)) >= 0 &&
           db_run(db, error, "UPDATE due_people SET member_id = ? WHERE member_id = ?",
                  DB_ID(merge->into_id), DB_ID(merge->member_id)) >= 0 &&
           db_run(db, error,
                  "UPDATE members i JOIN members f ON f.member_id = ?"
                  " SET i.free_times = i.free_times | f.free_times WHERE i.member_id = ?",
                  DB_ID(merge->member_id), DB_ID(merge->into_id)) >= 0;
}

static bool run_hooks(struct db *db, const struct finishing *finishing, struct error *error)
{
    const struct merge *merge = finishing->merge;

    for (size_t i = 0; i < hook_count; i++)
        if (!hooks[i](db, merge->member_id, merge->into_id, finishing->now_us, error))
            return false;
    return true;
}

static bool note(struct db *db, const struct finishing *finishing, struct error *error)
{
    const struct merge *merge = finishing->merge;
    char after[24];
    int length = snprintf(after, sizeof(after), "%" PRIu64, merge->into_id);

    return db_run(db, error, "UPDATE members SET merged_into = ? WHERE member_id = ?",
                  DB_ID(merge->into_id), DB_ID(merge->member_id)) == 1 &&
           db_run(db, error, "UPDATE merges SET into_id = ?, done_us = ? WHERE member_id = ?",
                  DB_ID(merge->into_id), DB_INT(finishing->now_us), DB_ID(merge->member_id)) == 1 &&
           audit_append(db,
                        &(struct audit){.actor = merge->actor,
                                        .action = "member.merge",
                                        .object_id = merge->member_id,
                                        .after = {after, (size_t)length}},
                        finishing->now_us, error);
}

static bool is_done(struct db *db, uint64_t member_id, bool *done, struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT 1 FROM merges WHERE member_id = ? AND done_us = 0 FOR UPDATE",
                 DB_ID(member_id));

    *done = !rows_next(rows);
    return rows_end(rows, error);
}

static bool finish(struct db *db, void *context, struct error *error)
{
    struct finishing *finishing = context;
    const struct merge *merge = finishing->merge;
    struct keys from, into;
    bool done;

    if (!is_done(db, merge->member_id, &done, error))
        return false;
    if (done)
        return true;
    bool moved =
        lock_keys(db, finishing->keyring, merge->member_id, &from, error) &&
        lock_keys(db, finishing->keyring, merge->into_id, &into, error) &&
        move_rows(db, merge, error) && move_work(db, merge, error) &&
        accounts_change_person(db, merge->member_id, merge->into_id, finishing->now_us, error) &&
        run_hooks(db, finishing, error) &&
        member_clear(db, merge->member_id, finishing->now_us, error) &&
        move_phone(db, finishing, &from, &into, error) && note(db, finishing, error);
    crypto_wipe(&from, sizeof(from));
    crypto_wipe(&into, sizeof(into));
    return moved;
}

bool merge_finish(struct db *db, const struct keyring *keyring, const struct merge *merge,
                  int64_t now_us, struct error *error)
{
    struct finishing finishing = {keyring, merge, now_us};

    return db_transaction(db, finish, &finishing, error);
}
