/*
 * Once and whole: the demo's many transactions look like one from outside. A row that no sign-in
 * can be says that the loading has begun; it goes when the loading has ended: after a kill the next
 * start begins again. Whoever looks and loads has the migrations locked: a second server waits.
 */
#include "base/clock.h"
#include "base/log.h"
#include "cli/demo_story.h"

#define MOST_WAIT_US   (10 * MINUTE_US)

#define FIRST_INSTANCE 1

/* An account without role, password or id. */
#define MARK "account_id = 0"

/* All that the demos write to, in the order in which a half of one goes; the accounts, and so the
 * mark, are left for the last. test_demo.py and test_district.py hold the list against what a load
 * leaves. A half of the district is a million rows: to empty tables is quick, to delete is not. */
static const char *const emptying[] = {
    "TRUNCATE TABLE units",
    "TRUNCATE TABLE members",
    "TRUNCATE TABLE audit_trail",
    "TRUNCATE TABLE affiliations",
    "TRUNCATE TABLE registrations",
    "TRUNCATE TABLE due_lists",
    "TRUNCATE TABLE due_people",
    "TRUNCATE TABLE member_skills",
    "TRUNCATE TABLE consents",
    "TRUNCATE TABLE merchants",
    "TRUNCATE TABLE shops",
    "TRUNCATE TABLE shop_hours",
    "TRUNCATE TABLE sponsors",
    "TRUNCATE TABLE rewards",
    "TRUNCATE TABLE activities",
    "TRUNCATE TABLE activity_series",
    "TRUNCATE TABLE activity_counts",
    "TRUNCATE TABLE sign_ups",
    "TRUNCATE TABLE records",
    "TRUNCATE TABLE evidence",
    "TRUNCATE TABLE redemptions",
    "TRUNCATE TABLE statements",
    "TRUNCATE TABLE statement_lines",
    "TRUNCATE TABLE stock",
    "TRUNCATE TABLE limit_uses",
    "TRUNCATE TABLE lots",
    "TRUNCATE TABLE wallets",
    "TRUNCATE TABLE balances",
    "TRUNCATE TABLE answers",
    "TRUNCATE TABLE notices",
    "TRUNCATE TABLE checkpoints",
    "TRUNCATE TABLE transfers",
    "TRUNCATE TABLE blocks",
    "TRUNCATE TABLE lanes",
    "DELETE FROM accounts WHERE account_id > 0",
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
static bool lock(const struct demo_tools *tools, struct db *guard, struct error *error)
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
        if (!demo_goes_on(tools, error))
            return false;
    }
}

/* Nobody was ever served from what is there: the mark stands. */
static bool clear_half(const struct demo_tools *tools, struct error *error)
{
    LOG(INFO, "demo.clearing", LOG_STR("why", "an earlier load did not come to its end"));
    for (size_t i = 0; i < ARRAY_LENGTH(emptying); i++)
        if (!demo_goes_on(tools, error) || db_run(tools->db, error, emptying[i]) < 0)
            return false;
    return true;
}

/* The first number, so that a database that begins with a demo has the same ids wherever it is. If
 * another start had it, or it is not clear who has, the demo takes the next one that is free. */
static bool claim_instance(struct demo_tools *tools, struct error *error)
{
    bool is_ours;

    tools->instance_id = FIRST_INSTANCE;
    if (db_run(tools->db, error,
               "INSERT IGNORE INTO instances (instance_id, started_us, name) VALUES (?, ?, 'demo')",
               DB_INT(tools->instance_id), DB_INT(clock_now_us())) < 0 ||
        !has_rows(tools->db, "SELECT 1 FROM instances WHERE instance_id = 1 AND name = 'demo'",
                  &is_ours, error) ||
        (!is_ours && !instance_claim(tools->db, "demo", &tools->instance_id, error)))
        return false;
    id_maker_start(tools->ids, tools->instance_id);
    return true;
}

/*
 * Nobody is answered before the load has ended, so its thousand transactions need not each wait for
 * the disk: the last one does, and takes all others with it. Only in a database of our own. If we
 * are killed meanwhile, no teller starts (ledger/link.c) before a load has set it back.
 */
static bool set_durable(const struct demo_tools *tools, bool durable, struct error *error)
{
    return *tools->settings->db.url ||
           db_run(tools->db, error,
                  durable ? "SET GLOBAL innodb_flush_log_at_trx_commit = 1"
                          : "SET GLOBAL innodb_flush_log_at_trx_commit = 0") >= 0;
}

static bool load_quickly(struct demo_tools *tools,
                         bool (*load)(const struct demo_tools *tools, struct error *error),
                         struct error *error)
{
    bool loaded = set_durable(tools, false, error) && load(tools, error);

    return set_durable(tools, true, loaded ? error : NULL) && loaded;
}

static bool load_locked(struct demo_tools *tools,
                        bool (*load)(const struct demo_tools *tools, struct error *error),
                        struct error *error)
{
    bool used, half;

    if (!has_rows(tools->db, "SELECT 1 FROM accounts LIMIT 1", &used, error) ||
        !has_rows(tools->db, "SELECT 1 FROM accounts WHERE " MARK, &half, error))
        return false;
    if (used && !half)
        return true;
    return set_mark(tools->db, error) && (!half || clear_half(tools, error)) &&
           claim_instance(tools, error) && load_quickly(tools, load, error) &&
           db_run(tools->db, error, "DELETE FROM accounts WHERE " MARK) == 1;
}

bool demo_load_once(struct demo_tools *tools,
                    bool (*load)(const struct demo_tools *tools, struct error *error),
                    struct error *error)
{
    struct db *guard = db_new(tools->options);
    bool loaded = lock(tools, guard, error) && load_locked(tools, load, error);

    db_rollback(guard);
    db_free(guard);
    return loaded;
}
