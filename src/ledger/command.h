/*
 * Commands: what moves points. A kind of command is a registered table entry; market and service
 * register theirs. `apply` is a pure function on the loaded rows: new rows, or a refusal, never
 * half of each.
 */
#ifndef LINLI_COMMAND_H
#define LINLI_COMMAND_H

#include "base/queue.h"
#include "ledger/book.h"
#include "plugin/facts.h"

struct command;
struct key_set; /* collects (row kind, key) pairs */

/* What the answer is rendered from, now or at a replay in 30 days: kept with the key. */
struct outcome {
    enum refusal refusal;
    uint8_t state; /* of the thing that `ref` names, after the command */
    uint64_t ref;
    int64_t points;          /* what moved, or what is lacking */
    int64_t available, held; /* the wallet's, after */
    int64_t until_us;        /* expiry of what was made, if it has one */
    int64_t at_us;           /* the batch's time */
    uint32_t extra;          /* what else the kind's answer needs: a voucher's key id */
};

/* What judges are asked about; they fill in the time. */
struct command_event {
    struct linli_event event; /* `member`: whose wallet it is */
    struct fact_subject subject;
    /* A plugin should have said more (an award's policy) and did not: held whatever rules say. */
    struct missing_answer {
        uint64_t plugin_id, version_id, policy_id; /* 0: nothing is missing */
        unsigned fault;                            /* plugin/plugins.h */
    } missing;
};

struct command_kind {
    const char *name; /* "reserve" */
    void (*keys)(const struct command *command, struct key_set *keys);
    enum refusal (*apply)(struct book *book, const struct command *command, struct outcome *out);
    /* Of the command alone, pure; NULL: no judge is asked. Its wallet is one that `keys` names. */
    void (*event)(const struct command *command, struct command_event *about);
};

/* What the judge said, for apply: a hold or a mark opens a check (ledger/check.h) once the command
 * is accepted. What cannot wait takes a hold for a mark. */
enum judged { JUDGED_PASS, JUDGED_MARK, JUDGED_HOLD };
struct judgement {
    enum judged effect;
    uint64_t check_id;    /* minted by the judge; 0: pass */
    int64_t answer_by_us; /* the end of the local day `answer_day` */
    int32_t answer_day;
};

/* The head of each kind's own struct: `struct reserve { struct command command; … }`. */
struct command {
    struct queue_item item;
    const struct command_kind *kind;
    uint64_t actor;       /* account that asks; 0 for the keeper */
    uint32_t actor_epoch; /* checked again in load; ignored when actor is 0 */
    bool has_key;         /* of an Idempotency-Key */
    uint8_t request_key[16];
    uint8_t fingerprint[8];
    bool low_priority;       /* keeper's work yields to people's */
    struct judgement judged; /* by the judge, anew whenever it looks */
    void *context;           /* the submitter's own, for the two functions below */
    /* Any thread: the client has left; dropped before load. May be NULL. */
    bool (*is_abandoned)(const struct command *command);
    /* On the teller's thread, exactly once, after the commit (or the failure) is certain. */
    void (*done)(struct command *command);

    /* Filled by the teller. `failure` NULL: `outcome` is the durable answer. */
    struct outcome outcome;
    const char *failure; /* "busy", "abandoned", "broken": nothing was changed. "unknown": the
                            process stops while the database is away; the same key will tell */
    bool replayed;
    uint8_t sent_back; /* how often its wallet moved between the judge's look and the lock */
};

void key_set_add(struct key_set *set, const struct row_kind *kind, uint64_t key);

struct wallet;
/* Fills `available` (what may be spent now) and `held`. */
void outcome_show_wallet(struct outcome *out, const struct wallet *wallet, int64_t now_us);

/*
 * The ledger's own kinds: ledger/commands.c, ledger/proposals.c. `person_id` is the member that the
 * one who asks also is, or 0: nobody decides on their own wallet. All are idempotent by state: what
 * the same account has approved, frozen or merged already is accepted again and moves nothing.
 */
struct adjust {
    struct command command;
    uint64_t proposal_id; /* read under lock; approved by command.actor, proposed by another */
    uint64_t member_id;
    int64_t expires_us; /* of the new lot when points are given */
    uint64_t person_id;
    int64_t points; /* of the proposal, for judges; the proposal's own count */
};
/* The keeper's: conditional, points 0 when there is nothing (any more) to expire. */
struct lot_expire {
    struct command command;
    uint64_t member_id, lot_id;
};
/* Proposals of this kind name the tainted record, whose number is the lot's, as subject. The
 * outcome's points are what the wallet still had; what was spent, on hold or confirmed, is owed. */
struct claw_back {
    struct command command;
    uint64_t proposal_id, member_id, lot_id;
    uint64_t person_id;
};
/* Lets go of what is owed, up to the proposal's points. */
struct waive {
    struct command command;
    uint64_t proposal_id, member_id;
    uint64_t person_id;
};
/* A proposal of any kind turned down, or withdrawn by the one who made it. */
struct reject {
    struct command command;
    uint64_t proposal_id;
    uint64_t person_id;
    uint64_t owner_id; /* who the proposal's member is by now, if merged; 0: not looked up */
};
struct freeze {
    struct command command;
    uint64_t member_id;
    bool frozen;
    uint64_t person_id;
};
struct merge_wallets {
    struct command command;
    uint64_t from_member, to_member;
    uint64_t person_id;
};
/* Moves nothing: keeps `kept` under a request's key, or gives what is kept there. For requests of
 * many commands: before the first, so that the key is theirs, and after the last. */
struct note {
    struct command command;
    struct outcome kept; /* its refusal and time are the command's own */
};
extern const struct command_kind command_adjust, command_lot_expire, command_claw_back,
    command_waive, command_reject, command_freeze, command_merge_wallets, command_note;
#define ADJUST_MOST INT64_C(1000000000) /* hundredths in one proposal, either way */

/* Proposals: what two people must agree on. Made by an ordinary insert, decided by the teller. */
enum proposal_kind { PROPOSAL_ADJUST = 1, PROPOSAL_CLAW_BACK, PROPOSAL_WAIVE };
enum proposal_state { PROPOSAL_OPEN, PROPOSAL_APPROVED, PROPOSAL_REJECTED };
struct proposal {
    struct row row; /* key: proposal id */
    enum proposal_kind kind;
    enum proposal_state state;
    uint64_t member_id, subject;
    int64_t points;
    uint64_t proposed_by, decided_by;
    int64_t decided_us;
};
extern const struct row_kind proposal_rows;

#endif
