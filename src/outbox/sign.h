/*
 * Credentials as they are used: the server signs a call for the plugin that asked for it, and the
 * plugin never sees the secret. Pure.
 *
 * hmac-sha256 adds two headers:
 *
 *   Linli-Timestamp: 1763856000            seconds since 1970
 *   Linli-Signature: 5f1c…                 lower-case hex of HMAC-SHA256(secret, the text below)
 *
 *   1763856000 LF POST LF /vouchers?x=1 LF body
 *
 * with the path and query exactly as they are sent. Whoever receives it compares in constant time
 * and refuses a timestamp that is more than five minutes off.
 */
#ifndef LINLI_SIGN_H
#define LINLI_SIGN_H

#include "base/buffer.h"

/* Stored: do not renumber. */
enum credential_kind { CREDENTIAL_BEARER = 1, CREDENTIAL_BASIC, CREDENTIAL_HMAC_SHA256 };
#define CREDENTIAL_KINDS "bearer|basic|hmac-sha256" /* in the order of the numbers, from 1 */
const char *credential_kind_name(enum credential_kind kind);

struct credential {
    enum credential_kind kind;
    const char *hosts;  /* where it may be sent: addresses.h */
    struct text secret; /* basic: "user:password" */
};

struct call_to_sign {
    const char *method, *path; /* with the query */
    struct text body;
    int64_t time_s;
};
/* Appends header lines, each ended by a zero byte; the caller wipes them. */
void sign_call(const struct credential *credential, const struct call_to_sign *call,
               struct buffer *headers);

#endif
