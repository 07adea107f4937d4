/*
 * Replay: an audit rule asked about the past, to see whom it would have flagged or denied before it
 * is switched on. In a throw-away host, with the facts as of then (plugin/facts.h); nothing is
 * written. What is asked about are the events that happened: records that were reviewed and paid,
 * redemptions, confirmations that stand. In the room that sees records and redemptions both.
 */
#ifndef LINLI_REPLAY_H
#define LINLI_REPLAY_H

#include <jansson.h>

#include "plugin/registry.h"

struct replay_hit {
    const struct plugin_call *call; /* its event, its answer or its fault */
    const struct linli_event *event;
};

/* Where a replay stands: at events of a kind, after an id. {0}: at the beginning. */
struct replay_place {
    size_t kind;
    uint64_t after;
};

struct replay {
    const struct registry *registry;
    const struct plugin_row *plugin; /* whose version in force is asked, in whatever mode */
    const json_t *settings;          /* NULL: those in force */
    int64_t from_us, until_us;
    int utc_offset_minutes;
    struct replay_place from; /* where an earlier part had stopped */
    size_t slices;            /* after so many slices it stops; 0: at the end */
    /* Calls come by kind, each kind by id, and live until `hit` returns. May be NULL: */
    void (*hit)(void *context, const struct replay_hit *hit);
    void (*progress)(void *context, uint64_t done);
    void *context;
};

struct replay_sum {
    uint64_t asked, flagged, denied, faulted;
    bool ended; /* false: it goes on at `next` */
    struct replay_place next;
};

/* Reads 500 events at a time; a host is started for each slice. */
bool replay_run(const struct replay *replay, struct db *db, struct replay_sum *sum,
                struct error *error) MUST_CHECK;

#endif
