/*
 * A crew: plugins that share a host, and the warm spare that stands in when theirs dies. Built-in
 * plugins are one crew; every uploaded plugin is a crew of its own, so that none can forge
 * another's answers.
 *
 * A crew is made once and does not change: who wants another file, or other settings, makes another
 * crew. It is held by every generation that runs it, so a change of the set leaves the hosts of
 * what it does not touch alone.
 *
 * Spares are made by the spawner, one thread that lives as long as whoever started it: a process
 * asks to be killed when the thread that made it ends.
 */
#ifndef LINLI_CREW_H
#define LINLI_CREW_H

#include <stdatomic.h>

#include "base/crypto.h"
#include "plugin/host.h"

struct spawner;

/* What makes a plugin's host this plugin's: beside its guest in the plan. */
struct crew_member {
    uint64_t version_id;
    uint8_t sha256[HASH_SIZE]; /* of the file that was checked */
    const char *settings;      /* JSON */
    struct pseudonyms pseudonyms;
    const char *why; /* it is left out; NULL: it is up */
};

struct crew {
    _Atomic int holders;
    struct arena *arena; /* of the members' and the plan's texts */
    bool built_in;
    struct host_plan plan;
    struct crew_member members[WIRE_PLUGINS_MOST]; /* in the order of the plan's guests */
    struct spawner *spawner; /* NULL: the crew has no spares, hosts are made when asked for */
    /* Under the spawner's lock: */
    struct host *spare;
    enum { SPARE_NONE, SPARE_WANTED, SPARE_COMING, SPARE_THERE, SPARE_FAILED } state;
    struct crew *next_wanted;
};

struct spawner *spawner_start(void);
/* Every crew is gone by now. */
void spawner_stop(struct spawner *spawner);
/* Ends a host that is not needed any more, on the spawner's thread. */
void spawner_retire(struct spawner *spawner, struct host *host);

/* Of nobody yet: its members and guests are added by whoever recruits them. */
struct crew *crew_new(struct spawner *spawner);
struct crew *crew_hold(struct crew *crew);
/* With the last holder ends its spare, which may still be coming: not on a thread that must not
 * wait. */
void crew_release(struct crew *crew);

/* Whether hosts of the one do for the other: the same files with the same settings, limits and
 * pseudonyms, in the same order. */
bool crew_is_same(const struct crew *crew, const struct crew *other);
/* Whether some member is not left out; whether none is. */
bool crew_has_members(const struct crew *crew);
bool crew_is_whole(const struct crew *crew);

/* Brings up the first host of each, all at the same time, to see who of them comes up: it is the
 * crew's first spare. Who does not is left out, and `why` says why. */
void crews_bring_up(struct crew *const crews[], size_t count, int64_t start_us);

/* A host of the crew's, which comes up by itself. */
struct host *crew_spawn(const struct crew *crew, struct error *error) MUST_CHECK;
/* The crew's first spare: a host that is up. */
void crew_give_spare(struct crew *crew, struct host *host);
/* A host that is alive, perhaps still coming up: the spare, or the next one. NULL: none could be
 * made, or not in time. */
struct host *crew_take(struct crew *crew, int64_t deadline_us);

#endif
