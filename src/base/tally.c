#include "base/tally.h"

#include <pthread.h>
#include <stdlib.h>

#define SLOTS 16384 /* 192 KiB */

struct slot {
    uint32_t count;
    int64_t window;
};

struct tally {
    pthread_mutex_t lock;
    int64_t window_us;
    struct slot slots[SLOTS];
};

struct tally *tally_new(int64_t window_us)
{
    struct tally *tally = memory_new(sizeof *tally);

    pthread_mutex_init(&tally->lock, NULL);
    tally->window_us = window_us;
    return tally;
}

void tally_free(struct tally *tally)
{
    if (tally == NULL)
        return;
    pthread_mutex_destroy(&tally->lock);
    free(tally);
}

/* FNV-1a, 64 bits. */
uint64_t tally_key(struct text text)
{
    uint64_t key = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < text.length; i++)
        key = (key ^ (uint8_t)text.data[i]) * UINT64_C(0x100000001b3);
    return key;
}

/* The key's slot with what it still counts at that time. */
static struct slot *slot_now(struct tally *tally, uint64_t key, int64_t now_us)
{
    struct slot *slot = &tally->slots[(key * UINT64_C(0x9e3779b97f4a7c15)) >> 50];
    int64_t window = now_us / tally->window_us;
    int64_t passed = window - slot->window;

    if (passed > 0)
        slot->count = passed < 32 ? slot->count >> passed : 0;
    slot->window = window;
    return slot;
}

void tally_add(struct tally *tally, uint64_t key, int64_t now_us)
{
    struct slot *slot;

    pthread_mutex_lock(&tally->lock);
    slot = slot_now(tally, key, now_us);
    if (slot->count < UINT32_MAX)
        slot->count++;
    pthread_mutex_unlock(&tally->lock);
}

uint32_t tally_count(struct tally *tally, uint64_t key, int64_t now_us)
{
    uint32_t count;

    pthread_mutex_lock(&tally->lock);
    count = slot_now(tally, key, now_us)->count;
    pthread_mutex_unlock(&tally->lock);
    return count;
}
