/*
 * The teller. `serve` is its summary; what each step does stands in the file of its name:
 * batch_load, batch_apply, batch_write, batch_find. What comes before, gather and judge, is the
 * usher's.
 */
#include "ledger/teller.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "ledger/link.h"
#include "ledger/teller_metrics.h"
#include "ledger/usher.h"

/* Runs of one batch before its commands are told to come again. */
#define TRIES_MOST        4
#define CONFLICT_PAUSE_US (8 * 1000)
#define LOOK_AGAIN_US     SECOND_US
#define SENT_BACK_MOST    8
#define STUCK_AFTER_US    MINUTE_US

struct teller {
    struct queue *queue;
    struct in_flight *in_flight;
    struct usher *usher;
    pthread_t thread;
    _Atomic uint8_t lane_number; /* of `lane`, for other threads */
    _Atomic bool fit;            /* when last looked: a durable database, and a lane in it */
    _Atomic int64_t turned_us;   /* monotonic: when the thread last was between two batches */

    /* The thread's own: */
    struct link link;
    struct lane lane;
    struct batch *single;     /* one command of a batch that is run command by command */
    struct queue_item *again; /* of the batch at hand, to be judged anew: the last first */
    const struct signer *signer;
    uint32_t key_id;
};

/* --- Answers --------------------------------------------------------------------------------- */

static void fail_batch(struct teller *teller, struct batch *batch, const char *failure,
                       const struct error *error)
{
    LOG(ERROR, "teller.failed", LOG_INT("commands", batch->count), LOG_STR("failure", failure),
        LOG_STR("kind", batch->entries[0].command->kind->name), LOG_STR("code", error->code),
        LOG_STR("detail", error->detail));
    teller_count(TELLER_FAILED, batch->count);
    for (size_t i = 0; i < batch->count; i++)
        in_flight_fail(teller->in_flight, batch->entries[i].command, failure);
}

static void answer_command(struct teller *teller, const struct entry *entry)
{
    struct command *command = entry->command;

    command->outcome = entry->outcome;
    command->replayed = entry->ending == ENDING_REPLAYED;
    if (command->replayed)
        teller_count(TELLER_REPLAYED, 1);
    else
        teller_count(entry->outcome.refusal == ACCEPTED ? TELLER_ACCEPTED : TELLER_REFUSED, 1);
    in_flight_finish(teller->in_flight, command);
}

/* Its wallet moved after the judge had looked: to be judged again, but not for ever. */
static void send_back(struct teller *teller, struct command *command)
{
    if (++command->sent_back > SENT_BACK_MOST) {
        teller_count(TELLER_FAILED, 1);
        in_flight_fail(teller->in_flight, command, "busy");
        return;
    }
    teller_count(TELLER_SENT_BACK, 1);
    command->item.next = teller->again;
    teller->again = &command->item;
}

/* The batch is durable. */
static void answer_batch(struct teller *teller, struct batch *batch)
{
    if (batch->has_block) {
        lane_advance(&teller->lane, &batch->block, batch->block_hash);
        teller_count(TELLER_TRANSFERS, batch->block.transfers);
    }
    teller_count(TELLER_BATCHES, 1);
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->entries[i].ending == ENDING_STALE)
            send_back(teller, batch->entries[i].command);
        else
            answer_command(teller, &batch->entries[i]);
    }
}

/* --- One batch ------------------------------------------------------------------------------- */

static bool claim_lane(struct teller *teller, struct error *error)
{
    bool claimed = lane_claim(&teller->lane, teller->link.db, error);

    atomic_store(&teller->lane_number, teller->lane.number);
    if (claimed)
        teller_count(TELLER_LANES, 1);
    return claimed;
}

static bool is_ready(struct teller *teller, struct error *error)
{
    bool ready =
        link_wait(&teller->link, error) && (teller->lane.number != 0 || claim_lane(teller, error));

    atomic_store(&teller->fit, ready);
    return ready;
}

static enum step run_batch(struct teller *teller, struct batch *batch, struct error *error)
{
    struct db *db = teller->link.db;

    /* Its former holder's clock may have been ahead of ours. */
    if (batch->now_us < teller->lane.time_us)
        batch->now_us = teller->lane.time_us;
    enum step step = batch_load(batch, db, &teller->lane, error);

    if (step == STEP_LANE_TAKEN) {
        error_set(error, "ledger.lane_taken", "lane %d is another server's", teller->lane.number);
        teller->lane.number = 0; /* is_ready claims one */
    }
    if (step != STEP_DONE)
        return step;
    if (!link_is_fit(&teller->link)) {
        error_set(error, "ledger.new_session", "load reconnected: is this server fit?");
        db_rollback(db);
        return STEP_LOST;
    }
    batch_apply(batch, &teller->lane, teller->signer);
    return batch_write(batch, db, &teller->lane, teller->key_id, error);
}

