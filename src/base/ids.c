#include "base/ids.h"

void id_maker_start(struct id_maker *maker, uint32_t instance)
{
    ASSERT(instance >= 1 && instance <= ID_INSTANCE_MOST);
    maker->instance = instance;
    atomic_store(&maker->counter, 0);
}

uint64_t id_next(struct id_maker *maker)
{
    uint64_t counter = atomic_fetch_add_explicit(&maker->counter, 1, memory_order_relaxed);

    ASSERT(maker->instance != 0 && counter >> ID_COUNTER_BITS == 0);
    return maker->instance << ID_COUNTER_BITS | counter;
}
