#include "api/guesses.h"

#include <string.h>

#include "api/app.h"
#include "base/tally.h"

#define KEYS 3

static void guess_keys(const struct call *call, uint64_t keys[KEYS])
{
    const char *address = http_request_client(call->request);

    keys[0] = call->who.account_id;
    keys[1] = call->who.scope_id == 0 ? call->who.account_id : call->who.scope_id;
    keys[2] = tally_key((struct text){address, strlen(address)});
}

bool guesses_too_many(const struct call *call)
{
    uint64_t keys[KEYS];

    guess_keys(call, keys);
    for (int i = 0; i < KEYS; i++)
        if (tally_is_full(call->app->wrong_codes, keys[i], call->now_us))
            return true;
    return false;
}

void guesses_count_wrong(const struct call *call)
{
    uint64_t keys[KEYS];

    guess_keys(call, keys);
    for (int i = 0; i < KEYS; i++)
        if (i != 1 || keys[1] != keys[0])
            tally_add(call->app->wrong_codes, keys[i], call->now_us);
}
