/*
 * Commands on their way to the teller and back. The command lives in the request's arena: the
 * request cannot end before `done`, since only our answer ends it.
 */
#include "api/api_metrics.h"
#include "api/app.h"
#include "api/trip.h"

#include <string.h>

#include "base/crypto.h"

static bool is_abandoned(const struct command *command)
{
    const struct trip *trip = command->context;

    return http_request_is_gone(trip->call.request);
}

static enum answered answer_failure(struct call *call, const char *failure)
{
    if (strcmp(failure, "broken") == 0)
        return reply_problem(call, PROBLEM_INTERNAL);
    return reply_problem(call, PROBLEM_BUSY);
}

static enum answered answer(struct trip *trip)
{
    struct call *call = &trip->call;
    const struct command *command = trip->command;

    trip->place = TRIP_ON_LOOP;
    if (command->failure)
        return answer_failure(call, command->failure);
    if (command->outcome.refusal != ACCEPTED)
        return reply_refusal(call, &command->outcome);
    return trip->render(call, &command->outcome);
}

/* Loop thread. */
static void answer_posted(struct loop_item *item)
{
    answer(CONTAINER_OF(item, struct trip, posted));
}

/* The teller's thread. */
static void done(struct command *command)
{
    struct trip *trip = command->context;

    trip->posted.run = answer_posted;
    loop_post(http_request_loop(trip->call.request), &trip->posted);
}

void *call_command(struct call *call, size_t size, const struct command_kind *kind)
{
    struct trip *trip = trip_of(call);
    struct command *command = arena_take(call->arena, size);

    ASSERT(size >= sizeof *command);
    command->kind = kind;
    command->actor = call->who.account_id;
    command->actor_epoch = call->who.epoch;
    command->has_key = trip->has_key;
    memcpy(command->request_key, trip->request_key, sizeof command->request_key);
    memcpy(command->fingerprint, trip->fingerprint, sizeof command->fingerprint);
    command->context = trip;
    command->is_abandoned = is_abandoned;
    command->done = done;
    return command;
}

/* What moves points can be asked for again without moving them twice. */
static struct teller *teller_of(const struct call *call)
{
    ASSERT(call->route->idempotent);
    return call->app->teller;
}

enum answered call_submit(struct call *call, struct command *command, call_render *render)
{
    struct trip *trip = trip_of(call);
    enum trip_place place = trip->place;

    ASSERT(command->context == trip);
    trip->command = command;
    trip->render = render;
    trip->place = TRIP_AT_TELLER;
    switch (teller_submit(teller_of(call), command)) {
    case SUBMIT_QUEUED: break;
    case SUBMIT_FULL:
        trip->place = place;
        api_count(API_SHED, 1);
        return reply_problem(call, PROBLEM_BUSY);
    case SUBMIT_IN_FLIGHT: trip->place = place; return reply_problem(call, PROBLEM_KEY_IN_FLIGHT);
    }
    return ANSWERED;
}

/* --- requests of many commands --- */

struct teller *call_teller(struct call *call)
{
    return teller_of(call);
}

bool call_points_can_move(const struct call *call)
{
    return teller_health(call->app->teller) == TELLER_SERVES;
}

void call_take_part(struct command *command, uint64_t part)
{
    uint8_t hash[HASH_SIZE];

    crypto_sha256_parts(0, command->request_key, sizeof command->request_key, &part, sizeof part,
                        hash);
    memcpy(command->request_key, hash, sizeof command->request_key);
    command->is_abandoned = NULL;
}

static bool refuse_note(struct call *call, const struct command *note, const struct error *error)
{
    if (strcmp(error->code, "ledger.in_flight") == 0)
        reply_problem(call, PROBLEM_KEY_IN_FLIGHT);
    else
        answer_failure(call, note->failure ? note->failure : "busy");
    return false;
}

bool call_keep(struct call *call, uint64_t part, struct outcome *outcome)
{
    struct note *note = call_command(call, sizeof *note, &command_note);
    struct command *command = &note->command;
    struct error error;

    note->kept = *outcome;
    if (part != 0)
        call_take_part(command, part);
    command->is_abandoned = NULL; /* its context is the waiting's */
    if (!teller_run(teller_of(call), command, &error))
        return refuse_note(call, command, &error);
    if (command->outcome.refusal != ACCEPTED) {
        reply_refusal(call, &command->outcome);
        return false;
    }
    trip_of(call)->command = command; /* says whether it is a replay */
    *outcome = command->outcome;
    return true;
}
