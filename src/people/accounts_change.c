/*
 * Staff accounts given another role, or let in again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "people/accounts.h"
#include "people/audit.h"

struct changing {
    const struct staff_change *change;
    int64_t now_us;
    enum people_answer answer;
};

/* Locks the account's row. */
static bool look(struct db *db, struct changing *changing, enum role *role, uint64_t *scope_id,
                 enum account_state *state, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT role, scope_id, state FROM accounts"
                                 " WHERE account_id = ? AND role <> ? FOR UPDATE",
                                 DB_ID(changing->change->account_id), DB_INT(ROLE_MEMBER));
    bool found = rows_next(rows);

    *role = found ? (enum role)rows_int(rows, 0) : 0;
    *scope_id = found ? rows_id(rows, 1) : 0;
    *state = found ? (enum account_state)rows_int(rows, 2) : ACCOUNT_IS_ACTIVE;
    changing->answer = found ? PEOPLE_DONE : PEOPLE_NOT_FOUND;
    return rows_end(rows, error);
}

static bool unit_is_there(struct db *db, struct changing *changing, struct error *error)
{
    const struct staff_change *change = changing->change;

    if (!(change->role & (ROLE_COORDINATOR | ROLE_UNIT_READER)))
        return true;
    struct rows *rows =
        db_query(db, "SELECT 1 FROM units WHERE unit_id = ?", DB_ID(change->scope_id));
    if (!rows_next(rows))
        changing->answer = PEOPLE_NO_UNIT;
    return rows_end(rows, error);
}

static int describe(char out[160], enum role role, uint64_t scope_id)
{
    return snprintf(out, 160, "{\"role\":\"%s\",\"scope_id\":\"%" PRIu64 "\"}", role_name(role),
                    scope_id);
}

static bool set_role(struct db *db, void *context, struct error *error)
{
    struct changing *changing = context;
    const struct staff_change *change = changing->change;
    char before[160], after[160];
    enum account_state state;
    uint64_t scope_id;
    enum role role;

    if (!look(db, changing, &role, &scope_id, &state, error))
        return false;
    if (changing->answer == PEOPLE_DONE && !unit_is_there(db, changing, error))
        return false;
    if (changing->answer != PEOPLE_DONE)
        return true;
    size_t before_length = (size_t)describe(before, role, scope_id);
    size_t after_length = (size_t)describe(after, change->role, change->scope_id);
    return db_run(db, error, "UPDATE accounts SET role = ?, scope_id = ? WHERE account_id = ?",
                  DB_INT(change->role), DB_ID(change->scope_id), DB_ID(change->account_id)) == 1 &&
           account_raise_epoch(db, change->account_id, changing->now_us, error) &&
           audit_append(db,
                        &(struct audit){.actor = change->actor,
                                        .action = "staff.set_role",
                                        .object_id = change->account_id,
                                        .before = {before, before_length},
                                        .after = {after, after_length},
                                        .why = change->why},
                        changing->now_us, error);
}

enum people_answer account_set_role(struct db *db, const struct staff_change *change,
                                    int64_t now_us, struct error *error)
{
    struct changing changing = {.change = change, .now_us = now_us};

    if (!role_scope_fits(change->role, change->scope_id))
        return PEOPLE_BAD_SCOPE;
    return db_transaction(db, set_role, &changing, error) ? changing.answer : PEOPLE_BROKEN;
}

static bool let_in(struct db *db, void *context, struct error *error)
{
    struct changing *changing = context;
    const struct staff_change *change = changing->change;
    enum account_state state;
    uint64_t scope_id;
    enum role role;

    if (!look(db, changing, &role, &scope_id, &state, error))
        return false;
    if (changing->answer != PEOPLE_DONE || state == ACCOUNT_IS_ACTIVE)
        return true;
    return db_run(db, error, "UPDATE accounts SET state = ?, updated_us = ? WHERE account_id = ?",
                  DB_INT(ACCOUNT_IS_ACTIVE), DB_INT(changing->now_us),
                  DB_ID(change->account_id)) == 1 &&
           audit_append(db,
                        &(struct audit){.actor = change->actor,
                                        .action = "account.restore",
                                        .object_id = change->account_id,
                                        .before = TEXT("suspended"),
                                        .after = TEXT("active"),
                                        .why = change->why},
                        changing->now_us, error);
}

enum people_answer account_let_in(struct db *db, const struct staff_change *change, int64_t now_us,
                                  struct error *error)
{
    struct changing changing = {.change = change, .now_us = now_us};

    return db_transaction(db, let_in, &changing, error) ? changing.answer : PEOPLE_BROKEN;
}

enum find account_find_login(struct db *db, struct text login, uint64_t *account_id,
                             struct error *error)
{
    char parsed[LOGIN_SIZE];

    if (!login_parse(login, parsed))
        return FIND_NOTHING;
    struct rows *rows =
        db_query(db, "SELECT account_id FROM accounts WHERE login = ?", DB_STR(parsed));
    bool found = rows_next(rows);
    *account_id = found ? rows_id(rows, 0) : 0;
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}
