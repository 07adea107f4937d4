#include "people/sign_in.h"

#include "people/sign_in_internal.h"

#define TRUSTED_US (30 * DAY_US)

const struct config_entry sign_in_config[] = {
    {.name = "sign_in.failures",
     .type = CONFIG_INT,
     .offset = offsetof(struct sign_in_options, failures),
     .initial = "5",
     .min = 1,
     .max = 1000,
     .reloadable = true,
     .help = "wrong passwords or codes for one person from one network (/24, /64) at once; then "
             "one more every 30 s"},
    {.name = "sign_in.failures_per_network",
     .type = CONFIG_INT,
     .offset = offsetof(struct sign_in_options, failures_per_network),
     .initial = "60",
     .min = 1,
     .max = 100000,
     .reloadable = true,
     .help = "wrong passwords from one network at once; then one more every 10 s"},
    {.name = "sign_in.failures_per_login",
     .type = CONFIG_INT,
     .offset = offsetof(struct sign_in_options, failures_per_login),
     .initial = "100",
     .min = 1,
     .max = 100000,
     .reloadable = true,
     .help = "wrong passwords for one login from networks where it never signed in, at once; then "
             "one more every 5 s"},
    {.name = "sign_in.passwords_at_once",
     .type = CONFIG_INT,
     .offset = offsetof(struct sign_in_options, passwords_at_once),
     .initial = "0",
     .min = 0,
     .max = 1024,
     .help = "passwords that one process checks at the same time (64 MiB and 50 ms each); 0: one "
             "per core, two at least"},
    {.name = "sign_in.code_pause",
     .type = CONFIG_DURATION,
     .offset = offsetof(struct sign_in_options, code_pause_us),
     .initial = "60s",
     .min = 0,
     .max = HOUR_US,
     .reloadable = true,
     .help = "pause between two codes to one phone"},
    {.name = "sign_in.codes_per_phone",
     .type = CONFIG_INT,
     .offset = offsetof(struct sign_in_options, codes_per_phone),
     .initial = "10",
     .min = 1,
     .max = 100000,
     .reloadable = true,
     .help = "codes to one phone in a day"},
    {.name = "sign_in.codes_per_network",
     .type = CONFIG_INT,
     .offset = offsetof(struct sign_in_options, codes_per_network),
     .initial = "600",
     .min = 1,
     .max = 1000000,
     .reloadable = true,
     .help = "codes asked for from one network in an hour; carriers put many phones behind one"},
    {0},
};

bool attempt_begin(const struct sign_in *sign_in, struct db *db, struct text person,
                   struct attempt *attempt, struct error *error)
{
    network_of(sign_in->client, attempt->network);
    throttle_name(sign_in->keyring, "trusted", person, text_of(attempt->network), attempt->mark);
    return throttle_is_marked(db, attempt->mark, sign_in->now_us, &attempt->trusted, error);
}

bool attempt_trust(const struct sign_in *sign_in, struct db *db, const struct attempt *attempt,
                   struct error *error)
{
    return throttle_mark(db, attempt->mark, sign_in->now_us + TRUSTED_US, error);
}

struct throttle sign_in_throttle(const struct sign_in *sign_in, const char *what, struct text a,
                                 struct text b, int64_t burst, int64_t every_us)
{
    struct throttle throttle = {.burst = burst, .every_us = every_us};

    throttle_name(sign_in->keyring, what, a, b, throttle.bucket);
    return throttle;
}

bool sign_in_may_try(const struct sign_in *sign_in, struct db *db, const struct throttle *throttles,
                     size_t count, struct signed_in *out)
{
    if (!throttle_take(db, throttles, count, sign_in->now_us, &out->wait_us, &out->error))
        out->answer = SIGN_IN_BROKEN;
    else if (out->wait_us > 0)
        out->answer = SIGN_IN_TOO_MANY;
    else
        return true;
    return false;
}

/* A suspended account answers as a wrong password does: only its owner could tell. */
void sign_in_open(const struct sign_in *sign_in, struct db *db, uint64_t account_id,
                  struct signed_in *out)
{
    switch (session_open(db, sign_in->keyring, account_id, sign_in->now_us, &out->session,
                         &out->error)) {
    case PEOPLE_DONE: out->answer = SIGN_IN_DONE; break;
    case PEOPLE_NOT_FOUND: out->answer = SIGN_IN_WRONG; break;
    default: out->answer = SIGN_IN_BROKEN; break;
    }
}