enum fate { FATE_COMMITTED, FATE_NOT_COMMITTED, FATE_HIDDEN };

/*
 * The answer to a COMMIT was lost. Nobody is told anything before it is known whether it happened,
 * however long the database is away; meanwhile those who wait behind are sent off. Only a process
 * that stops gives up (FATE_HIDDEN).
 */
static enum fate find_fate(struct teller *teller, const struct batch *batch)
{
    struct error error;
    bool found;

    if (!batch->has_block)
        return FATE_NOT_COMMITTED; /* or only answers were kept: a second run finds them */
    while (!link_wait(&teller->link, &error) ||
           !batch_find_block(batch, teller->link.db, &teller->lane, &found, &error)) {
        LOG(WARN, "teller.fate_unknown", LOG_INT("lane", batch->block.lane),
            LOG_INT("height", batch->block.height), LOG_STR("code", error.code),
            LOG_STR("detail", error.detail));
        usher_dismiss(teller->usher, "busy");
        if (queue_is_closed(teller->queue))
            return FATE_HIDDEN;
        link_pause(LOOK_AGAIN_US);
    }
    LOG(WARN, "teller.fate_known", LOG_INT("lane", batch->block.lane),
        LOG_INT("height", batch->block.height), LOG_INT("committed", found));
    teller_count(found ? TELLER_UNKNOWN_FOUND : TELLER_UNKNOWN_MISSING, 1);
    return found ? FATE_COMMITTED : FATE_NOT_COMMITTED;
}

static void retry_soon(const struct batch *batch, enum step step, int tries,
                       const struct error *error)
{
    teller_count(TELLER_RETRIES, 1);
    LOG(INFO, "teller.again", LOG_INT("commands", batch->count), LOG_STR("code", error->code),
        LOG_STR("detail", error->detail));
    if (step == STEP_CONFLICT)
        link_pause(CONFLICT_PAUSE_US << tries);
}

static void serve_singly(struct teller *teller, struct batch *batch, const struct error *error);

/* What is certain after one run and, when the answer to its COMMIT was lost, after looking. */
static enum step settle_batch(struct teller *teller, struct batch *batch, struct error *error)
{
    enum step step = run_batch(teller, batch, error);

    if (step != STEP_UNKNOWN)
        return step;
    switch (find_fate(teller, batch)) {
    case FATE_COMMITTED: return STEP_DONE;
    case FATE_NOT_COMMITTED: return STEP_LOST;
    case FATE_HIDDEN: break;
    }
    return STEP_UNKNOWN;
}

/* Runs the batch until it is done, and answers every command of it. */
static void serve(struct teller *teller, struct batch *batch)
{
    struct error error;
    enum step step = STEP_LOST;

    for (int tries = 0; tries < TRIES_MOST && is_ready(teller, &error); tries++) {
        step = settle_batch(teller, batch, &error);
        if (step == STEP_DONE || step == STEP_BROKEN || step == STEP_UNKNOWN)
            break;
        retry_soon(batch, step, tries, &error); /* nothing was written */
    }
    switch (step) {
    case STEP_DONE: answer_batch(teller, batch); break;
    case STEP_BROKEN:
    case STEP_DUPLICATE: serve_singly(teller, batch, &error); break;
    case STEP_UNKNOWN: fail_batch(teller, batch, "unknown", &error); break;
    case STEP_CONFLICT:
    case STEP_LANE_TAKEN:
    case STEP_LOST: fail_batch(teller, batch, "busy", &error); break;
    }
}

/* Nobody foresaw what went wrong: command by command, so that only the culprit pays. */
static void serve_singly(struct teller *teller, struct batch *batch, const struct error *error)
{
    struct batch *single = teller->single;
    struct key_set keys = {0};

    if (batch->count == 1) {
        fail_batch(teller, batch, "broken", error);
        return;
    }
    LOG(ERROR, "teller.split", LOG_INT("commands", batch->count), LOG_STR("code", error->code),
        LOG_STR("detail", error->detail));
    teller_count(TELLER_SPLIT, 1);
    for (size_t i = 0; i < batch->count; i++) {
        const struct entry *judged = &batch->entries[i];
        key_set_clear(&keys);
        judged->command->kind->keys(judged->command, &keys);
        batch_start(single, batch->now_us);
        *batch_add(single, judged->command, &keys) = *judged;
        serve(teller, single);
    }
    key_set_free(&keys);
}

/* --- The thread ------------------------------------------------------------------------------ */

