/*
 * The outbox's table: what is to be said to merchants. One row an operation. Who leases a row, by
 * the database's clock, has it until the lease ends; what they report afterwards with an older
 * attempt's number is ignored. The room above says what operations mean (market/operation.h).
 */
#ifndef LINLI_OPERATIONS_H
#define LINLI_OPERATIONS_H

#include "base/arena.h"
#include "base/base.h"
#include "store/db.h"

/* Stored, and the bits of redemptions.calls: do not renumber. */
enum operation_kind {
    OPERATION_RESERVE = 1, /* a voucher, please: points are held meanwhile */
    OPERATION_CONFIRM,     /* told: it was used here */
    OPERATION_CANCEL,      /* may it go back? */
    OPERATION_REFUND,      /* told: it goes back after it was used */
    OPERATION_SETTLE,      /* told: it stands on a statement */
    OPERATION_UNDO = 7,    /* told: the confirmation was a slip */
    OPERATION_LAPSE,       /* it was not used in time: may it go back? */
};
/* Whether the redemption waits for the answer: then minutes decide, else a day. */
static inline bool operation_is_waited_for(enum operation_kind kind)
{
    return kind == OPERATION_RESERVE || kind == OPERATION_CANCEL || kind == OPERATION_LAPSE;
}
const char *operation_kind_name(enum operation_kind kind); /* "reserve" */

/* Stored: do not renumber. The first and the last are open. */
enum operation_state {
    OPERATION_WAITING = 1, /* to be said, or being said */
    OPERATION_DONE,
    OPERATION_DECLINED,
    OPERATION_DECIDED, /* by a person */
    OPERATION_DEAD,    /* given up: in a person's queue */
};
const char *operation_state_name(enum operation_state state); /* "waiting" */

/* What somebody who leased an operation knows of it. */
struct lease {
    uint64_t operation_id, redemption_id, merchant_id, integration_id;
    enum operation_kind kind;
    int32_t attempt;
    int64_t created_us, deadline_us;
    bool querying; /* an answer is missing */
    bool sent;     /* before this attempt the merchant may have seen it */
    const char *plugin;
    struct text plugin_state;
};

/* Times below are the database's, which all servers share. */
bool operations_now(struct db *db, int64_t *now_us, struct error *error) MUST_CHECK;

/* Integrations with something to do, at most `most`. `may_call`: how many calls its merchant's
 * breaker lets through now (1: it tries whether the merchant is back; 0: it is left alone). */
struct due {
    uint64_t integration_id;
    int may_call;
};
bool operations_due(struct db *db, int64_t now_us, struct due *due, size_t most, size_t *count,
                    struct error *error) MUST_CHECK;
/* Those of one integration, the longest due first. Not leased yet. `without_call`: only those whose
 * time is over without having been sent: nobody waits for a merchant that is left alone. */
struct due_query {
    uint64_t integration_id;
    int64_t now_us, decide_us, tell_us; /* the latter two as in struct plan_rules */
    bool without_call;
    size_t most;
};
bool operations_of(struct db *db, const struct due_query *query, struct arena *arena,
                   struct lease **leases, size_t *count, struct error *error) MUST_CHECK;
/* Takes it for `for_us`: `taken` says whether nobody else was faster. `will_send`: from now on the
 * merchant may have seen it, whatever becomes of us. Counts the attempt. */
bool operation_lease(struct db *db, struct lease *lease, uint32_t server, int64_t now_us,
                     int64_t for_us, bool will_send, bool *taken, struct error *error) MUST_CHECK;

/* What came of an attempt, kept beside the operation if it is still at that attempt. */
struct attempt_note {
    bool querying, sent;
    int64_t due_us; /* of the next attempt; 0: the lease goes on, the book is told first */
    int32_t status;
    const char *fault; /* "": none */
    struct text reason, plugin_state;
};
bool operation_note(struct db *db, const struct lease *lease, const struct attempt_note *note,
                    struct error *error) MUST_CHECK;

/* The breaker: a merchant that did not answer once more, or did again. */
bool integration_failed(struct db *db, uint64_t integration_id, int64_t now_us,
                        struct error *error) MUST_CHECK;
bool integration_answered(struct db *db, uint64_t integration_id, struct error *error) MUST_CHECK;

#endif
