/*
 * Disputes: a merchant's manager does not agree with what a line of a statement is worth. An
 * administrator accepts or rejects within a deadline. Lines do not change: what was accepted is
 * corrected on the merchant's next statement, beside its lines, so every statement goes on adding
 * up to what is on it. What is not answered in time is escalated, once. Money is fen and never
 * moves here. Query threads, and the keeper for what is late.
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
    bool has_claim;
    int64_t claimed_fen; /* what it should be worth; older servers did not keep it */
    char *merchant_name, *reason, *answer;
    uint64_t opened_by, decided_by;
    int64_t opened_us, due_us, decided_us;
    uint64_t corrected_on; /* the statement; 0: not yet, or nothing is corrected */
    int64_t escalated_us;  /* when it was said that the answer is late; 0: it was not */
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
    enum {
        DISPUTE_DECIDED,
        DISPUTE_NOT_OPEN, /* (any more): it is decided once */
        DISPUTE_IS_OWN,   /* who decides is who opened it, or of the merchant */
    } verdict;
};
/* False when it failed; else the verdict says what came of it. */
bool dispute_decide(struct db *db, struct dispute_decision *decision,
                    struct error *error) MUST_CHECK;

enum find dispute_find(struct db *db, uint64_t dispute_id, struct arena *arena,
                       struct dispute *dispute, struct error *error);
struct dispute_filter {
    uint64_t merchant_id, statement_id; /* 0: of all */
    int state;                          /* enum dispute_state; 0: any */
    int64_t late_us;                    /* only open ones that were due before; 0: all */
};
/* By id, above `after`. */
bool dispute_list(struct db *db, const struct dispute_filter *filter, uint64_t after, int64_t limit,
                  struct arena *arena, struct dispute **disputes, size_t *count,
                  struct error *error) MUST_CHECK;

struct dispute_counts {
    int64_t open, overdue;
};
/* Of one merchant, or of all (0). */
bool dispute_count(struct db *db, uint64_t merchant_id, int64_t now_us,
                   struct dispute_counts *counts, struct error *error) MUST_CHECK;

/* --- Late ones -------------------------------------------------------------------------------- */

/* Open ones that are overdue are marked, and administrators and the merchant's managers told: once
 * for each, in one notice a statement, for at most `most` statements. Any number of keepers. */
bool disputes_escalate(struct db *db, int64_t now_us, int most, struct error *error) MUST_CHECK;

/* In the transaction that opens a merchant's next statement: what was accepted is corrected there.
 */
bool disputes_correct(struct db *db, uint64_t merchant_id, uint64_t statement_id,
                      struct error *error) MUST_CHECK;

#endif
