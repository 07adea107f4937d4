/*
 * What the ways to sign in have in common.
 */
#ifndef LINLI_SIGN_IN_INTERNAL_H
#define LINLI_SIGN_IN_INTERNAL_H

#include "people/sign_in.h"
#include "people/throttle.h"

/* Where an attempt comes from, and whether the person was right from there of late. */
struct attempt {
    char network[NETWORK_SIZE];
    uint8_t mark[BUCKET_SIZE];
    bool trusted;
};
/* `person` is a login or a phone. */
bool attempt_begin(const struct sign_in *sign_in, struct db *db, struct text person,
                   struct attempt *attempt, struct error *error) MUST_CHECK;
/* They were right: their network is trusted for 30 days. */
bool attempt_trust(const struct sign_in *sign_in, struct db *db, const struct attempt *attempt,
                   struct error *error) MUST_CHECK;

struct throttle sign_in_throttle(const struct sign_in *sign_in, const char *what, struct text a,
                                 struct text b, int64_t burst, int64_t every_us);
/* False when the attempt ends here: `out` says why. */
bool sign_in_may_try(const struct sign_in *sign_in, struct db *db, const struct throttle *throttles,
                     size_t count, struct signed_in *out);
/* Fills `out` with the account's new session. */
void sign_in_open(const struct sign_in *sign_in, struct db *db, uint64_t account_id,
                  struct signed_in *out);

static inline struct text text_of(const char *string)
{
    return (struct text){string, __builtin_strlen(string)};
}

#endif
