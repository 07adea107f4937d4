/*
 * What is to be said to a merchant about one redemption, and what becomes of the redemption when it
 * has answered: the pure part. A redemption has one open operation at most. While it is open, what
 * people want of the voucher is kept as an intent, and done once the answer is there.
 *
 * An operation is born in the batch that makes it necessary, so nothing is ever said that the book
 * does not know, and nothing that must be said is lost. Who says it: outbox/dispatch.h.
 */
#ifndef LINLI_OPERATION_H
#define LINLI_OPERATION_H

#include <linli/plugin.h>

#include "market/merchant_code.h"
#include "market/redemption.h"
#include "outbox/operations.h"

/* A row of the outbox. Dispatch writes what it needs for its own; the teller the rest. */
struct operation {
    struct row row; /* key: operation id */
    uint64_t redemption_id, merchant_id, integration_id;
    enum operation_kind kind;
    enum operation_state state;
    int32_t attempt;             /* that somebody is at, or was last */
    int64_t due_us, deadline_us; /* by the database's clock; 0: at once, not begun */
    int64_t created_us, closed_us;
    uint64_t decided_by;
};
extern const struct row_kind operation_rows;

/* A code that the merchant gave, sealed; only ever new. */
struct merchant_voucher {
    struct row row;            /* key: redemption id */
    struct merchant_code code; /* in the row's memory */
};
extern const struct row_kind merchant_voucher_rows;

/* Opens an operation if the redemption's plugin wants to hear of that kind; no other may be open.
 * Whether it did. */
bool operation_open(struct book *book, struct redemption *redemption, enum operation_kind kind,
                    uint64_t operation_id);

/*
 * An answer to one attempt. Refused with WRONG_STATE when the operation is not at that attempt any
 * more: late, doubled and reordered answers change nothing. What the merchant was told meanwhile
 * has the same key, so the attempt that counts gets the same answer.
 */
enum answer {
    ANSWER_DONE = 1,
    ANSWER_DECLINED,
    ANSWER_ABSENT,  /* the merchant has never heard of it, and is not asked again */
    ANSWER_GIVE_UP, /* nobody can tell: a person decides */
};
struct answer_call {
    struct redemption_ref ref; /* operation_id: for what comes next */
    uint64_t answered_id;      /* the operation */
    int32_t attempt;
    enum answer answer;
    bool was_sent; /* ABSENT: it may be on its way still: it is cancelled at the merchant too */
    int64_t expires_us; /* of the voucher; 0: as it is */
    struct merchant_code code;
};
extern const struct command_kind command_answer;

/* A person decides on an operation that was given up, having asked the merchant by other means. */
enum decision {
    DECIDED_CONFIRMED = 1, /* the goods are with the member */
    DECIDED_CANCELLED,     /* they are not: points go back */
    DECIDED_ASK_AGAIN,     /* replay: from the beginning, with a question for what became of it */
};
const char *decision_name(enum decision decision); /* "ask_again" */
struct decide_call {
    struct redemption_ref ref;
    uint64_t dead_id; /* the operation */
    enum decision decision;
};
extern const struct command_kind command_decide;

#endif
