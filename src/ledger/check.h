/*
 * Checks: what a rule asked a person to look at. `held`: its effect waits for the decision; else it
 * went through with a mark, and the decision moves nothing. Pure, like the book; made by the apply
 * of whatever was judged, decided by commands of the rooms that know what is held.
 *
 * Everybody reads the same word of it: being checked 正在核对, answer by a day. Nobody is accused.
 */
#ifndef LINLI_CHECK_H
#define LINLI_CHECK_H

#include "ledger/command.h"

/* Stored: do not renumber. */
enum check_state {
    CHECK_OPEN = 1,
    CHECK_RELEASED,  /* held: it took its effect; marked: nothing was wrong */
    CHECK_REFUSED,   /* held: undone, points go back; marked: staff act by the usual means */
    CHECK_WITHDRAWN, /* the member took it back meanwhile, or was erased (service/erase.h) */
};
const char *check_state_name(enum check_state state);    /* "open" */
const char *event_kind_name(enum linli_event_kind kind); /* "redeem" */

/* Of an award that waits: as the policy had it when the record was reviewed. */
struct check_terms {
    int64_t points, daily_cap;
    int32_t day;
    int64_t day_ends_us, expires_us;
};

struct check_row {
    struct row row; /* key: check id */
    enum linli_event_kind kind;
    enum check_state state;
    bool held;
    uint64_t member_id; /* whose points, when it was opened */
    uint64_t ref, subject, merchant_id, asked_by;
    int64_t opened_us, due_us; /* due_us: the answer is promised by then */
    int32_t due_day;           /* the local day before which it ends; 0: not of this batch */
    struct check_terms terms;  /* points: what would move */
    uint64_t decided_by;       /* 0 and decided: nobody answered in time, or the member is gone */
    int64_t decided_us;
    struct text reason; /* row.memory's */
};
extern const struct row_kind check_rows;

/* By an apply that accepts: opens the check that the judge asked for; NULL: it asked for none. */
struct check_row *check_open(struct book *book, const struct command *command);
static inline bool command_is_held(const struct command *command)
{
    return command->judged.effect == JUDGED_HOLD;
}

/* What every decision begins with: REFUSED_NOT_FOUND, ALREADY_DECIDED; OWN_RECORD for the member
 * whose points these are (`person_id`: who the one that decides also is, or 0). */
enum refusal check_find(struct book *book, uint64_t check_id, uint64_t ref, uint64_t person_id,
                        struct check_row **check) MUST_CHECK;
void check_close(struct book *book, struct check_row *check, enum check_state state, uint64_t actor,
                 struct text reason);

/* The decision on a mark: moves nothing. */
struct decide_mark {
    struct command command;
    uint64_t check_id, ref;
    uint64_t person_id;
    bool release;
    struct text reason;
};
extern const struct command_kind command_decide_mark;

#endif
