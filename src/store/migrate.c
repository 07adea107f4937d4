#include "store/migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "store/db_internal.h"

#define MOST_WAIT_US (10 * MINUTE_US)
/* The row that whoever migrates has locked; no file sorts before it. */
#define LOCK_NAME "0000_lock"

/* What the database says about each migration of `list`, in the list's order. */
struct progress {
    const struct migration *list;
    size_t count;
    bool *applied;
    size_t missing;
};

static size_t count_migrations(const struct migration *list)
{
    size_t count = 0;

    while (list[count].name)
        count++;
    return count;
}

static void sha256_of(const struct migration *migration, uint8_t out[HASH_SIZE])
{
    crypto_sha256(migration->sql, strlen(migration->sql), out);
}

/* A single number; -1 when it failed. */
static int64_t read_number(struct db *db, const char *sql, struct error *error)
{
    struct rows *rows = db_query(db, sql);
    int64_t number = rows_next(rows) ? rows_int(rows, 0) : 0;

    return rows_end(rows, error) ? number : -1;
}

/* A database that somebody made for us may speak another character set; our tables name none. */
static bool set_character_set(struct db *db, struct error *error)
{
    int64_t fits = read_number(db, "SELECT @@character_set_database = 'utf8mb4'", error);

    if (fits != 0)
        return fits > 0;
    return db_execute_text(db, TEXT("ALTER DATABASE CHARACTER SET utf8mb4"), error);
}

/* 1 or 0; -1 when it failed. */
static int64_t table_exists(struct db *db, struct error *error)
{
    return read_number(db,
                       "SELECT COUNT(*) FROM information_schema.tables"
                       " WHERE table_schema = DATABASE() AND table_name = 'migrations'",
                       error);
}

/* Not CREATE IF NOT EXISTS alone: that waits for the metadata lock of whoever migrates. */
static bool make_table(struct db *db, struct error *error)
{
    int64_t exists = table_exists(db, error);

    if (exists != 0)
        return exists > 0;
    return set_character_set(db, error) &&
           db_execute_text(db,
                           TEXT("CREATE TABLE IF NOT EXISTS migrations ("
                                " name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin"
                                "  NOT NULL PRIMARY KEY,"
                                " sha256 BINARY(32) NOT NULL,"
                                " applied_us BIGINT NOT NULL) ENGINE = InnoDB"),
                           error);
}

/* Notes one row of the table; a row that the list does not explain is refused. */
static bool note_applied(struct progress *progress, struct text name,
                         const uint8_t sha256[HASH_SIZE], struct error *error)
{
    uint8_t ours[HASH_SIZE];

    for (size_t i = 0; i < progress->count; i++) {
        const struct migration *migration = &progress->list[i];
        if (strlen(migration->name) != name.length ||
            memcmp(migration->name, name.data, name.length) != 0)
            continue;
        sha256_of(migration, ours);
        if (memcmp(ours, sha256, HASH_SIZE) != 0)
            return error_set(error, "store.migration_changed",
                             "migration %s was changed after it was applied", migration->name);
        progress->applied[i] = true;
        progress->missing--;
        return true;
    }
    return error_set(error, "store.schema_newer",
                     "the database has migration %.*s, which this binary does not know: "
                     "it is older than the schema",
                     TEXT_ARGS(name));
}

static bool check_order(const struct progress *progress, struct error *error)
{
    for (size_t i = 1; i < progress->count; i++)
        if (progress->applied[i] && !progress->applied[i - 1])
            return error_set(error, "store.migration_order",
                             "migration %s is missing though %s is applied",
                             progress->list[i - 1].name, progress->list[i].name);
    return true;
}

static bool read_progress(struct db *db, struct progress *progress, struct error *error)
{
    uint8_t sha256[HASH_SIZE];
    bool good = true;

    memset(progress->applied, 0, progress->count * sizeof(*progress->applied));
    progress->missing = progress->count;
    struct rows *rows = db_query(db, "SELECT name, sha256 FROM migrations WHERE name <> '" LOCK_NAME
                                     "' ORDER BY name");
    while (good && rows_next(rows)) {
        rows_bytes(rows, 1, sha256, HASH_SIZE);
        good = note_applied(progress, rows_text(rows, 0), sha256, error);
    }
    if (!good) { /* `error` has the reason already */
        bool ended = rows_end(rows, NULL);
        return ended && good;
    }
    return rows_end(rows, error) && check_order(progress, error);
}

