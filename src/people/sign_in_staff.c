#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "people/accounts.h"
#include "people/sign_in.h"
#include "people/sign_in_internal.h"

#define FAILURE_EVERY_US         (30 * SECOND_US)
#define NETWORK_FAILURE_EVERY_US (10 * SECOND_US)
#define LOGIN_FAILURE_EVERY_US   (5 * SECOND_US)

/* Of no password: checked where there is no such login, so that the answer takes as long. The same
 * costs as crypto.h's. */
static const char nobody[] =
    "$argon2id$v=19$m=65536,t=2,p=1$FQ40U591Wz579E+kc4L4Sg$Ld1CL6A+Aqbsd5G8IPtBIlKJ9yr+2iL22X/"
    "qkXActHU";

/* --- a password costs 64 MiB and a core for a while: they are checked a few at a time --- */

static _Atomic int64_t checking;

/* One more for somebody who signed in from there before: strangers cannot take all the places. */
static bool check_begins(const struct sign_in_options *options, bool trusted)
{
    int64_t most = options->passwords_at_once;

    if (most == 0)
        most = sysconf(_SC_NPROCESSORS_ONLN) < 2 ? 2 : sysconf(_SC_NPROCESSORS_ONLN);
    if (atomic_fetch_add(&checking, 1) < most + trusted)
        return true;
    atomic_fetch_sub(&checking, 1);
    return false;
}

static void check_ends(void)
{
    atomic_fetch_sub(&checking, 1);
}

/* --- the attempt --- */

struct credentials {
    uint64_t account_id; /* 0: no such login */
    char hash[PASSWORD_HASH_SIZE];
};

static bool find_credentials(struct db *db, const char *login, struct credentials *out,
                             struct error *error)
{
    struct rows *rows = db_query(
        db, "SELECT account_id, password_hash FROM accounts WHERE login = ?", DB_STR(login));

    *out = (struct credentials){0};
    snprintf(out->hash, sizeof(out->hash), "%s", nobody);
    if (rows_next(rows)) {
        out->account_id = rows_id(rows, 0);
        snprintf(out->hash, sizeof(out->hash), "%.*s", TEXT_ARGS(rows_text(rows, 1)));
    }
    return rows_end(rows, error);
}

enum { PAIR, NETWORK, LOGIN, THROTTLES };

/* In the order in which rows are locked. The last is not asked of a network that is trusted. */
static void list_throttles(const struct sign_in *sign_in, const struct attempt *attempt,
                           struct text login, struct throttle out[THROTTLES])
{
    const struct sign_in_options *options = sign_in->options;
    struct text network = text_of(attempt->network);

    out[PAIR] = sign_in_throttle(sign_in, "login-network", login, network, options->failures,
                                 FAILURE_EVERY_US);
    out[NETWORK] = sign_in_throttle(sign_in, "network", network, (struct text){0},
                                    options->failures_per_network, NETWORK_FAILURE_EVERY_US);
    out[LOGIN] = sign_in_throttle(sign_in, "login", login, (struct text){0},
                                  options->failures_per_login, LOGIN_FAILURE_EVERY_US);
}

/* The password was right, so that nothing of this was a guess. */
static bool forget_failures(const struct sign_in *sign_in, struct db *db,
                            const struct attempt *attempt,
                            const struct throttle throttles[THROTTLES], struct error *error)
{
    return throttle_clear(db, throttles[PAIR].bucket, error) &&
           throttle_return(db, &throttles[NETWORK], error) &&
           (attempt->trusted || throttle_return(db, &throttles[LOGIN], error)) &&
           attempt_trust(sign_in, db, attempt, error);
}

/* No password was looked at: nothing was guessed. */
static bool return_all(struct db *db, const struct throttle *throttles, size_t count,
                       struct error *error)
{
    for (size_t i = 0; i < count; i++)
        if (!throttle_return(db, &throttles[i], error))
            return false;
    return true;
}

/* `out->answer` is DONE when it is right, with the account in `credentials`. */
static void check_password(const struct sign_in *sign_in, struct db *db,
                           const struct attempt *attempt, const char *login, struct text password,
                           struct credentials *credentials, struct signed_in *out)
{
    out->answer = SIGN_IN_BROKEN;
    if (!find_credentials(db, login, credentials, &out->error))
        return;
    out->answer = SIGN_IN_BUSY;
    if (!check_begins(sign_in->options, attempt->trusted))
        return;
    bool right = password_matches(credentials->hash, password) && credentials->account_id != 0;
    check_ends();
    out->answer = right ? SIGN_IN_DONE : SIGN_IN_WRONG;
}

/* Throttled first: whoever guesses too much does not get as far as a place to be checked at. */
static void try_password(const struct sign_in *sign_in, struct db *db, const char *login,
                         struct text password, struct signed_in *out)
{
    struct attempt attempt;
    struct throttle throttles[THROTTLES];
    struct credentials credentials;

    if (!attempt_begin(sign_in, db, text_of(login), &attempt, &out->error))
        return;
    size_t asked = attempt.trusted ? LOGIN : THROTTLES;
    list_throttles(sign_in, &attempt, text_of(login), throttles);
    if (!sign_in_may_try(sign_in, db, throttles, asked, out))
        return;
    check_password(sign_in, db, &attempt, login, password, &credentials, out);
    if (out->answer == SIGN_IN_BUSY && !return_all(db, throttles, asked, &out->error))
        out->answer = SIGN_IN_BROKEN;
    if (out->answer != SIGN_IN_DONE)
        return;
    out->answer = SIGN_IN_BROKEN;
    if (forget_failures(sign_in, db, &attempt, throttles, &out->error))
        sign_in_open(sign_in, db, credentials.account_id, out);
}

void sign_in_staff(const struct sign_in *sign_in, struct db *db, struct text login,
                   struct text password, struct signed_in *out)
{
    char canonical[LOGIN_SIZE];

    *out = (struct signed_in){.answer = SIGN_IN_WRONG};
    if (!login_parse(login, canonical))
        return; /* nobody can be called so */
    out->answer = SIGN_IN_BROKEN;
    try_password(sign_in, db, canonical, password, out);
}
