#include "people/throttle.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"

void throttle_name(const struct keyring *keyring, const char *what, struct text a, struct text b,
                   uint8_t out[BUCKET_SIZE])
{
    struct buffer name = {0};
    uint8_t mac[HASH_SIZE];

    buffer_printf(&name, "throttle:%s:%zu:", what, a.length); /* the length: no two pairs alike */
    buffer_add(&name, a.data, a.length);
    buffer_add(&name, b.data, b.length);
    crypto_mac(keyring_current(keyring, KEY_INDEX)->secret, name.data, name.length, mac);
    memcpy(out, mac, BUCKET_SIZE);
    buffer_free(&name);
}

struct taking {
    const struct throttle *throttles;
    size_t count;
    int64_t now_us;
    int64_t wait_us;
};

/* Locks the bucket's row, made when there is none, and reads it. */
static bool lock_bucket(struct db *db, const uint8_t bucket[BUCKET_SIZE], int64_t *full_us,
                        struct error *error)
{
    if (db_run(db, error,
               "INSERT INTO sign_in_attempts (bucket, full_us) VALUES (?, 0)"
               " ON DUPLICATE KEY UPDATE full_us = full_us",
               DB_BYTES(bucket, BUCKET_SIZE)) < 0)
        return false;
    struct rows *rows =
        db_query(db, "SELECT full_us FROM sign_in_attempts WHERE bucket = ? FOR UPDATE",
                 DB_BYTES(bucket, BUCKET_SIZE));
    *full_us = rows_next(rows) ? rows_int(rows, 0) : 0;
    return rows_end(rows, error);
}

/* False with taking->wait_us set when the bucket is full: the caller rolls the others back. */
static bool take_one(struct db *db, const struct throttle *throttle, struct taking *taking,
                     struct error *error)
{
    int64_t full_us;

    if (!lock_bucket(db, throttle->bucket, &full_us, error))
        return false;
    if (full_us < taking->now_us)
        full_us = taking->now_us;
    if (full_us > taking->now_us + throttle->burst * throttle->every_us + HOUR_US)
        full_us = taking->now_us; /* filled by a clock that was ahead */
    int64_t over_us = full_us - taking->now_us - (throttle->burst - 1) * throttle->every_us;
    if (over_us > 0) {
        taking->wait_us = over_us;
        return error_set(error, "people.throttled", "too many attempts");
    }
    return db_run(db, error, "UPDATE sign_in_attempts SET full_us = ? WHERE bucket = ?",
                  DB_INT(full_us + throttle->every_us),
                  DB_BYTES(throttle->bucket, BUCKET_SIZE)) >= 0;
}

static bool take_all(struct db *db, void *context, struct error *error)
{
    struct taking *taking = context;

    taking->wait_us = 0;
    for (size_t i = 0; i < taking->count; i++)
        if (!take_one(db, &taking->throttles[i], taking, error))
            return false;
    return true;
}

bool throttle_take(struct db *db, const struct throttle *throttles, size_t count, int64_t now_us,
                   int64_t *wait_us, struct error *error)
{
    struct taking taking = {.throttles = throttles, .count = count, .now_us = now_us};
    bool taken = db_transaction(db, take_all, &taking, error);

    *wait_us = taking.wait_us;
    return taken || taking.wait_us > 0;
}

bool throttle_return(struct db *db, const struct throttle *throttle, struct error *error)
{
    return db_run(db, error, "UPDATE sign_in_attempts SET full_us = full_us - ? WHERE bucket = ?",
                  DB_INT(throttle->every_us), DB_BYTES(throttle->bucket, BUCKET_SIZE)) >= 0;
}

bool throttle_mark(struct db *db, const uint8_t bucket[BUCKET_SIZE], int64_t until_us,
                   struct error *error)
{
    return db_run(db, error,
                  "INSERT INTO sign_in_attempts (bucket, full_us) VALUES (?, ?)"
                  " ON DUPLICATE KEY UPDATE full_us = VALUES(full_us)",
                  DB_BYTES(bucket, BUCKET_SIZE), DB_INT(until_us)) >= 0;
}

bool throttle_is_marked(struct db *db, const uint8_t bucket[BUCKET_SIZE], int64_t now_us,
                        bool *marked, struct error *error)
{
    struct rows *rows = db_query(db, "SELECT full_us FROM sign_in_attempts WHERE bucket = ?",
                                 DB_BYTES(bucket, BUCKET_SIZE));

    *marked = rows_next(rows) && rows_int(rows, 0) > now_us;
    return rows_end(rows, error);
}

bool throttle_clear(struct db *db, const uint8_t bucket[BUCKET_SIZE], struct error *error)
{
    return db_run(db, error, "DELETE FROM sign_in_attempts WHERE bucket = ?",
                  DB_BYTES(bucket, BUCKET_SIZE)) >= 0;
}

void network_of(const char *address, char out[NETWORK_SIZE])
{
    struct in6_addr v6;
    struct in_addr v4;
    char text[INET6_ADDRSTRLEN];

    if (inet_pton(AF_INET, address, &v4) == 1) {
        v4.s_addr &= htonl(0xffffff00);
        snprintf(out, NETWORK_SIZE, "%s/24", inet_ntop(AF_INET, &v4, text, sizeof(text)));
    } else if (inet_pton(AF_INET6, address, &v6) == 1 && IN6_IS_ADDR_V4MAPPED(&v6)) {
        snprintf(out, NETWORK_SIZE, "%u.%u.%u.0/24", v6.s6_addr[12], v6.s6_addr[13],
                 v6.s6_addr[14]);
    } else if (inet_pton(AF_INET6, address, &v6) == 1) {
        memset(v6.s6_addr + 8, 0, 8);
        snprintf(out, NETWORK_SIZE, "%s/64", inet_ntop(AF_INET6, &v6, text, sizeof(text)));
    } else {
        snprintf(out, NETWORK_SIZE, "%s", address);
    }
}
