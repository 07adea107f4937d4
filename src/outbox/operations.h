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

#endif
