/*
 * Disputes: a merchant's manager does not agree with what a line of a statement is worth. An
 * administrator accepts or rejects within a deadline. Lines do not change: what was accepted is
 * corrected on the merchant's next statement, beside its lines, so every statement goes on adding
 * up to what is on it. Money is fen and never moves here. Query threads.
 */
#ifndef LINLI_DISPUTES_H
#define LINLI_DISPUTES_H

#include "store/db.h"
#include "store/find.h"

#define DISPUTE_WITHIN_US   (90 * DAY_US) /* of the draft: as long a line may be disputed */
#define DISPUTE_ANSWERED_US (14 * DAY_US) /* what a merchant is promised */

/* Stored: do not renumber. */
enum dispute_state { DISPUTE_OPEN = 1, DISPUTE_ACCEPTED, DISPUTE_REJECTED };
#define DISPUTE_STATES "open|accepted|rejected" /* in the order of the numbers, from 1 */
const char *dispute_state_name(enum dispute_state state);

struct dispute {
    uint64_t id, statement_id, redemption_id, merchant_id;
    enum dispute_state state;
    int64_t fen; /* what the line lacks (or has too much: negative), as the merchant says */
    char *merchant_name, *reason, *answer;
    uint64_t opened_by, decided_by;
    int64_t opened_us, due_us, decided_us;
    uint64_t corrected_on; /* the statement; 0: not yet, or nothing is corrected */
};

struct dispute_opening {
    uint64_t id; /* minted by the caller */
    uint64_t statement_id, redemption_id;
    uint64_t merchant_id; /* of whom it must be; 0: of any */
    int64_t claimed_fen;  /* what the line should be worth */
    struct text reason;
    uint64_t actor;
    int64_t now_us;
    enum {
        DISPUTE_DONE,
        DISPUTE_NO_LINE, /* there is no such line on that statement of that merchant */
        DISPUTE_THERE,   /* it was disputed already */
        DISPUTE_TOO_LATE,
    } verdict;
};
bool dispute_open(struct db *db, struct dispute_opening *opening, struct error *error) MUST_CHECK;

struct dispute_decision {
    uint64_t dispute_id, actor;
    bool accepted;
    struct text answer;
    int64_t now_us;
};
/* Once: FIND_NOTHING when it is not open (any more). */
enum find dispute_decide(struct db *db, const struct dispute_decision *decision,
                         struct error *error);

enum find dispute_find(struct db *db, uint64_t dispute_id, struct arena *arena,
                       struct dispute *dispute, struct error *error);
struct dispute_filter {
    uint64_t merchant_id, statement_id; /* 0: of all */
    int state;                          /* enum dispute_state; 0: any */
};
bool dispute_list(struct db *db, const struct dispute_filter *filter, uint64_t after, int64_t limit,
                  struct arena *arena, struct dispute **disputes, size_t *count,
                  struct error *error) MUST_CHECK;

/* In the transaction that opens a merchant's next statement: what was accepted is corrected there.
 */
bool disputes_correct(struct db *db, uint64_t merchant_id, uint64_t statement_id,
                      struct error *error) MUST_CHECK;

#endif
