#include "people/accounts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/utf8.h"
#include "people/audit.h"

#define UNIT_ROLES     (ROLE_COORDINATOR | ROLE_UNIT_READER)
#define MERCHANT_ROLES (ROLE_CLERK | ROLE_MANAGER)
#define WIDE_ROLES     (ROLE_AUDITOR | ROLE_ADMINISTRATOR) /* of everything: no scope */
#define STAFF_COLUMNS                                                                              \
    "account_id, role, scope_id, person_id, epoch, state, login, display_name, created_us"

bool login_parse(struct text text, char out[LOGIN_SIZE])
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789._@-";

    if (text.length < 2 || text.length >= LOGIN_SIZE)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        out[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
        if (c == '\0' || !strchr(allowed, out[i]))
            return false;
    }
    out[text.length] = '\0';
    return true;
}

static bool password_is_strong(struct text password)
{
    size_t characters;

    return utf8_count(password, &characters) && characters >= PASSWORD_LEAST &&
           characters <= PASSWORD_MOST;
}

bool role_scope_fits(enum role role, uint64_t scope_id)
{
    if (role & (UNIT_ROLES | MERCHANT_ROLES))
        return scope_id != 0;
    return (role & WIDE_ROLES) != 0 && scope_id == 0;
}

/* --- making ---------------------------------------------------------------------------------- */

struct making {
    struct id_maker *ids;
    const struct new_staff *staff;
    char login[LOGIN_SIZE];
    char hash[PASSWORD_HASH_SIZE];
    int64_t now_us;
    uint64_t account_id;
    enum people_answer answer;
};

static bool row_exists(struct db *db, const char *sql, uint64_t id, bool *exists,
                       struct error *error)
{
    struct rows *rows = db_query(db, sql, DB_ID(id));

    *exists = rows_next(rows);
    return rows_end(rows, error);
}

/* The unit in scope and the member that the person also is. */
static bool check_named(struct db *db, struct making *making, struct error *error)
{
    const struct new_staff *staff = making->staff;
    bool unit = true, member = true;

    if ((staff->role & UNIT_ROLES) &&
        !row_exists(db, "SELECT 1 FROM units WHERE unit_id = ?", staff->scope_id, &unit, error))
        return false;
    if (staff->person_id != 0 && !row_exists(db, "SELECT 1 FROM members WHERE member_id = ?",
                                             staff->person_id, &member, error))
        return false;
    making->answer = !unit ? PEOPLE_NO_UNIT : !member ? PEOPLE_NO_MEMBER : PEOPLE_DONE;
    return true;
}

static bool insert_staff(struct db *db, struct making *making, struct error *error)
{
    const struct new_staff *staff = making->staff;

    making->account_id = id_next(making->ids);
    return db_run(db, error,
                  "INSERT INTO accounts (account_id, role, state, epoch, scope_id, person_id,"
                  " login, password_hash, display_name, created_us, updated_us)"
                  " VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?)",
                  DB_ID(making->account_id), DB_INT(staff->role), DB_INT(ACCOUNT_IS_ACTIVE),
                  DB_ID(staff->scope_id), DB_ID(staff->person_id), DB_STR(making->login),
                  DB_STR(making->hash), DB_TEXT(staff->display_name), DB_INT(making->now_us),
                  DB_INT(making->now_us)) == 1;
}

static bool audit_new_staff(struct db *db, const struct making *making, struct error *error)
{
    char after[160];
    int length = snprintf(after, sizeof(after), "{\"role\":\"%s\",\"scope_id\":\"%" PRIu64 "\"}",
                          role_name(making->staff->role), making->staff->scope_id);

    return audit_append(db,
                        &(struct audit){.actor = making->staff->actor,
                                        .action = "staff.create",
                                        .object_id = making->account_id,
                                        .after = {after, (size_t)length}},
                        making->now_us, error);
}

static bool make_staff(struct db *db, void *context, struct error *error)
{
    struct making *making = context;

    if (!check_named(db, making, error))
        return false;
    if (making->answer != PEOPLE_DONE)
        return true;
    if (insert_staff(db, making, error))
        return audit_new_staff(db, making, error);
    if (db_error_kind(db) != DB_DUPLICATE)
        return false;
    making->answer = PEOPLE_LOGIN_TAKEN;
    return true;
}

