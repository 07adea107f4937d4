/*
 * What the process has, for handlers: made once in cli/serve.c, never changed after (snapshots
 * inside are swapped whole).
 */
#ifndef LINLI_APP_H
#define LINLI_APP_H

#include <stdatomic.h>

#include "base/ids.h"
#include "ledger/teller.h"
#include "people/keyring.h"
#include "people/programme.h"

struct revocations_cache;
struct code_sender; /* people/code_sender.h */
struct sms_options;
struct sign_in_options; /* people/sign_in.h */
struct query_pool;
struct heads; /* long-polls: api/heads.h */
struct tally;
struct reward_merchants;
struct award_policy; /* service/award_policy.h */
struct step_desk;    /* market/step_desk.h */
struct plugins;      /* plugin/plugins.h */
struct registry;     /* plugin/registry.h */

struct app {
    uint32_t instance_id; /* of this start: base/ids.h */
    const struct programme_options *programme;
    struct id_maker *ids;
    struct keyring *keyring;
    struct teller *teller;
    struct revocations_cache *revocations;
    const struct code_sender *code_sender; /* NULL: members cannot sign in by phone */
    const struct sms_options *sms;
    const struct sign_in_options *sign_in;
    struct query_pool *queries;
    struct heads *heads;
    struct tally *wrong_codes; /* voucher and check-in codes guessed wrong */
    struct reward_merchants *reward_merchants;
    const struct award_policy *award_policy;
    const struct step_desk *merchant_desk;
    struct plugins *plugins;
    const struct registry *registry;
    bool demo; /* demo sign-ins and the log sender are allowed */
    _Atomic bool draining;
};

#endif
