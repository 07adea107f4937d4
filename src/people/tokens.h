/*
 * Tokens that carry what they say: the access token of each request, and the short one between a
 * phone code and a member's registration. Pure: no I/O, no database, any thread. Refresh tokens,
 * which are rows, are in sessions.h.
 *
 * An access token is base64url of fixed binary, big-endian:
 *   version 1 | key id 4 | account 8 | role 1 | scope 8 | person 8 | epoch 4 | expires_us 8 | HMAC
 * 32
 */
#ifndef LINLI_TOKENS_H
#define LINLI_TOKENS_H

#include "people/keyring.h"
#include "people/phone.h"
#include "people/who.h"

#define ACCESS_TOKEN_LIFETIME_US       (15 * MINUTE_US)
#define REGISTRATION_TOKEN_LIFETIME_US (10 * MINUTE_US)
#define ACCESS_TOKEN_LENGTH            99 /* characters */
#define REGISTRATION_TOKEN_LENGTH      94

void access_token_write(const struct keyring *keyring, const struct who *who, int64_t expires_us,
                        char out[ACCESS_TOKEN_LENGTH + 1]);

enum token_verdict {
    TOKEN_GOOD,
    TOKEN_EXPIRED, /* it was ours and good: the caller should refresh */
    TOKEN_FORGED,  /* or damaged, or made with a key that is not in the ring */
};
/* About a microsecond. `who` is filled only when TOKEN_GOOD. Whether its epoch was revoked is for
 * revocations.h. */
enum token_verdict access_token_read(const struct keyring *keyring, struct text token,
                                     int64_t now_us, struct who *who) MUST_CHECK;

/* Says "whoever holds this has shown to own that phone". The phone inside is encrypted. */
void registration_token_write(const struct keyring *keyring, const struct phone *phone,
                              int64_t expires_us, char out[REGISTRATION_TOKEN_LENGTH + 1]);
enum token_verdict registration_token_read(const struct keyring *keyring, struct text token,
                                           int64_t now_us, struct phone *phone) MUST_CHECK;

#endif