enum people_answer account_create_staff(struct db *db, struct id_maker *ids,
                                        const struct new_staff *staff, int64_t now_us,
                                        uint64_t *account_id, struct error *error)
{
    struct making making = {.ids = ids, .staff = staff, .now_us = now_us};

    if (!login_parse(staff->login, making.login))
        return PEOPLE_BAD_LOGIN;
    if (!password_is_strong(staff->password))
        return PEOPLE_WEAK_PASSWORD;
    if (!role_scope_fits(staff->role, staff->scope_id))
        return PEOPLE_BAD_SCOPE;
    if (!password_hash(staff->password, making.hash)) {
        error_set(error, "people.password", "no memory to hash a password");
        return PEOPLE_BROKEN;
    }
    if (!db_transaction(db, make_staff, &making, error))
        return PEOPLE_BROKEN;
    *account_id = making.account_id;
    return making.answer;
}

/* --- reading --------------------------------------------------------------------------------- */

static void read_staff(struct rows *rows, struct arena *arena, struct staff *staff)
{
    *staff = (struct staff){
        .who = {.account_id = rows_id(rows, 0),
                .role = (enum role)rows_int(rows, 1),
                .scope_id = rows_id(rows, 2),
                .person_id = rows_id(rows, 3),
                .epoch = (uint32_t)rows_int(rows, 4)},
        .state = (enum account_state)rows_int(rows, 5),
        .login = rows_copy(rows, 6, arena),
        .display_name = rows_copy(rows, 7, arena),
        .created_us = rows_int(rows, 8),
    };
}

enum find account_find_staff(struct db *db, uint64_t account_id, struct arena *arena,
                             struct staff *staff, struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT " STAFF_COLUMNS " FROM accounts WHERE account_id = ? AND role <> ?",
                 DB_ID(account_id), DB_INT(ROLE_MEMBER));
    bool found = rows_next(rows);

    if (found)
        read_staff(rows, arena, staff);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

/* Members have no login: through by_login the many of them are never read. */
bool account_list_staff(struct db *db, const struct staff_query *query, struct arena *arena,
                        struct staff **staff, size_t *count, uint64_t *next, struct error *error)
{
    unsigned roles = query->roles ? query->roles : (unsigned)(SIGNED_IN & ~ROLE_MEMBER);
    struct rows *rows =
        db_query(db,
                 "SELECT " STAFF_COLUMNS " FROM accounts FORCE INDEX (by_login)"
                 " WHERE login IS NOT NULL AND role & ? <> 0 AND (? = 0 OR scope_id = ?)"
                 "   AND account_id > ?"
                 " ORDER BY account_id LIMIT ?",
                 DB_INT(roles), DB_ID(query->scope_id), DB_ID(query->scope_id),
                 DB_ID(query->after_id), DB_INT(query->limit + 1));

    *staff = arena_take(arena, query->limit * sizeof(**staff));
    *count = 0;
    *next = 0;
    while (rows_next(rows)) {
        if (*count == query->limit)
            *next = (*staff)[*count - 1].who.account_id;
        else
            read_staff(rows, arena, &(*staff)[(*count)++]);
    }
    return rows_end(rows, error);
}

/* --- voiding tokens -------------------------------------------------------------------------- */

/* Every server polls `revocations`, and refresh tokens remember the epoch that they were made in.
 */
bool account_raise_epoch(struct db *db, uint64_t account_id, int64_t now_us, struct error *error)
{
    return db_run(db, error,
                  "UPDATE accounts SET epoch = epoch + 1, updated_us = ? WHERE account_id = ?",
                  DB_INT(now_us), DB_ID(account_id)) == 1 &&
           db_run(db, error,
                  "INSERT INTO revocations (account_id, epoch, at_us)"
                  " SELECT account_id, epoch, ? FROM accounts WHERE account_id = ?"
                  " ON DUPLICATE KEY UPDATE epoch = VALUES(epoch), at_us = VALUES(at_us)",
                  DB_INT(now_us), DB_ID(account_id)) >= 0;
}

