#include "people/erasure.h"

#include "base/log.h"
#include "outbox/inbox.h"
#include "people/accounts.h"
#include "people/audit.h"
#include "people/members.h"

static people_erase_hook *hooks[ERASE_HOOKS_MOST];
static size_t hook_count;

void people_on_member_erased(people_erase_hook *hook)
{
    ASSERT(hook_count < ERASE_HOOKS_MOST);
    hooks[hook_count++] = hook;
}

/* --- clearing -------------------------------------------------------------------------------- */

/* An erased key leaves the sealed values without meaning; they go all the same. */
static bool clear_member(struct db *db, uint64_t member_id, struct error *error)
{
    return db_run(db, error,
                  "UPDATE members SET personal_key = '', name = '', phone = '', phone_index = NULL,"
                  " likeness = NULL, free_times = 0 WHERE member_id = ?",
                  DB_ID(member_id)) == 1;
}

/* Codes that are on their way to the phone are found by its index, before that is cleared. */
static bool clear_codes(struct db *db, uint64_t member_id, struct error *error)
{
    return db_run(db, error,
                  "DELETE FROM sign_in_codes WHERE phone_index IN"
                  " (SELECT phone_index FROM members WHERE member_id = ?)",
                  DB_ID(member_id)) >= 0 &&
           db_run(db, error,
                  "DELETE FROM due_people WHERE state <> 2 AND phone_index IN"
                  " (SELECT phone_index FROM members WHERE member_id = ?)",
                  DB_ID(member_id)) >= 0;
}

static bool clear_rows(struct db *db, uint64_t member_id, struct error *error)
{
    static const char *const statements[] = {
        "DELETE FROM refresh_tokens WHERE account_id = ?",
        "DELETE FROM member_skills WHERE member_id = ?",
        "DELETE FROM consents WHERE member_id = ?",
        "UPDATE due_people SET why = '' WHERE member_id = ?",
        /* Of a staff account that the person no longer has: what named them. */
        ("UPDATE accounts SET display_name = '', login = CONCAT('erased-', account_id),"
         " password_hash = '' WHERE person_id = ? AND role <> 1"),
    };

    for (size_t i = 0; i < ARRAY_LENGTH(statements); i++)
        if (db_run(db, error, statements[i], DB_ID(member_id)) < 0)
            return false;
    return true;
}

static bool close_account(struct db *db, uint64_t member_id, int64_t now_us, struct error *error)
{
    return db_run(db, error, "UPDATE accounts SET state = ? WHERE account_id = ?",
                  DB_INT(ACCOUNT_IS_SUSPENDED), DB_ID(member_id)) == 1 &&
           account_raise_epoch(db, member_id, now_us, error);
}

bool member_clear(struct db *db, uint64_t member_id, int64_t now_us, struct error *error)
{
    return clear_codes(db, member_id, error) && clear_member(db, member_id, error) &&
           clear_rows(db, member_id, error) && inbox_erase(db, member_id, error) &&
           close_account(db, member_id, now_us, error);
}

/* --- erasing --------------------------------------------------------------------------------- */

struct erasing {
    const struct erasure *erasure;
    int64_t now_us;
    enum people_answer answer;
};

/* Locks the member's row. DONE: there is somebody to erase. */
static bool look(struct db *db, struct erasing *erasing, bool *erased, struct error *error)
{
    uint64_t member_id = erasing->erasure->member_id;
    struct rows *rows = db_query(
        db,
        "SELECT erased_us FROM members m WHERE member_id = ? AND " MEMBER_IS_THERE " FOR UPDATE",
        DB_ID(member_id));
    bool found = rows_next(rows);

    *erased = found && rows_int(rows, 0) != 0;
    if (!rows_end(rows, error))
        return false;
    rows = db_query(db, "SELECT 1 FROM accounts WHERE person_id = ? AND role <> ? AND state = ?",
                    DB_ID(member_id), DB_INT(ROLE_MEMBER), DB_INT(ACCOUNT_IS_ACTIVE));
    bool works_here = rows_next(rows);
    erasing->answer = !found ? PEOPLE_NOT_FOUND : works_here ? PEOPLE_HAS_DUTIES : PEOPLE_DONE;
    return rows_end(rows, error);
}

