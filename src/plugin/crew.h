/*
 * A crew: plugins that share a host, and the warm spare that stands in when theirs dies. Built-in
 * plugins are one crew; every uploaded plugin is a crew of its own, so that none can forge
 * another's answers.
 *
 * Spares are made by the spawner, one thread that lives as long as whoever started it: a process
 * asks to be killed when the thread that made it ends.
 */
#ifndef LINLI_CREW_H
#define LINLI_CREW_H

#include "plugin/host.h"

struct spawner;

struct crew {
    struct host_plan plan;
    const struct plugin *members[WIRE_PLUGINS_MOST]; /* in the order of the plan's guests */
    struct pseudonyms pseudonyms[WIRE_PLUGINS_MOST];
    const char *why[WIRE_PLUGINS_MOST]; /* of a guest that is left out */
    struct spawner *spawner; /* NULL: the crew has no spares, hosts are made when asked for */
    /* Under the spawner's lock: */
    struct host *spare;
    enum { SPARE_NONE, SPARE_WANTED, SPARE_COMING, SPARE_THERE, SPARE_FAILED } state;
    struct crew *next_wanted;
};

struct spawner *spawner_start(void);
/* Every crew is closed by now. */
void spawner_stop(struct spawner *spawner);
/* Ends a host that is not needed any more, on the spawner's thread. */
void spawner_retire(struct spawner *spawner, struct host *host);

/* The crew's first spare: a host that is up. */
void crew_give_spare(struct crew *crew, struct host *host);
/* A host that is alive, perhaps still coming up: the spare, or the next one. NULL: none could be
 * made, or not in time. */
struct host *crew_take(struct crew *crew, int64_t deadline_us);
/* No more spares; ends the one that is there. */
void crew_close(struct crew *crew);

#endif
