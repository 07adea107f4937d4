/*
 * A connection's life: made on demand with its session settings, found dead before a statement is
 * sent, made again with backoff unless a transaction was open.
 */
#include <errmsg.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/db_internal.h"
#include "store/db_url.h"

#define FIRST_PAUSE_US (10 * 1000)
#define MOST_PAUSE_US  SECOND_US

const struct config_entry db_config[] = {
    {.name = "database.url",
     .type = CONFIG_TEXT,
     .offset = offsetof(struct db_options, url),
     .initial = "",
     .secret = true,
     .help = "mysql://user:password@host:port/name or mysql://user@/name?socket=/path; empty: an "
             "embedded MariaDB below state_dir"},
    {.name = "database.tls_ca",
     .type = CONFIG_TEXT,
     .offset = offsetof(struct db_options, tls_ca),
     .initial = "",
     .help = "file with the authorities that may have signed the database's certificate; "
             "implies database.tls_required"},
    {.name = "database.tls_cert",
     .type = CONFIG_TEXT,
     .offset = offsetof(struct db_options, tls_cert),
     .initial = "",
     .help = "file with the certificate shown to the database"},
    {.name = "database.tls_key",
     .type = CONFIG_TEXT,
     .offset = offsetof(struct db_options, tls_key),
     .initial = "",
     .help = "file with the key of database.tls_cert"},
    {.name = "database.tls_required",
     .type = CONFIG_BOOL,
     .offset = offsetof(struct db_options, tls_required),
     .initial = "no",
     .help = "no connection without TLS and a certificate that fits the host; without "
             "database.tls_ca the system's authorities count"},
    {.name = "database.connect_timeout",
     .type = CONFIG_DURATION,
     .offset = offsetof(struct db_options, connect_timeout_us),
     .initial = "5s",
     .min = SECOND_US,
     .max = HOUR_US,
     .help = "how long a lost connection is tried again before the request fails"},
    {.name = "database.io_timeout",
     .type = CONFIG_DURATION,
     .offset = offsetof(struct db_options, io_timeout_us),
     .initial = "60s",
     .min = SECOND_US,
     .max = HOUR_US,
     .help = "how long the database may be silent before the connection counts as lost"},
    {0},
};

/* Strict, so that nothing is cut or bent silently; UTC; and the waits that the callers expect. */
static const char *const session_settings[] = {
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,"
    "NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', autocommit = 1, "
    "innodb_lock_wait_timeout = 5, lock_wait_timeout = 10",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
};

static void start_library(void)
{
    mysql_server_init(0, NULL, NULL); /* itself not safe to run twice at once */
}

struct db *db_new(const struct db_options *options)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct db *db = memory_new(sizeof(*db));

    pthread_once(&once, start_library);
    db->options = options;
    db->jitter = (uint64_t)clock_monotonic_us() ^ (uint64_t)(uintptr_t)db;
    return db;
}

void db_free(struct db *db)
{
    if (!db)
        return;
    ASSERT(!db->streaming && !db->batch.active);
    db_disconnect(db);
    free(db);
}

bool db_is_connected(const struct db *db)
{
    return db->mysql != NULL;
}

uint64_t db_sessions(const struct db *db)
{
    return db->sessions;
}

enum db_error_kind db_error_kind(const struct db *db)
{
    return db->kind;
}

bool db_in_transaction(const struct db *db)
{
    return db->mysql && (db->mysql->server_status & SERVER_STATUS_IN_TRANS);
}

void db_sleep_jitter(struct db *db, int64_t most_us)
{
    db->jitter ^= db->jitter << 13; /* xorshift64: spreads retries, no secret depends on it */
    db->jitter ^= db->jitter >> 7;
    db->jitter ^= db->jitter << 17;
    int64_t pause_us = most_us / 2 + (int64_t)(db->jitter % (uint64_t)(most_us / 2 + 1));
    struct timespec pause = {pause_us / SECOND_US, pause_us % SECOND_US * 1000};
    nanosleep(&pause, NULL);
}

/* Closes and forgets the prepared statements. Those whose rows are being read stay, failed, until
 * their rows_end. */
void db_disconnect(struct db *db)
{
    if (db->mysql)
        mysql_close(db->mysql);
    db->mysql = NULL;
    db->batch.multi = false;
    db->batch.more = false;
    while (db->statements) {
        struct statement *statement = db->statements;
        db->statements = statement->next;
        if (!statement->rows.open) {
            statement_free(statement);
            continue;
        }
        statement->detached = true;
        statement->rows.failed = true;
        error_set(&statement->rows.error, "store.lost", "connection lost while rows were read");
    }
    db->statement_count = 0;
}

static unsigned to_seconds(int64_t duration_us)
{
    int64_t seconds = (duration_us + SECOND_US - 1) / SECOND_US;
    return seconds < 1 ? 1 : (unsigned)seconds;
}

