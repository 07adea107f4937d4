#include "api/guesses.h"

#include <string.h>

#include "api/app.h"
#include "base/tally.h"

/* Who guesses, from the narrowest to the widest, and how often each may be wrong. */
struct guesser {
    uint64_t key; /* 0: there is no such */
    uint32_t most;
};

static void guessers_of(const struct call *call, struct guesser guessers[3])
{
    const char *address = http_request_client(call->request);

    guessers[0] = (struct guesser){call->who.account_id, GUESSES_OF_ACCOUNT};
    guessers[1] = (struct guesser){call->who.scope_id, GUESSES_OF_SCOPE};
    guessers[2] =
        (struct guesser){tally_key((struct text){address, strlen(address)}), GUESSES_OF_ADDRESS};
}

bool guesses_too_many(const struct call *call)
{
    struct guesser guessers[3];

    guessers_of(call, guessers);
    for (size_t i = 0; i < ARRAY_LENGTH(guessers); i++)
        if (guessers[i].key != 0 &&
            tally_count(call->app->wrong_codes, guessers[i].key, call->now_us) >= guessers[i].most)
            return true;
    return false;
}

void guesses_count_wrong(const struct call *call)
{
    struct guesser guessers[3];

    guessers_of(call, guessers);
    for (size_t i = 0; i < ARRAY_LENGTH(guessers); i++)
        if (guessers[i].key != 0)
            tally_add(call->app->wrong_codes, guessers[i].key, call->now_us);
}
