/*
 * The database and what is in it: reachable, durable, of this schema, saved, and looked after.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/demo.h"
#include "cli/doctor.h"
#include "people/accounts.h"
#include "store/dump.h"
#include "store/migrate.h"

#define LEAST_VERSION     1006           /* 10.6 */
#define OTHER_SESSIONS    5              /* of a server, beside its query threads */
#define BACKUP_WARN_US    (26 * HOUR_US) /* a nightly one, with time to run */
#define CHECKPOINT_LAG_US (10 * MINUTE_US)

/* One number; false: noted as a failure of that check. */
static bool ask(struct doctor *doctor, const char *check, const char *sql, int64_t *number)
{
    struct rows *rows = db_query(doctor->database.db, sql);
    struct error error;

    *number = rows_next(rows) ? rows_int(rows, 0) : 0;
    if (rows_end(rows, &error))
        return true;
    doctor_fail(doctor, check, "see the error", "%s", error.detail);
    return false;
}

/* --- The server ------------------------------------------------------------------------------- */

static void connect_to_it(struct doctor *doctor)
{
    const char *remedy = *doctor->settings->db.url
                             ? "is it running, and are database.url and its TLS settings right?"
                             : "see db.log in the state directory";
    struct error error;

    if (!database_is_there(doctor->settings, &error)) {
        doctor_ok(doctor, "database", "none yet: the first `linli serve` makes it in %s",
                  doctor->settings->embedded.state_dir);
        return;
    }
    doctor->connected = database_open(&doctor->database, doctor->settings, &error);
    if (!doctor->connected)
        doctor_fail(doctor, "database", remedy, "%s", error.detail);
}

/* "10.11.6-MariaDB" is 1011; 0: it cannot be read. */
static unsigned long number_of(const char *version)
{
    char *end;
    unsigned long major = strtoul(version, &end, 10);

    return *end == '.' ? major * 100 + strtoul(end + 1, NULL, 10) : 0;
}

static void look_at_version(struct doctor *doctor)
{
    struct rows *rows = db_query(doctor->database.db, "SELECT VERSION()");
    char version[64] = "unknown";

    if (rows_next(rows))
        snprintf(version, sizeof version, "%.*s", TEXT_ARGS(rows_text(rows, 0)));
    if (!rows_end(rows, NULL) || number_of(version) == 0)
        doctor_warn(doctor, "database", "MariaDB 10.6 or newer is tested", "its version is %s",
                    version);
    else if (number_of(version) < LEAST_VERSION)
        doctor_fail(doctor, "database", "MariaDB 10.6 or newer is needed", "%s", version);
    else
        doctor_ok(doctor, "database", "answers, %s", version);
}

static void look_at_durability(struct doctor *doctor)
{
    int64_t flush;

    if (!ask(doctor, "durability", "SELECT @@innodb_flush_log_at_trx_commit", &flush))
        return;
    if (flush == 1)
        doctor_ok(doctor, "durability", "innodb_flush_log_at_trx_commit = 1");
    else
        doctor_fail(doctor, "durability", "set it to 1: Linli moves no points otherwise",
                    "innodb_flush_log_at_trx_commit = %" PRId64, flush);
}

static void look_at_sessions(struct doctor *doctor)
{
    int64_t threads = doctor->settings->query.threads, most;
    int64_t wanted = (threads ? threads : 2 * sysconf(_SC_NPROCESSORS_ONLN)) + OTHER_SESSIONS;

    if (!*doctor->settings->db.url || !ask(doctor, "sessions", "SELECT @@max_connections", &most))
        return;
    if (most < wanted)
        doctor_fail(doctor, "sessions", "raise max_connections",
                    "the database allows %" PRId64 ", one server needs %" PRId64, most, wanted);
    else
        doctor_ok(doctor, "sessions", "the database allows %" PRId64, most);
}

static void look_at_its_clock(struct doctor *doctor)
{
    int64_t now_us, off_us;

    if (!ask(doctor, "db_clock",
             "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))", &now_us))
        return;
    off_us = now_us > clock_now_us() ? now_us - clock_now_us() : clock_now_us() - now_us;
    if (off_us > 2 * SECOND_US)
        doctor_warn(doctor, "db_clock", "keep both by NTP",
                    "it is %" PRId64 " s from this machine's", off_us / SECOND_US);
    else
        doctor_ok(doctor, "db_clock", "as this machine's");
}

/* --- What is in it ---------------------------------------------------------------------------- */

static void look_at_schema(struct doctor *doctor)
{
    struct error error;
    size_t missing;

    if (!load_refuse_unfinished(doctor->database.db, &error))
        doctor_fail(doctor, "schema", "nothing is served before", "%s", error.detail);
    else if (!migrate_missing(doctor->database.db, &missing, &error))
        doctor_fail(doctor, "schema", "use the version of Linli that it was made with, or a newer",
                    "%s", error.detail);
    else if (missing > 0)
        doctor_warn(doctor, "schema", "linli backup, then linli migrate or a start of the server",
                    "%zu migrations are not applied yet", missing);
    else {
        doctor_ok(doctor, "schema", "of this version");
        doctor->schema_is_current = true;
    }
}

