/*
 * Ids of everything but transfers: 53 bits, so that JavaScript keeps them exact.
 *
 *   20 bits instance | 33 bits counter
 *
 * Each start of a server takes an instance number that no other ever had (from the store), so
 * that ids are unique over all servers of one database without asking it.
 */
#ifndef LINLI_IDS_H
#define LINLI_IDS_H

#include <stdatomic.h>

#include "base/base.h"

#define ID_INSTANCE_BITS 20
#define ID_COUNTER_BITS  33
#define ID_INSTANCE_MOST ((UINT32_C(1) << ID_INSTANCE_BITS) - 1)
#define ID_MOST          ((UINT64_C(1) << (ID_INSTANCE_BITS + ID_COUNTER_BITS)) - 1)

struct id_maker {
    uint64_t instance;
    _Atomic uint64_t counter;
};

/* `instance` is 1 .. ID_INSTANCE_MOST (asserted). Before the threads that use it. */
void id_maker_start(struct id_maker *maker, uint32_t instance);
/* A new id, ascending, never 0. Any thread. Asserts that 2^33 were not used up. */
uint64_t id_next(struct id_maker *maker);

#endif
