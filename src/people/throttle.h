/*
 * Rate limits that hold over all servers of one database, as rows of `sign_in_attempts`.
 *
 * A bucket lets `burst` attempts through at once and then one more every `every_us` (GCRA: one
 * number a bucket, the time at which it is empty again). Buckets are named by keyed hashes, so
 * that no phone, login or address is stored.
 */
#ifndef LINLI_THROTTLE_H
#define LINLI_THROTTLE_H

#include "people/keyring.h"
#include "people/people.h"

#define BUCKET_SIZE 16

struct throttle {
    uint8_t bucket[BUCKET_SIZE];
    int64_t burst;
    int64_t every_us;
};

/* `what` keeps buckets of different meaning apart; `b` may be {0}. */
void throttle_name(const struct keyring *keyring, const char *what, struct text a, struct text b,
                   uint8_t out[BUCKET_SIZE]);

/*
 * One attempt of each, or of none: *wait_us is 0 when it may go on, else how long until it may.
 * Charged before the attempt, so that parallel guesses cannot all see "not yet". Always list the
 * throttles in the same order: rows are locked in it.
 */
bool throttle_take(struct db *db, const struct throttle *throttles, size_t count, int64_t now_us,
                   int64_t *wait_us, struct error *error) MUST_CHECK;
/* Gives one attempt back: it was no guess. */
bool throttle_return(struct db *db, const struct throttle *throttle,
                     struct error *error) MUST_CHECK;

/* A bucket as a mark that stands until a time: whom we have seen to be right of late. */
bool throttle_mark(struct db *db, const uint8_t bucket[BUCKET_SIZE], int64_t until_us,
                   struct error *error) MUST_CHECK;
bool throttle_is_marked(struct db *db, const uint8_t bucket[BUCKET_SIZE], int64_t now_us,
                        bool *marked, struct error *error) MUST_CHECK;
/* Forgets a bucket. */
bool throttle_clear(struct db *db, const uint8_t bucket[BUCKET_SIZE],
                    struct error *error) MUST_CHECK;

/* What attempts of one place have in common: the /24 of an IPv4 address, the /64 of an IPv6 one;
 * anything else as it is. */
#define NETWORK_SIZE 48
void network_of(const char *address, char out[NETWORK_SIZE]);

#endif
