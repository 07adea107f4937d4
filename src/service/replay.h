/*
 * Replay: an audit rule asked about the past, to see whom it would have flagged or denied before it
 * is switched on. In a throw-away host, with the facts as of then (plugin/facts.h); nothing is
 * written. What is asked about are the events that happened, as far as the books tell them
 * (service/past.h). In the room that sees records and redemptions both.
 */
#ifndef LINLI_REPLAY_H
#define LINLI_REPLAY_H

#include <jansson.h>

#include "plugin/registry.h"
#include "service/past.h"

struct replay_hit {
    const struct plugin_call *call;  /* its answer or its fault */
    const struct linli_event *event; /* with the server's own numbers */
};

struct replay {
    const struct registry *registry;
    const struct plugin_row *plugin; /* whose version in force is asked, in whatever mode */
    const json_t *settings; /* NULL: those in force; a secret may be left as `true`: as in force */
    int64_t from_us, until_us;
    int utc_offset_minutes;
    struct past_place from; /* where an earlier part had stopped */
    size_t most;            /* events, after which it stops; 0: at the end */
    /* Hits come in the order of service/past.h, and live until `hit` returns. May be NULL: */
    void (*hit)(void *context, const struct replay_hit *hit);
    void (*progress)(void *context, uint64_t done, uint64_t total);
    void *context;
};

struct replay_sum {
    uint64_t asked, flagged, denied, faulted;
    bool ended; /* false: it goes on at `next` */
    struct past_place next;
};

/* One host is started, which is asked 2,000 questions at a time. */
bool replay_run(const struct replay *replay, struct db *db, struct replay_sum *sum,
                struct error *error) MUST_CHECK;

#endif