static void look_at_keys(struct doctor *doctor)
{
    const struct settings *settings = doctor->settings;
    struct error error;
    int64_t keys;

    if (!ask(doctor, "keys", "SELECT COUNT(*) FROM `keys`", &keys))
        return;
    if (keys == 0) { /* keyring_load would make them */
        doctor_ok(doctor, "keys", "none yet: the first start makes them");
        return;
    }
    struct keyring *keyring =
        keyring_load(doctor->database.db, &settings->keyring, doctor->database.state_dir, &error);
    if (keyring)
        doctor_ok(doctor, "keys", "the master key opens all %" PRId64, keys);
    else
        doctor_fail(doctor, "keys", "put the master key of this database in its place", "%s",
                    error.detail);
    keyring_free(keyring);
}

static void look_at_administrators(struct doctor *doctor)
{
    struct rows *rows =
        db_query(doctor->database.db, "SELECT COUNT(*) FROM accounts WHERE role = ? AND state = ?",
                 DB_INT(ROLE_ADMINISTRATOR), DB_INT(ACCOUNT_IS_ACTIVE));
    int64_t count = rows_next(rows) ? rows_int(rows, 0) : 0;

    struct error error;

    if (!rows_end(rows, &error))
        doctor_fail(doctor, "administrators", "see the database's own lines", "%s", error.detail);
    else if (count == 0)
        doctor_warn(doctor, "administrators", "linli admin create --login=LOGIN --generate",
                    "there is none");
    else if (count == 1)
        doctor_warn(doctor, "administrators", "linli users create LOGIN --role=administrator",
                    "there is one, but corrections need two people");
    else
        doctor_ok(doctor, "administrators", "%" PRId64, count);
}

static void look_at_demo(struct doctor *doctor)
{
    struct error error;
    bool loaded;

    if (!demo_is_loaded(doctor->database.db, &loaded, &error))
        doctor_fail(doctor, "demo", "see the error", "%s", error.detail);
    else if (loaded)
        doctor_warn(doctor, "demo", "choose another state_dir or database.url for real people",
                    "this database holds the demo, whose passwords are public");
}

/* The keeper makes one a minute while something moves: a lag tells that no server runs well. */
static void look_at_checkpoint(struct doctor *doctor)
{
    int64_t lag_us, checkpoints;

    if (!ask(doctor, "checkpoint", "SELECT COUNT(*) FROM checkpoints", &checkpoints) ||
        !ask(doctor, "checkpoint",
             "SELECT COALESCE((SELECT MAX(time_us) FROM blocks), 0)"
             " - COALESCE((SELECT MAX(time_us) FROM checkpoints), 0)",
             &lag_us))
        return;
    if (lag_us > 0 && checkpoints == 0)
        doctor_warn(doctor, "checkpoint",
                    "a server makes one a minute; or: linli ledger checkpoint",
                    "none was made yet");
    else if (lag_us > CHECKPOINT_LAG_US)
        doctor_warn(doctor, "checkpoint", "is a server running? Else: linli ledger checkpoint",
                    "the last is %" PRId64 " minutes behind the ledger", lag_us / MINUTE_US);
    else
        doctor_ok(doctor, "checkpoint", "the last covers the ledger");
}

static void look_at_backup(struct doctor *doctor)
{
    static const char remedy[] = "linli backup DIRECTORY, every night";
    char at[CLOCK_RFC3339_SIZE];
    int64_t last_us;

    if (!ask(doctor, "backup",
             "SELECT COALESCE(MAX(at_us), 0) FROM audit_trail WHERE action = 'database.backup'",
             &last_us))
        return;
    clock_format(last_us, 0, at);
    if (last_us == 0)
        doctor_warn(doctor, "backup", remedy, "none was made by `linli backup`");
    else if (clock_now_us() - last_us > BACKUP_WARN_US)
        doctor_warn(doctor, "backup", remedy, "the last is of %s", at);
    else
        doctor_ok(doctor, "backup", "the last is of %s", at);
}

void doctor_look_at_database(struct doctor *doctor)
{
    connect_to_it(doctor);
    if (!doctor->connected)
        return;
    look_at_version(doctor);
    look_at_durability(doctor);
    look_at_sessions(doctor);
    look_at_its_clock(doctor);
    look_at_schema(doctor);
    if (!doctor->schema_is_current)
        return;
    look_at_keys(doctor);
    look_at_administrators(doctor);
    look_at_demo(doctor);
    look_at_checkpoint(doctor);
    look_at_backup(doctor);
}
