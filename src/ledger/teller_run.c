/*
 * A command from a thread that has nothing else to do: submitted and waited for.
 */
#include <pthread.h>

#include "ledger/teller.h"

struct errand {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool is_done;
};

/* Signals under the lock: the waiter's errand is gone as soon as it is let go. */
static void end_errand(struct command *command)
{
    struct errand *errand = command->context;

    pthread_mutex_lock(&errand->lock);
    errand->is_done = true;
    pthread_cond_signal(&errand->ended);
    pthread_mutex_unlock(&errand->lock);
}

static void wait_for(struct errand *errand)
{
    pthread_mutex_lock(&errand->lock);
    while (!errand->is_done)
        pthread_cond_wait(&errand->ended, &errand->lock);
    pthread_mutex_unlock(&errand->lock);
}

bool teller_run(struct teller *teller, struct command *command, struct error *error)
{
    struct errand errand = {.lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};

    command->done = end_errand;
    command->context = &errand;
    enum submit answer = teller_submit(teller, command);
    if (answer == SUBMIT_QUEUED)
        wait_for(&errand);
    command->context = NULL;
    if (answer == SUBMIT_FULL)
        return error_set(error, "ledger.full", "the teller's queue is full");
    if (answer == SUBMIT_IN_FLIGHT)
        return error_set(error, "ledger.in_flight", "a command with the same key is under way");
    if (command->failure)
        return error_set(error, "ledger.failed", "%s: %s", command->kind->name, command->failure);
    return true;
}