static bool begin_and_lock(struct db *guard, struct error *error)
{
    if (!db_begin(guard, error))
        return false;
    struct rows *rows =
        db_query(guard, "SELECT name FROM migrations WHERE name = '" LOCK_NAME "' FOR UPDATE");
    bool found = rows_next(rows);
    if (!rows_end(rows, error))
        return false;
    if (found)
        return true;
    /* Committed and locked again: two that insert at once must not both believe to be first. */
    if (db_run(guard, error,
               "INSERT INTO migrations (name, sha256, applied_us) VALUES ('" LOCK_NAME "', ?, ?)",
               DB_BYTES((const uint8_t[HASH_SIZE]){0}, HASH_SIZE), DB_INT(clock_now_us())) < 0)
        return false;
    return db_commit(guard, error) && begin_and_lock(guard, error);
}

/* Waits until nobody else migrates. The lock is a row lock of a connection of its own: DDL commits
 * whatever transaction its own connection has. */
static bool lock_migrations(struct db *guard, struct error *error)
{
    int64_t deadline_us = clock_monotonic_us() + MOST_WAIT_US;

    for (;;) {
        if (begin_and_lock(guard, error))
            return true;
        enum db_error_kind kind = db_error_kind(guard);
        db_rollback(guard);
        if ((kind != DB_RETRY && kind != DB_DUPLICATE) || clock_monotonic_us() > deadline_us)
            return false;
        LOG(INFO, "migrate.waiting", LOG_STR("why", "another server migrates"));
    }
}

/* Cuts the next statement off `*rest`: up to a semicolon that ends a line which is no comment.
 * Empty at the end. */
static struct text next_statement(const char **rest)
{
    const char *at = *rest;
    const char *start = NULL;

