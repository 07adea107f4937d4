#include "ledger/in_flight.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash_map.h"

struct in_flight {
    pthread_mutex_t lock;
    size_t most, count;
    struct hash_map keys;
    uint64_t salt; /* callers choose their keys: they shall not choose the slots of the map */
};

struct in_flight *in_flight_new(size_t most)
{
    struct in_flight *in_flight = memory_new(sizeof(*in_flight));

    ASSERT(pthread_mutex_init(&in_flight->lock, NULL) == 0);
    in_flight->most = most;
    crypto_random(&in_flight->salt, sizeof(in_flight->salt));
    return in_flight;
}

void in_flight_free(struct in_flight *in_flight)
{
    if (!in_flight)
        return;
    ASSERT(in_flight->count == 0);
    hash_map_free(&in_flight->keys);
    pthread_mutex_destroy(&in_flight->lock);
    free(in_flight);
}

/* 64 of the key's 128 bits: who makes two that collide is told to wait for himself. */
static uint64_t map_key(const struct in_flight *in_flight, const struct command *command)
{
    uint64_t key;

    memcpy(&key, command->request_key, sizeof(key));
    return key ^ in_flight->salt;
}

enum submit in_flight_enter(struct in_flight *in_flight, const struct command *command)
{
    enum submit answer = SUBMIT_QUEUED;
    bool is_new = true;

    pthread_mutex_lock(&in_flight->lock);
    if (in_flight->count >= in_flight->most)
        answer = SUBMIT_FULL;
    else if (command->has_key)
        hash_map_insert(&in_flight->keys, map_key(in_flight, command), &is_new);
    if (!is_new)
        answer = SUBMIT_IN_FLIGHT;
    if (answer == SUBMIT_QUEUED)
        in_flight->count++;
    pthread_mutex_unlock(&in_flight->lock);
    return answer;
}

void in_flight_leave(struct in_flight *in_flight, const struct command *command)
{
    pthread_mutex_lock(&in_flight->lock);
    ASSERT(in_flight->count > 0);
    in_flight->count--;
    if (command->has_key)
        ASSERT(hash_map_remove(&in_flight->keys, map_key(in_flight, command)));
    pthread_mutex_unlock(&in_flight->lock);
}

size_t in_flight_count(struct in_flight *in_flight)
{
    pthread_mutex_lock(&in_flight->lock);
    size_t count = in_flight->count;
    pthread_mutex_unlock(&in_flight->lock);
    return count;
}

void in_flight_finish(struct in_flight *in_flight, struct command *command)
{
    in_flight_leave(in_flight, command);
    command->done(command);
}

void in_flight_fail(struct in_flight *in_flight, struct command *command, const char *failure)
{
    command->failure = failure;
    in_flight_finish(in_flight, command);
}