bool accounts_change_person(struct db *db, uint64_t from_id, uint64_t into_id, int64_t now_us,
                            struct error *error)
{
    return db_run(db, error,
                  "INSERT INTO revocations (account_id, epoch, at_us)"
                  " SELECT account_id, epoch + 1, ? FROM accounts WHERE person_id = ? AND role <> ?"
                  " ON DUPLICATE KEY UPDATE epoch = VALUES(epoch), at_us = VALUES(at_us)",
                  DB_INT(now_us), DB_ID(from_id), DB_INT(ROLE_MEMBER)) >= 0 &&
           db_run(db, error,
                  "UPDATE accounts SET person_id = ?, epoch = epoch + 1, updated_us = ?"
                  " WHERE person_id = ? AND role <> ?",
                  DB_ID(into_id), DB_INT(now_us), DB_ID(from_id), DB_INT(ROLE_MEMBER)) >= 0;
}

struct revoking {
    const struct revoke *revoke;
    int64_t now_us;
    enum people_answer answer;
};

static bool audit_revoke(struct db *db, const struct revoke *revoke, int64_t now_us,
                         struct error *error)
{
    struct audit audit = {.actor = revoke->actor,
                          .action = "account.revoke",
                          .object_id = revoke->account_id,
                          .why = revoke->why};

    if (revoke->suspend) {
        audit.action = "account.suspend";
        audit.before = TEXT("active");
        audit.after = TEXT("suspended");
    }
    return audit_append(db, &audit, now_us, error);
}

static bool revoke_account(struct db *db, void *context, struct error *error)
{
    struct revoking *revoking = context;
    const struct revoke *revoke = revoking->revoke;
    bool exists;

    if (!row_exists(db, "SELECT 1 FROM accounts WHERE account_id = ? FOR UPDATE",
                    revoke->account_id, &exists, error))
        return false;
    revoking->answer = exists ? PEOPLE_DONE : PEOPLE_NOT_FOUND;
    if (!exists)
        return true;
    if (revoke->suspend && db_run(db, error, "UPDATE accounts SET state = ? WHERE account_id = ?",
                                  DB_INT(ACCOUNT_IS_SUSPENDED), DB_ID(revoke->account_id)) < 0)
        return false;
    return account_raise_epoch(db, revoke->account_id, revoking->now_us, error) &&
           audit_revoke(db, revoke, revoking->now_us, error);
}

enum people_answer account_revoke(struct db *db, const struct revoke *revoke, int64_t now_us,
                                  struct error *error)
{
    struct revoking revoking = {.revoke = revoke, .now_us = now_us};

    if (!db_transaction(db, revoke_account, &revoking, error))
        return PEOPLE_BROKEN;
    return revoking.answer;
}

struct resetting {
    char login[LOGIN_SIZE];
    char hash[PASSWORD_HASH_SIZE];
    uint64_t actor;
    int64_t now_us;
    enum people_answer answer;
};

static bool reset_password(struct db *db, void *context, struct error *error)
{
    struct resetting *resetting = context;
    struct rows *rows = db_query(db, "SELECT account_id FROM accounts WHERE login = ? FOR UPDATE",
                                 DB_STR(resetting->login));
    uint64_t account_id = rows_next(rows) ? rows_id(rows, 0) : 0;

    if (!rows_end(rows, error))
        return false;
    resetting->answer = account_id ? PEOPLE_DONE : PEOPLE_NOT_FOUND;
    if (account_id == 0)
        return true;
    return db_run(db, error,
                  "UPDATE accounts SET password_hash = ?, state = ? WHERE account_id = ?",
                  DB_STR(resetting->hash), DB_INT(ACCOUNT_IS_ACTIVE), DB_ID(account_id)) >= 0 &&
           account_raise_epoch(db, account_id, resetting->now_us, error) &&
           audit_append(db,
                        &(struct audit){.actor = resetting->actor,
                                        .action = "staff.set_password",
                                        .object_id = account_id},
                        resetting->now_us, error);
}

enum people_answer account_set_password(struct db *db, struct text login, struct text password,
                                        uint64_t actor, int64_t now_us, struct error *error)
{
    struct resetting resetting = {.actor = actor, .now_us = now_us};

    if (!login_parse(login, resetting.login))
        return PEOPLE_NOT_FOUND;
    if (!password_is_strong(password))
        return PEOPLE_WEAK_PASSWORD;
    if (!password_hash(password, resetting.hash)) {
        error_set(error, "people.password", "no memory to hash a password");
        return PEOPLE_BROKEN;
    }
    if (!db_transaction(db, reset_password, &resetting, error))
        return PEOPLE_BROKEN;
    return resetting.answer;
}
