/*
 * Dispatch: brings what the outbox says to merchants, and their answers to the book. One thread
 * leases operations from the table, asks plugins what to do and decides what follows
 * (outbox/plan.h); another makes the calls (outbox/caller.h). Any number of servers may do so at
 * once, and die at any moment: what they had in hand is leased again.
 *
 * Fair: every merchant has its own bound of operations in hand, and one that does not answer is
 * left alone for a while, so none delays the others.
 *
 * What operations mean is known to the rooms above, which give four functions.
 */
#ifndef LINLI_OUTBOX_DISPATCH_H
#define LINLI_OUTBOX_DISPATCH_H

#include <linli/plugin.h>

#include "outbox/caller.h"
#include "outbox/operations.h"
#include "outbox/plan.h"

/* One operation in hand. */
struct errand {
    struct queue_item item;
    struct arena *arena; /* of everything below; freed with the errand */
    struct lease lease;
    bool query;              /* what the plugin is asked in this attempt */
    struct outgoing call;    /* the one under way, or the last */
    int calls;               /* made in this attempt */
    bool was_sent;           /* one of them may have reached the merchant */
    int64_t now_us;          /* the database's, when it was leased */
    void *question;          /* of the room above, made by load */
    struct linli_step step;  /* the plugin's answer; texts live in the arena */
    const char *fault;       /* why there is none: a literal, or in the arena; NULL: there is */
    enum plan_report report; /* what the book is told */
    bool is_reported;        /* ended by dispatch_reported */
    void *dispatch;
};

struct dispatch_hooks {
    void *context;
    /* Reads what the plugin is to be asked about; an errand without a question has a fault. */
    bool (*load)(void *context, struct db *db, struct errand *errand, struct error *error);
    /* Asks the plugins, all at once: fills step, or fault. call.status says what came back. */
    void (*ask)(void *context, struct errand *const *errands, size_t count);
    /* The credential that step.http names, into call.credential. False: there is none for this
     * merchant. */
    bool (*sign)(void *context, struct db *db, struct errand *errand);
    /* Hands `report` to the book; the errand comes back by dispatch_reported, from any thread.
     * False: not now; it is tried again after the lease. */
    bool (*report)(void *context, struct db *db, struct errand *errand);
    /* The book has it: tells people. May fail in silence: the book is what counts. */
    void (*reported)(void *context, struct db *db, struct errand *errand);
};

struct dispatch;

struct dispatch_tools {
    const struct outbox_options *options;
    const struct db_options *db;
    uint32_t server; /* of this start: who holds a lease */
    struct dispatch_hooks hooks;
};

struct dispatch *dispatch_start(const struct dispatch_tools *tools);
/* Leases nothing more, ends what is in hand. The teller runs still. NULL is allowed. */
void dispatch_stop(struct dispatch *dispatch);
void dispatch_reported(struct errand *errand);

extern struct metric dispatch_metrics[];
extern const size_t dispatch_metrics_count;

#endif
