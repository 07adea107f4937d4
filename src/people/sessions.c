#include "people/sessions.h"

#include <sodium.h>
#include <string.h>

#include "base/log.h"
#include "people/accounts.h"

#define SECRET_SIZE 32
#define FAMILY_SIZE 16

/* Random, so a plain hash is enough: there is nothing to guess. */
static bool hash_refresh(struct text refresh, uint8_t out[HASH_SIZE])
{
    uint8_t secret[SECRET_SIZE];
    size_t length;

    if (refresh.length != REFRESH_TOKEN_LENGTH ||
        !base64url_decode(refresh, secret, sizeof(secret), &length) || length != SECRET_SIZE)
        return false;
    crypto_sha256(secret, sizeof(secret), out);
    crypto_wipe(secret, sizeof(secret));
    return true;
}

static bool insert_refresh(struct db *db, const uint8_t family[FAMILY_SIZE],
                           struct session *session, struct error *error)
{
    uint8_t secret[SECRET_SIZE], hash[HASH_SIZE];

    crypto_random(secret, sizeof(secret));
    crypto_sha256(secret, sizeof(secret), hash);
    sodium_bin2base64(session->refresh, sizeof(session->refresh), secret, sizeof(secret),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    crypto_wipe(secret, sizeof(secret));
    return db_run(db, error,
                  "INSERT INTO refresh_tokens"
                  " (token_hash, family, account_id, epoch, used, expires_us)"
                  " VALUES (?, ?, ?, ?, 0, ?)",
                  DB_BYTES(hash, sizeof(hash)), DB_BYTES(family, FAMILY_SIZE),
                  DB_ID(session->who.account_id), DB_INT(session->who.epoch),
                  DB_INT(session->refresh_expires_us)) == 1;
}

/* Both tokens for session->who. */
static bool fill_session(struct db *db, const struct keyring *keyring,
                         const uint8_t family[FAMILY_SIZE], int64_t now_us, struct session *session,
                         struct error *error)
{
    session->access_expires_us = now_us + ACCESS_TOKEN_LIFETIME_US;
    session->refresh_expires_us = now_us + REFRESH_TOKEN_LIFETIME_US;
    access_token_write(keyring, &session->who, session->access_expires_us, session->access);
    return insert_refresh(db, family, session, error);
}

/* Who the account is now; account_id 0 when it may not sign in. */
static bool read_who(struct db *db, uint64_t account_id, struct who *who, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT account_id, role, scope_id, person_id, epoch FROM accounts"
                                 " WHERE account_id = ? AND state = ?",
                                 DB_ID(account_id), DB_INT(ACCOUNT_IS_ACTIVE));

    *who = (struct who){0};
    if (rows_next(rows))
        *who = (struct who){.account_id = rows_id(rows, 0),
                            .role = (enum role)rows_int(rows, 1),
                            .scope_id = rows_id(rows, 2),
                            .person_id = rows_id(rows, 3),
                            .epoch = (uint32_t)rows_int(rows, 4)};
    return rows_end(rows, error);
}

enum people_answer session_open(struct db *db, const struct keyring *keyring, uint64_t account_id,
                                int64_t now_us, struct session *session, struct error *error)
{
    uint8_t family[FAMILY_SIZE];

    crypto_random(family, sizeof(family));
    if (!read_who(db, account_id, &session->who, error))
        return PEOPLE_BROKEN;
    if (session->who.account_id == 0)
        return PEOPLE_NOT_FOUND;
    if (!fill_session(db, keyring, family, now_us, session, error))
        return PEOPLE_BROKEN;
    return PEOPLE_DONE;
}

struct refreshing {
    const struct keyring *keyring;
    uint8_t hash[HASH_SIZE];
    int64_t now_us;
    struct session *session;
    enum people_answer answer;
};

struct refresh_row {
    bool found, used;
    uint8_t family[FAMILY_SIZE];
    uint64_t account_id;
    uint32_t epoch;
    int64_t expires_us;
};

static bool lock_refresh(struct db *db, const uint8_t hash[HASH_SIZE], struct refresh_row *row,
                         struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT family, account_id, epoch, used, expires_us"
                                 " FROM refresh_tokens WHERE token_hash = ? FOR UPDATE",
                                 DB_BYTES(hash, HASH_SIZE));

    *row = (struct refresh_row){.found = rows_next(rows)};
    if (row->found) {
        rows_bytes(rows, 0, row->family, FAMILY_SIZE);
        row->account_id = rows_id(rows, 1);
        row->epoch = (uint32_t)rows_int(rows, 2);
        row->used = rows_int(rows, 3) != 0;
        row->expires_us = rows_int(rows, 4);
    }
    return rows_end(rows, error);
}

static bool end_family(struct db *db, const struct refresh_row *row, struct error *error)
{
    LOG(WARN, "sessions.reused", LOG_INT("account", row->account_id));
    return db_run(db, error, "DELETE FROM refresh_tokens WHERE family = ?",
                  DB_BYTES(row->family, FAMILY_SIZE)) >= 0;
}

static bool rotate_refresh(struct db *db, void *context, struct error *error)
{
    struct refreshing *refreshing = context;
    struct session *session = refreshing->session;
    struct refresh_row row;

    refreshing->answer = PEOPLE_NOT_FOUND;
    if (!lock_refresh(db, refreshing->hash, &row, error))
        return false;
    if (!row.found || row.expires_us <= refreshing->now_us)
        return true;
    if (row.used)
        return end_family(db, &row, error);
    if (!read_who(db, row.account_id, &session->who, error))
        return false;
    if (session->who.account_id == 0 || session->who.epoch != row.epoch)
        return true;
    refreshing->answer = PEOPLE_DONE;
    return db_run(db, error, "UPDATE refresh_tokens SET used = 1 WHERE token_hash = ?",
                  DB_BYTES(refreshing->hash, HASH_SIZE)) == 1 &&
           fill_session(db, refreshing->keyring, row.family, refreshing->now_us, session, error);
}

enum people_answer session_refresh(struct db *db, const struct keyring *keyring,
                                   struct text refresh, int64_t now_us, struct session *session,
                                   struct error *error)
{
    struct refreshing refreshing = {.keyring = keyring, .now_us = now_us, .session = session};

    if (!hash_refresh(refresh, refreshing.hash))
        return PEOPLE_NOT_FOUND;
    if (!db_transaction(db, rotate_refresh, &refreshing, error))
        return PEOPLE_BROKEN;
    return refreshing.answer;
}

bool session_close(struct db *db, uint64_t account_id, struct text refresh, struct error *error)
{
    uint8_t hash[HASH_SIZE], family[FAMILY_SIZE];

    if (!hash_refresh(refresh, hash))
        return true;
    struct rows *rows =
        db_query(db, "SELECT family FROM refresh_tokens WHERE token_hash = ? AND account_id = ?",
                 DB_BYTES(hash, sizeof(hash)), DB_ID(account_id));
    bool found = rows_next(rows);
    if (found)
        rows_bytes(rows, 0, family, FAMILY_SIZE);
    if (!rows_end(rows, error))
        return false;
    return !found || db_run(db, error, "DELETE FROM refresh_tokens WHERE family = ?",
                            DB_BYTES(family, FAMILY_SIZE)) >= 0;
}

bool sessions_end_all(struct db *db, struct error *error)
{
    return db_run(db, error, "DELETE FROM refresh_tokens") >= 0;
}
