/*
 * Once and whole: the demo's many transactions look like one from outside. A row that no sign-in
 * can be says that the loading has begun; it goes when the loading has ended: after a kill the next
 * start begins again. Whoever looks and loads has the migrations locked: a second server waits.
 */
#include "base/clock.h"
#include "base/log.h"
#include "cli/demo_story.h"

#define MOST_WAIT_US (10 * MINUTE_US)

/* An account without role, password or id. */
#define MARK "account_id = 0"

/* All that the demo writes to, in the order in which a half of it goes. test_demo.py holds the list
 * against what a load leaves. */
static const char *const emptying[] = {
    "DELETE FROM units",        "DELETE FROM accounts WHERE account_id > 0",
    "DELETE FROM members",      "DELETE FROM audit_trail",
    "DELETE FROM affiliations", "DELETE FROM registrations",
    "DELETE FROM merchants",    "DELETE FROM rewards",
    "DELETE FROM activities",   "DELETE FROM sign_ups",
    "DELETE FROM records",      "DELETE FROM redemptions",
    "DELETE FROM stock",        "DELETE FROM limit_uses",
    "DELETE FROM lots",         "DELETE FROM wallets",
    "DELETE FROM balances",     "DELETE FROM notices",
    "DELETE FROM checkpoints",  "DELETE FROM transfers",
    "DELETE FROM blocks",       "DELETE FROM lanes",
};

static bool has_rows(struct db *db, const char *sql, bool *has, struct error *error)
{
    struct rows *rows = db_query(db, sql);

    *has = rows_next(rows);
    return rows_end(rows, error);
}

bool demo_is_loaded(struct db *db, bool *loaded, struct error *error)
{
    return has_rows(db, "SELECT 1 FROM accounts WHERE login = 'demo.admin' OR " MARK, loaded,
                    error);
}

static bool set_mark(struct db *db, struct error *error)
{
    return db_run(
               db, error,
               "INSERT INTO accounts (account_id, role, state, epoch, scope_id, person_id, login,"
               " password_hash, display_name, created_us, updated_us)"
               " VALUES (0, 0, 0, 0, 0, 0, NULL, '', 'demo', ?, ?)"
               " ON DUPLICATE KEY UPDATE updated_us = updated_us",
               DB_INT(clock_now_us()), DB_INT(clock_now_us())) >= 0;
}

/* The lock is a row lock of a connection of its own, which ends with its process. */
static bool lock(struct db *guard, struct error *error)
{
    int64_t deadline_us = clock_monotonic_us() + MOST_WAIT_US;
    bool found;

    for (;;) {
        if (db_begin(guard, error) &&
            has_rows(guard, "SELECT 1 FROM migrations WHERE name = '0000_lock' FOR UPDATE", &found,
                     error))
            return true;
        enum db_error_kind kind = db_error_kind(guard);
        db_rollback(guard);
        if (kind != DB_RETRY || clock_monotonic_us() > deadline_us)
            return false;
        LOG(INFO, "demo.waiting", LOG_STR("why", "another server loads it"));
    }
}

/* Nobody was ever served from what is there: the mark stands. */
static bool clear_half(struct db *db, void *context, struct error *error)
{
    (void)context;
    for (size_t i = 0; i < ARRAY_LENGTH(emptying); i++)
        if (db_run(db, error, emptying[i]) < 0)
            return false;
    return true;
}

static bool load_locked(const struct demo_tools *tools,
                        bool (*load)(const struct demo_tools *tools, struct error *error),
                        struct error *error)
{
    bool used, half;

    if (!has_rows(tools->db, "SELECT 1 FROM accounts LIMIT 1", &used, error) ||
        !has_rows(tools->db, "SELECT 1 FROM accounts WHERE " MARK, &half, error))
        return false;
    if (used && !half)
        return true;
    return set_mark(tools->db, error) && db_transaction(tools->db, clear_half, NULL, error) &&
           load(tools, error) && db_run(tools->db, error, "DELETE FROM accounts WHERE " MARK) == 1;
}

bool demo_load_once(const struct demo_tools *tools,
                    bool (*load)(const struct demo_tools *tools, struct error *error),
                    struct error *error)
{
    struct db *guard = db_new(tools->options);
    bool loaded = lock(guard, error) && load_locked(tools, load, error);

    db_rollback(guard);
    db_free(guard);
    return loaded;
}