/* The batch's size is learnt from the database's work alone: judges are asked a batch in one
 * message, so that smaller batches would only make them be asked more often. */
static void serve_next(struct teller *teller, struct batch *batch)
{
    int64_t began_us = clock_monotonic_us();

    teller->again = NULL;
    serve(teller, batch);
    batch->again = teller->again;
    batch->took_us = clock_monotonic_us() - began_us;
    metric_observe_us(&teller_metrics[TELLER_BATCH_TIME], batch->took_us);
    LOG(DEBUG, "teller.batch", LOG_INT("commands", batch->count), LOG_INT("us", batch->took_us));
}

/* Nothing to do: the lease is kept up. Failure shows when there is something to do. */
static void rest(struct teller *teller)
{
    struct error error;

    metric_set(&teller_metrics[TELLER_BACKLOG], 0);
    bool fit = link_connect(&teller->link, &error);
    if (fit && teller->lane.number == 0)
        (void)!claim_lane(teller, &error);
    else if (fit)
        fit = lane_renew(&teller->lane, teller->link.db, &error) && link_is_fit(&teller->link);
    atomic_store(&teller->fit, fit && teller->lane.number != 0);
}

static void *run(void *context)
{
    struct teller *teller = context;
    struct batch *batch = NULL;

    for (;;) {
        atomic_store(&teller->turned_us, clock_monotonic_us());
        switch (usher_exchange(teller->usher, &batch, LANE_RENEW_US)) {
        case ARRIVAL_SOME: serve_next(teller, batch); break;
        case ARRIVAL_NONE: rest(teller); break;
        case ARRIVAL_END: return NULL;
        }
    }
}

static void teller_free(struct teller *teller)
{
    batch_free(teller->single);
    queue_free(teller->queue);
    in_flight_free(teller->in_flight);
    db_free(teller->link.db);
    free(teller);
}

struct teller *teller_start(const struct teller_options *options, const struct db_options *db,
                            uint32_t instance_id, const struct signer *signer, uint32_t key_id,
                            const struct judge *judge, struct error *error)
{
    struct teller *teller = memory_new(sizeof(*teller));

    teller->queue = queue_new((size_t)options->queue);
    teller->in_flight = in_flight_new((size_t)options->queue);
    teller->link = (struct link){.db = db_new(db), .outage_us = options->outage_us};
    teller->lane.instance_id = instance_id;
    teller->single = batch_new();
    teller->signer = signer;
    teller->key_id = key_id;
    teller->single->judge = judge;
    if (!link_connect(&teller->link, error) || !claim_lane(teller, error)) {
        teller_free(teller);
        return NULL;
    }
    atomic_store(&teller->fit, true);
    atomic_store(&teller->turned_us, clock_monotonic_us());
    teller->usher = usher_start(options, db, judge, teller->queue, teller->in_flight);
    ASSERT(pthread_create(&teller->thread, NULL, run, teller) == 0);
    return teller;
}

void teller_stop(struct teller *teller)
{
    if (!teller)
        return;
    queue_close(teller->queue);
    pthread_join(teller->thread, NULL);
    usher_stop(teller->usher);
    if (db_is_connected(teller->link.db))
        lane_give_back(&teller->lane, teller->link.db);
    teller_free(teller);
}

/* --- The door: any thread -------------------------------------------------------------------- */

enum submit teller_submit(struct teller *teller, struct command *command)
{
    enum submit answer = in_flight_enter(teller->in_flight, command);

    command->outcome = (struct outcome){0};
    command->failure = NULL;
    command->replayed = false;
    command->sent_back = 0;
    command->judged = (struct judgement){0};
    if (answer == SUBMIT_QUEUED && !queue_push(teller->queue, &command->item)) {
        in_flight_leave(teller->in_flight, command); /* the teller is stopping */
        answer = SUBMIT_FULL;
    }
    if (answer == SUBMIT_FULL)
        teller_count(TELLER_SHED, 1);
    if (answer == SUBMIT_IN_FLIGHT)
        teller_count(TELLER_IN_FLIGHT, 1);
    return answer;
}

size_t teller_backlog(const struct teller *teller)
{
    return in_flight_count(teller->in_flight);
}

enum teller_health teller_health(const struct teller *teller)
{
    int64_t stuck_us = clock_monotonic_us() - STUCK_AFTER_US;

    if (atomic_load(&teller->turned_us) < stuck_us || usher_turned_us(teller->usher) < stuck_us)
        return TELLER_STUCK;
    return atomic_load(&teller->fit) ? TELLER_SERVES : TELLER_AWAY;
}

uint8_t teller_lane(const struct teller *teller)
{
    return atomic_load(&teller->lane_number);
}