static bool run_hooks(struct db *db, uint64_t member_id, struct error *error)
{
    for (size_t i = 0; i < hook_count; i++)
        if (!hooks[i](db, member_id, error))
            return false;
    return true;
}

static bool note(struct db *db, const struct erasing *erasing, struct error *error)
{
    const struct erasure *erasure = erasing->erasure;

    return db_run(db, error, "UPDATE members SET erased_us = ? WHERE member_id = ?",
                  DB_INT(erasing->now_us), DB_ID(erasure->member_id)) == 1 &&
           db_run(db, error,
                  "INSERT IGNORE INTO erasures (member_id, at_us, actor) VALUES (?, ?, ?)",
                  DB_ID(erasure->member_id), DB_INT(erasing->now_us), DB_ID(erasure->actor)) >= 0 &&
           audit_append(db,
                        &(struct audit){.actor = erasure->actor,
                                        .action = "member.erase",
                                        .object_id = erasure->member_id,
                                        .why = erasure->why},
                        erasing->now_us, error);
}

static bool erase(struct db *db, void *context, struct error *error)
{
    struct erasing *erasing = context;
    uint64_t member_id = erasing->erasure->member_id;
    bool erased;

    if (!look(db, erasing, &erased, error))
        return false;
    if (erasing->answer != PEOPLE_DONE || erased)
        return true;
    return member_clear(db, member_id, erasing->now_us, error) && run_hooks(db, member_id, error) &&
           note(db, erasing, error);
}

enum people_answer member_erase(struct db *db, const struct erasure *erasure, int64_t now_us,
                                struct error *error)
{
    struct erasing erasing = {.erasure = erasure, .now_us = now_us};

    if (!db_transaction(db, erase, &erasing, error))
        return PEOPLE_BROKEN;
    if (erasing.answer == PEOPLE_DONE) /* a log that is shipped knows whom a backup brings back */
        LOG(INFO, "people.erased", LOG_INT("member_id", (int64_t)erasure->member_id));
    return erasing.answer;
}

/* --- erasing again --------------------------------------------------------------------------- */

#define REPLAYED TEXT("erased before; replayed after a restore")

static bool end_duties(struct db *db, uint64_t member_id, int64_t now_us, struct error *error)
{
    struct rows *rows = db_query(
        db, "SELECT account_id FROM accounts WHERE person_id = ? AND role <> ? AND state = ?",
        DB_ID(member_id), DB_INT(ROLE_MEMBER), DB_INT(ACCOUNT_IS_ACTIVE));
    bool good = true;

    while (good && rows_next(rows))
        good = account_revoke(db,
                              &(struct revoke){
                                  .account_id = rows_id(rows, 0), .suspend = true, .why = REPLAYED},
                              now_us, error) == PEOPLE_DONE;
    bool read = rows_end(rows, good ? error : NULL);
    return good && read;
}

enum people_answer member_erase_again(struct db *db, uint64_t member_id, int64_t now_us,
                                      struct error *error)
{
    struct erasure erasure = {.member_id = member_id, .why = REPLAYED};
    enum people_answer answer = member_erase(db, &erasure, now_us, error);

    if (answer != PEOPLE_HAS_DUTIES)
        return answer;
    if (!end_duties(db, member_id, now_us, error))
        return PEOPLE_BROKEN;
    return member_erase(db, &erasure, now_us, error);
}

bool erasure_list(struct db *db, int64_t since_us, struct arena *arena, struct erased **list,
                  size_t *count, struct error *error)
{
    size_t capacity = 64;
    struct rows *rows = db_query(
        db, "SELECT member_id, at_us FROM erasures WHERE at_us >= ? ORDER BY at_us, member_id",
        DB_INT(since_us));

    *list = arena_take(arena, capacity * sizeof(**list));
    *count = 0;
    while (rows_next(rows)) {
        if (*count == capacity) {
            struct erased *more = arena_take(arena, 2 * capacity * sizeof(*more));
            for (size_t i = 0; i < capacity; i++)
                more[i] = (*list)[i];
            *list = more;
            capacity *= 2;
        }
        (*list)[(*count)++] = (struct erased){rows_id(rows, 0), rows_int(rows, 1)};
    }
    return rows_end(rows, error);
}
