#include "jobs/crowd.h"

#include <pthread.h>
#include <stdlib.h>

struct crowd {
    struct teller *teller;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    size_t in_hand;
    size_t failed;
};

/* The teller's thread. The crowd is not freed before we gave the lock back: crowd_wait needs it. */
static void done(struct command *command)
{
    struct crowd *crowd = command->context;

    pthread_mutex_lock(&crowd->lock);
    crowd->in_hand--;
    crowd->failed += command->failure != NULL;
    pthread_cond_signal(&crowd->changed);
    pthread_mutex_unlock(&crowd->lock);
}

struct crowd *crowd_new(struct teller *teller)
{
    struct crowd *crowd = memory_new(sizeof *crowd);

    crowd->teller = teller;
    pthread_mutex_init(&crowd->lock, NULL);
    pthread_cond_init(&crowd->changed, NULL);
    return crowd;
}

static void add_in_hand(struct crowd *crowd, int change)
{
    pthread_mutex_lock(&crowd->lock);
    crowd->in_hand += (size_t)change;
    pthread_mutex_unlock(&crowd->lock);
}

bool crowd_submit(struct crowd *crowd, struct command *command)
{
    command->low_priority = true;
    command->context = crowd;
    command->done = done;
    add_in_hand(crowd, 1);
    if (teller_submit(crowd->teller, command) == SUBMIT_QUEUED)
        return true;
    add_in_hand(crowd, -1);
    return false;
}

size_t crowd_wait(struct crowd *crowd)
{
    size_t failed;

    pthread_mutex_lock(&crowd->lock);
    while (crowd->in_hand > 0)
        pthread_cond_wait(&crowd->changed, &crowd->lock);
    failed = crowd->failed;
    pthread_mutex_unlock(&crowd->lock);
    pthread_cond_destroy(&crowd->changed);
    pthread_mutex_destroy(&crowd->lock);
    free(crowd);
    return failed;
}