    while (*at) {
        const char *line = at + strspn(at, " \t");
        const char *end = line + strcspn(line, "\n");
        at = *end ? end + 1 : end;
        while (end > line && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
            end--;
        if (end == line || strncmp(line, "--", 2) == 0)
            continue;
        if (!start)
            start = line;
        if (end[-1] != ';')
            continue;
        *rest = at;
        return (struct text){start, (size_t)(end - 1 - start)};
    }
    *rest = at;
    return (struct text){start, start ? (size_t)(at - start) : 0};
}

static bool run_statements(struct db *db, const struct migration *migration, struct error *error)
{
    struct error why;
    const char *rest = migration->sql;

    for (int number = 1;; number++) {
        struct text statement = next_statement(&rest);
        if (statement.length == 0)
            return true;
        if (!db_execute_text(db, statement, &why))
            return error_set(error, "store.migration_failed", "%s, statement %d: %s",
                             migration->name, number, why.detail);
    }
}

static bool apply(struct db *db, const struct migration *migration, struct error *error)
{
    uint8_t sha256[HASH_SIZE];
    int64_t start_us = clock_monotonic_us();

    if (!run_statements(db, migration, error))
        return false;
    sha256_of(migration, sha256);
    if (db_run(db, error, "INSERT INTO migrations (name, sha256, applied_us) VALUES (?, ?, ?)",
               DB_STR(migration->name), DB_BYTES(sha256, HASH_SIZE), DB_INT(clock_now_us())) < 0)
        return false;
    LOG(INFO, "migrate.applied", LOG_STR("name", migration->name),
        LOG_INT("us", clock_monotonic_us() - start_us));
    return true;
}

static bool apply_missing(struct db *db, struct db *guard, struct progress *progress, int *applied,
                          struct error *error)
{
    if (!lock_migrations(guard, error) || !read_progress(db, progress, error) ||
        !db_execute_text(db, TEXT("SET SESSION lock_wait_timeout = 60"), error))
        return false;
    for (size_t i = 0; i < progress->count; i++) {
        if (progress->applied[i])
            continue;
        /* A guard whose connection died guards nothing. */
        if (read_number(guard, "SELECT 1", error) != 1 || !apply(db, &progress->list[i], error))
            return false;
        ++*applied;
    }
    return true;
}

bool migrate_list(struct db *db, const struct migration *list, int *applied, struct error *error)
{
    int count = 0;
    struct progress progress = {.list = list, .count = count_migrations(list)};
    struct db_options patient = *db->options; /* an ALTER of a big table is silent for long */

    patient.io_timeout_us = HOUR_US;
    progress.applied = memory_new(progress.count * sizeof(*progress.applied));
    bool good = make_table(db, error) && read_progress(db, &progress, error);
    if (good && progress.missing > 0) {
        struct db *guard = db_new(&patient);
        struct db *runner = db_new(&patient);
        good = apply_missing(runner, guard, &progress, &count, error);
        db_rollback(guard);
        db_free(guard);
        db_free(runner);
    }
    free(progress.applied);
    if (applied)
        *applied = count;
    return good;
}

bool migrate(struct db *db, int *applied, struct error *error)
{
    return migrate_list(db, migrations, applied, error);
}

bool migrate_missing(struct db *db, size_t *missing, struct error *error)
{
    struct progress progress = {.list = migrations, .count = count_migrations(migrations)};
    int64_t exists = table_exists(db, error);

    *missing = progress.count;
    if (exists <= 0)
        return exists == 0;
    progress.applied = memory_new(progress.count * sizeof(*progress.applied));
    bool good = read_progress(db, &progress, error);
    *missing = progress.missing;
    free(progress.applied);
    return good;
}

bool migrate_applied(struct db *db, struct arena *arena, struct applied_migration **applied,
                     size_t *count, struct error *error)
{
    struct rows *rows = db_query(db, "SELECT name, sha256 FROM migrations WHERE name <> '" LOCK_NAME
                                     "' ORDER BY name");
    size_t most = count_migrations(migrations);

    *count = 0;
    *applied = arena_take(arena, (most + 1) * sizeof(**applied));
    while (*count < most && rows_next(rows)) { /* more are refused by every start */
        struct applied_migration *next = &(*applied)[(*count)++];
        next->name = rows_copy(rows, 0, arena);
        rows_bytes(rows, 1, next->sha256, HASH_SIZE);
    }
    return rows_end(rows, error);
}

static bool is_ours(const struct migration *ours, const struct applied_migration *wanted,
                    struct error *error)
{
    uint8_t sha256[HASH_SIZE];

    if (!ours->name || strcmp(ours->name, wanted->name) != 0)
        return error_set(error, "store.schema_newer",
                         "migration %.64s is not known here: use the version of Linli that it came "
                         "with, or a newer one",
                         wanted->name);
    sha256_of(ours, sha256);
    return memcmp(sha256, wanted->sha256, HASH_SIZE) == 0 ||
           error_set(error, "store.migration_changed",
                     "migration %s was another one then: use that version of Linli", ours->name);
}

bool migrate_as(struct db *db, const struct applied_migration *wanted, size_t count,
                struct error *error)
{
    struct migration *first = memory_new((count + 1) * sizeof(*first));
    bool good = true;

    for (size_t i = 0; good && i < count; i++) { /* is_ours ends at the end of ours */
        good = is_ours(&migrations[i], &wanted[i], error);
        first[i] = migrations[i];
    }
    good = good && migrate_list(db, first, NULL, error);
    free(first);
    return good;
}

bool migrate_status(struct db *db, struct error *error)
{
    struct progress progress = {.list = migrations, .count = count_migrations(migrations)};

    progress.applied = memory_new(progress.count * sizeof(*progress.applied));
    bool good = make_table(db, error) && read_progress(db, &progress, error);
    for (size_t i = 0; good && i < progress.count; i++)
        printf("%-8s %s\n", progress.applied[i] ? "applied" : "missing", migrations[i].name);
    free(progress.applied);
    return good;
}
