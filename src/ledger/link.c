#include "ledger/link.h"

#include <time.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"

#define FIRST_PAUSE_US (20 * 1000)
#define MOST_PAUSE_US  SECOND_US

void link_pause(int64_t most_us)
{
    uint32_t random;

    crypto_random(&random, sizeof(random));
    int64_t pause_us = most_us / 2 + (int64_t)random % (most_us / 2 + 1);
    struct timespec pause = {pause_us / SECOND_US, pause_us % SECOND_US * 1000};
    nanosleep(&pause, NULL);
}

bool link_is_fit(const struct link *link)
{
    return db_is_connected(link->db) && db_sessions(link->db) == link->session;
}

/* A server that has no such setting is taken at its word, loudly; one that is lost is not fit. */
static bool check_durability(struct link *link, struct error *error)
{
    struct error unreadable;
    struct rows *rows = db_query(link->db, "SELECT @@innodb_flush_log_at_trx_commit");
    int64_t flush = rows_next(rows) ? rows_int(rows, 0) : -1;

    if (!rows_end(rows, &unreadable)) {
        if (db_error_kind(link->db) != DB_BROKEN)
            return error_set(error, unreadable.code, "%s", unreadable.detail);
        LOG(WARN, "teller.durability_unknown", LOG_STR("detail", unreadable.detail));
        return true;
    }
    if (flush != 1)
        return error_set(error, "ledger.not_durable",
                         "the database runs with innodb_flush_log_at_trx_commit = %d: a power cut "
                         "would take back what was acknowledged; set it to 1",
                         (int)flush);
    return true;
}

static bool try_to_connect(struct link *link, struct error *error)
{
    if (link_is_fit(link))
        return true;
    if (!db_connect(link->db, error) || !check_durability(link, error))
        return false;
    link->session = db_sessions(link->db);
    return true;
}

bool link_connect(struct link *link, struct error *error)
{
    int64_t now_us = clock_monotonic_us();
    bool connected = try_to_connect(link, error);

    if (!connected && link->away_since_us == 0) {
        link->away_since_us = now_us;
        LOG(WARN, "teller.database_away", LOG_STR("code", error->code),
            LOG_STR("detail", error->detail));
    }
    if (connected && link->away_since_us != 0) {
        LOG(INFO, "teller.database_back", LOG_INT("away_us", now_us - link->away_since_us));
        link->away_since_us = 0;
    }
    return connected;
}

bool link_wait(struct link *link, struct error *error)
{
    for (int64_t pause_us = FIRST_PAUSE_US; !link_connect(link, error); pause_us *= 2) {
        if (clock_monotonic_us() - link->away_since_us >= link->outage_us)
            return false;
        link_pause(pause_us < MOST_PAUSE_US ? pause_us : MOST_PAUSE_US);
    }
    return true;
}
