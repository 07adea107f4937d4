/*
 * Sessions: an access token for 15 minutes and a refresh token for 30 days. Refresh tokens are
 * random and stored hashed; each use replaces it; one that comes a second time was stolen (or its
 * successor was), so that the whole family ends and the person signs in again.
 */
#ifndef LINLI_SESSIONS_H
#define LINLI_SESSIONS_H

#include "people/people.h"
#include "people/tokens.h"
#include "people/who.h"

#define REFRESH_TOKEN_LIFETIME_US (30 * DAY_US)
#define REFRESH_TOKEN_LENGTH      43 /* base64url of 32 random bytes */

struct session {
    struct who who;
    char access[ACCESS_TOKEN_LENGTH + 1];
    int64_t access_expires_us;
    char refresh[REFRESH_TOKEN_LENGTH + 1];
    int64_t refresh_expires_us;
};

/* For an account that has just proved who it is. PEOPLE_DONE, NOT_FOUND (no such account, or
 * suspended), BROKEN. */
enum people_answer session_open(struct db *db, const struct keyring *keyring, uint64_t account_id,
                                int64_t now_us, struct session *session,
                                struct error *error) MUST_CHECK;

/* The next session of the family. PEOPLE_DONE, NOT_FOUND (unknown, expired, used before, revoked or
 * suspended: sign in again), BROKEN. */
enum people_answer session_refresh(struct db *db, const struct keyring *keyring,
                                   struct text refresh, int64_t now_us, struct session *session,
                                   struct error *error) MUST_CHECK;

/* Ends the family of a refresh token of that account; another's or an unknown one is ignored. The
 * access token lives on for its minutes: account_revoke ends that too, on every device. */
bool session_close(struct db *db, uint64_t account_id, struct text refresh,
                   struct error *error) MUST_CHECK;

/* Ends every session of everybody, in minutes: refresh tokens at once, access tokens when they run
 * out. After a restore: it brought back what was signed out or stolen since the backup. */
bool sessions_end_all(struct db *db, struct error *error) MUST_CHECK;

#endif