static bool is_set(const char *text)
{
    return text && *text;
}

static void set_tls(MYSQL *mysql, const struct db_options *options)
{
    const my_bool yes = 1;

    if (is_set(options->tls_cert))
        mysql_optionsv(mysql, MYSQL_OPT_SSL_CERT, options->tls_cert);
    if (is_set(options->tls_key))
        mysql_optionsv(mysql, MYSQL_OPT_SSL_KEY, options->tls_key);
    if (is_set(options->tls_ca))
        mysql_optionsv(mysql, MYSQL_OPT_SSL_CA, options->tls_ca);
    if (options->tls_required || is_set(options->tls_ca)) {
        mysql_optionsv(mysql, MYSQL_OPT_SSL_ENFORCE, &yes);
        mysql_optionsv(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
    }
}

static MYSQL *prepare_connection(const struct db_options *options)
{
    MYSQL *mysql = mysql_init(NULL);
    unsigned connect_timeout = to_seconds(options->connect_timeout_us);
    unsigned io_timeout = to_seconds(options->io_timeout_us);
    unsigned no_files = 0; /* a server could ask for any file of ours */

    ASSERT(mysql != NULL);
    mysql_optionsv(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout);
    mysql_optionsv(mysql, MYSQL_OPT_READ_TIMEOUT, &io_timeout);
    mysql_optionsv(mysql, MYSQL_OPT_WRITE_TIMEOUT, &io_timeout);
    mysql_optionsv(mysql, MYSQL_OPT_LOCAL_INFILE, &no_files);
    mysql_optionsv(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    for (size_t i = 0; i < ARRAY_LENGTH(session_settings); i++)
        mysql_optionsv(mysql, MYSQL_INIT_COMMAND, session_settings[i]);
    set_tls(mysql, options);
    return mysql;
}

static bool connect_once(struct db *db)
{
    struct db_url url;

    if (!is_set(db->options->url))
        return db_fail_as(db, DB_BROKEN, "store.url", "no database.url");
    if (!db_url_parse(db->options->url, &url, &db->error)) {
        db->kind = DB_BROKEN;
        return false;
    }
    db->mysql = prepare_connection(db->options);
    if (url.port != 0) { /* else the Connector takes localhost for the usual socket */
        const unsigned tcp = MYSQL_PROTOCOL_TCP;
        mysql_optionsv(db->mysql, MYSQL_OPT_PROTOCOL, &tcp);
    }
    /* CLIENT_FOUND_ROWS: affected rows are the rows that matched, so that an UPDATE that happens to
     * write what was there already still proves that its WHERE held. */
    bool connected =
        mysql_real_connect(db->mysql, *url.host ? url.host : NULL, url.user, url.password, url.name,
                           url.port, *url.socket ? url.socket : NULL, CLIENT_FOUND_ROWS);
    db_url_free(&url);
    if (connected) {
        db->sessions++;
        db->kind = DB_OK;
        return true;
    }
    db_fail(db, "connect");
    db_disconnect(db);
    return false;
}

bool db_connect(struct db *db, struct error *error)
{
    db->kind = DB_OK;
    return db->mysql || connect_once(db) || db_tell(db, error);
}

static bool reconnect(struct db *db)
{
    int64_t deadline_us = clock_monotonic_us() + db->options->connect_timeout_us;

    for (int64_t pause_us = FIRST_PAUSE_US;; pause_us *= 2) {
        if (connect_once(db))
            return true;
        if (pause_us > MOST_PAUSE_US)
            pause_us = MOST_PAUSE_US;
        if (db->kind != DB_LOST || clock_monotonic_us() + pause_us > deadline_us)
            return false;
        db_sleep_jitter(db, pause_us);
    }
}

/* Nothing is outstanding, so a socket that can be read tells of an end: closed, or a server that
 * says good-bye. Found here, before a statement is sent, the statement surely did not run. */
static bool is_stale(const struct db *db)
{
    struct pollfd end = {.fd = mysql_get_socket(db->mysql), .events = POLLIN | POLLRDHUP};

    return poll(&end, 1, 0) != 0;
}

bool db_ready(struct db *db)
{
    ASSERT(!db->streaming && !db->batch.active);
    if (db->broken != DB_OK)
        return db_fail_as(db, db->broken, NULL, "the transaction has failed already");
    db->kind = DB_OK;
    db->entered_in_transaction = db->transaction || db_in_transaction(db);
    if (db->mysql && !is_stale(db))
        return true;
    if (db->mysql) {
        db_fail_as(db, DB_LOST, NULL, "the server closed the connection");
        LOG(WARN, "store.lost", LOG_INT("in_transaction", db->entered_in_transaction));
    }
    return db->broken == DB_OK && reconnect(db);
}
