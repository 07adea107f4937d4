/*
 * Asking hosts: questions of many plugins, each host's in one message, all hosts at the same time.
 * Whatever plugins do, it ends in about the deadline: a host that dies or overruns costs the
 * question that it was at, and a spare one is asked the rest; after three faults in a batch a
 * plugin is not asked again in it.
 */
#ifndef LINLI_ASKING_H
#define LINLI_ASKING_H

#include "plugin/crew.h"

/* Where a crew's host sits at a desk. NULL: the next question takes a spare. */
struct seat {
    struct crew *crew;
    struct host *host;
};

/* Where a plugin's questions go. */
struct place {
    struct seat *seat; /* NULL: it did not come up */
    uint32_t guest;    /* of the crew */
};

struct asking_terms {
    int64_t deadline_us; /* of a message */
    int64_t start_us;    /* of a host that still comes up */
    int64_t recycle;     /* answers */
    int64_t memory;      /* bytes beyond which a host is replaced */
    /* Of each fault but those of hosts that are not there; on the asking thread. */
    void (*note)(void *context, const struct plugin_call *call, const char *why);
    void *context;
};

/* places[i] is of calls[i]. Answers live in `arena`. One thread a seat. */
void seats_ask(struct seat *seats, size_t seat_count, const struct asking_terms *terms,
               struct plugin_call *calls, const struct place *places, size_t count,
               struct arena *arena);

#endif
