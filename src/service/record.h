/*
 * Service records: who did what, when and for how many minutes. Reviewing one is a command: the
 * award and the decision are the same transaction, so a record is paid exactly once.
 */
#ifndef LINLI_RECORD_H
#define LINLI_RECORD_H

#include "ledger/command.h"

enum record_state {
    RECORD_OPEN = 1, /* checked in, not out yet */
    RECORD_PENDING,  /* waits for review */
    RECORD_APPROVED, /* awarded; its points became the lot of the same number */
    RECORD_REJECTED,
    RECORD_NEEDS_STATEMENT, /* nobody checked out: service/statements.h */
    RECORD_CHECKING,        /* reviewed, but a rule asked a person to look: ledger/check.h */
};
const char *record_state_name(enum record_state state);

/* DOMAIN.md: A confirmed by the person served … D entered afterwards. */
enum evidence_grade { GRADE_A = 1, GRADE_B, GRADE_C, GRADE_D };
const char *evidence_grade_name(enum evidence_grade grade); /* "C" */

struct record {
    struct row row; /* key: record id */
    uint64_t activity_id, member_id;
    enum record_state state;
    enum evidence_grade grade;
    int64_t started_us, ended_us;
    int32_t minutes;
    int64_t points; /* hundredths awarded, after the daily cap */
    uint64_t reviewed_by;
    int64_t reviewed_us;
    uint64_t proposed_by;    /* grade D: who entered it, who does not review it */
    int64_t notice_until_us; /* grade D: nothing is awarded before */
};
extern const struct row_kind record_rows;

struct award {
    struct command command;
    uint64_t record_id, member_id;
    uint64_t wallet_id;  /* the member's, or whom they were merged into (wallet_owner) */
    uint64_t person_id;  /* the member that the reviewer also is, or 0 */
    int32_t minutes;     /* that the points are for: WRONG_STATE when it was corrected meanwhile; 0:
                            not compared, as nobody but the caller can have */
    int64_t points;      /* what the policy says, before the cap */
    int64_t daily_cap;   /* hundredths that a member may earn on one service day; 0: no cap */
    int32_t day;         /* the local day of the service */
    int64_t day_ends_us; /* when the day's counter may be forgotten */
    int64_t expires_us;  /* of the lot */
    struct missing_answer missing; /* of the policy: the terms are then the programme's own */
    struct {                       /* for judges */
        uint64_t activity_id;
        int64_t started_us, ended_us;
        int32_t minutes;
        enum evidence_grade grade;
    } of;
};
/* The outcome's `points` are what was credited: less than asked where the cap was met.
 * REFUSED_NOT_OPEN when there is a cap and the day's counter may be forgotten already. */
extern const struct command_kind command_award;
/* Fills `day` and `day_ends_us`: every award of one day names the same end, so that its counter is
 * there for all of them. */
void award_set_day(struct award *award, int64_t started_us, int utc_offset_minutes);

/*
 * The decision on a record that is being checked: released, it is awarded under the terms it was
 * reviewed with (the check has them), refused, it is rejected. REFUSED_SAME_PERSON: whoever
 * approved or entered it does not also release it.
 */
struct decide_record {
    struct command command;
    uint64_t record_id, member_id, wallet_id, person_id, check_id;
    bool release;
    struct text reason; /* the member reads it */
};
extern const struct command_kind command_decide_record;

struct reject_record {
    struct command command;
    uint64_t record_id, member_id;
    uint64_t wallet_id; /* as for an award: who the member is by now */
    uint64_t person_id;
};
extern const struct command_kind command_reject_record;

#endif
