/*
 * Scripts for the simulations: how the ledger's own commands are made up, and the author who
 * remembers what was named so far, whether or not it came to be. Each world adds the commands of
 * its own and says how often each is given.
 */
#ifndef LINLI_LEDGER_SCRIPT_H
#define LINLI_LEDGER_SCRIPT_H

#include "simulator.h"

#define MEMBERS     40 /* 1 … MEMBERS; a world's script may keep to the first of them */
#define WORLD_STEPS 600
#define LOT_BASE    100000 /* the numbers of awarded lots; adjustments have their proposal's */

/* --- The statement that makes a proposal ------------------------------------------------------ */

struct propose {
    struct command command;
    uint64_t proposal_id, member_id, subject;
    enum proposal_kind kind;
    int64_t points;
};

static inline enum refusal propose_apply(struct book *book, const struct command *command,
                                         struct outcome *out)
{
    const struct propose *want = (const struct propose *)command;
    struct proposal *proposal = book_create(book, &proposal_rows, want->proposal_id);

    proposal->kind = want->kind;
    proposal->member_id = want->member_id;
    proposal->subject = want->subject;
    proposal->points = want->points;
    proposal->proposed_by = command->actor;
    out->ref = want->proposal_id;
    return ACCEPTED;
}

static const struct command_kind statement_propose = {.name = "propose", .apply = propose_apply};

/* --- The author ------------------------------------------------------------------------------- */

struct author {
    uint64_t *random;
    struct arena *arena;
    int64_t now_us;
    uint64_t members;
    uint64_t proposals;
    struct propose proposed[WORLD_STEPS + 2];
    uint64_t lots;
    uint64_t lot_owner[WORLD_STEPS * 12];
    uint64_t merged_into[MEMBERS + 1]; /* maybe */
};

static inline uint64_t below(struct author *author, uint64_t limit)
{
    return random_below(author->random, limit);
}

static inline bool chance(struct author *author, unsigned percent)
{
    return below(author, 100) < percent;
}

static inline uint64_t any_member(struct author *author)
{
    return 1 + below(author, author->members);
}

static inline void *invent(struct author *author, size_t size, const struct command_kind *kind)
{
    struct command *command = arena_take(author->arena, size);

    command->kind = kind;
    command->actor = 201 + below(author, 3);
    return command;
}

static inline uint64_t new_lot(struct author *author, uint64_t member_id)
{
    author->lot_owner[author->lots] = member_id;
    return LOT_BASE + author->lots++;
}

/* `member_id`: whose it probably is by now. */
static inline uint64_t any_lot(struct author *author, uint64_t *member_id)
{
    uint64_t lot = author->lots ? below(author, author->lots) : 0;

    *member_id = author->lot_owner[lot];
    if (*member_id == 0 || *member_id > MEMBERS || chance(author, 5))
        *member_id = any_member(author);
    if (author->merged_into[*member_id])
        *member_id = author->merged_into[*member_id];
    return LOT_BASE + lot;
}

/* --- Proposals and decisions ------------------------------------------------------------------ */

static inline struct command *invent_proposal(struct author *author)
{
    struct propose *propose = invent(author, sizeof(*propose), &statement_propose);

    propose->kind = (enum proposal_kind)(1 + below(author, 3));
    propose->proposal_id = ++author->proposals;
    propose->points = (int64_t)below(author, 21) - 6;
    if (propose->kind == PROPOSAL_CLAW_BACK)
        propose->subject = any_lot(author, &propose->member_id);
    else
        propose->member_id = any_member(author);
    author->proposed[propose->proposal_id] = *propose;
    return &propose->command;
}

static inline struct command *invent_adjust(struct author *author, const struct propose *proposed,
                                            uint64_t person_id)
{
    struct adjust *adjust = invent(author, sizeof(*adjust), &command_adjust);

    adjust->proposal_id = proposed->proposal_id;
    adjust->member_id = proposed->member_id;
    adjust->expires_us = author->now_us + ((int64_t)below(author, 30) - 1) * DAY_US;
    adjust->person_id = person_id;
    return &adjust->command;
}

static inline struct command *invent_claw_back(struct author *author,
                                               const struct propose *proposed, uint64_t person_id)
{
    struct claw_back *claw_back = invent(author, sizeof(*claw_back), &command_claw_back);

    claw_back->proposal_id = proposed->proposal_id;
    claw_back->member_id = proposed->member_id;
    claw_back->lot_id = proposed->subject + (chance(author, 5) ? 1 : 0);
    claw_back->person_id = person_id;
    return &claw_back->command;
}

static inline struct command *invent_waive(struct author *author, const struct propose *proposed,
                                           uint64_t person_id)
{
    struct waive *waive = invent(author, sizeof(*waive), &command_waive);

    waive->proposal_id = proposed->proposal_id;
    waive->member_id = proposed->member_id;
    waive->person_id = person_id;
    return &waive->command;
}

static inline struct command *invent_reject(struct author *author, const struct propose *proposed,
                                            uint64_t person_id)
{
    struct reject *reject = invent(author, sizeof(*reject), &command_reject);

    reject->proposal_id = proposed->proposal_id;
    reject->person_id = person_id;
    return &reject->command;
}

/* Mostly what the proposal is about; at times another kind's command, or the wrong person. */
static inline struct command *invent_decision(struct author *author)
{
    const struct propose *proposed = &author->proposed[1 + below(author, author->proposals + 1)];
    uint64_t person_id = chance(author, 10) ? proposed->member_id : 0;
    enum proposal_kind kind = chance(author, 95) ? proposed->kind : PROPOSAL_WAIVE;

    if (!proposed->kind)
        return invent_proposal(author);
    if (chance(author, 8))
        return invent_reject(author, proposed, person_id);
    if (kind == PROPOSAL_ADJUST)
        return invent_adjust(author, proposed, person_id);
    return kind == PROPOSAL_CLAW_BACK ? invent_claw_back(author, proposed, person_id)
                                      : invent_waive(author, proposed, person_id);
}

/* --- The others ------------------------------------------------------------------------------- */

static inline struct command *invent_expiry(struct author *author)
{
    struct lot_expire *expire = invent(author, sizeof(*expire), &command_lot_expire);

    expire->command.actor = 0;
    expire->lot_id = any_lot(author, &expire->member_id);
    return &expire->command;
}

static inline struct command *invent_freeze(struct author *author)
{
    struct freeze *freeze = invent(author, sizeof(*freeze), &command_freeze);

    freeze->member_id = any_member(author);
    freeze->frozen = chance(author, 30);
    freeze->person_id = chance(author, 10) ? freeze->member_id : 0;
    return &freeze->command;
}

static inline struct command *invent_merge(struct author *author)
{
    struct merge_wallets *merge = invent(author, sizeof(*merge), &command_merge_wallets);

    merge->from_member = any_member(author);
    merge->to_member = any_member(author);
    merge->person_id = chance(author, 10) ? merge->to_member : 0;
    author->merged_into[merge->from_member] = merge->to_member;
    return &merge->command;
}

/* --- The script ------------------------------------------------------------------------------- */

struct script {
    struct arena *arena;
    struct sim_step steps[WORLD_STEPS];
};

/* `author` is zeroed but for what is the world's own; few members meet often, many fill batches. */
static inline struct script *script_write(struct author *author, uint64_t *random,
                                          struct command *(*invent_command)(struct author *author))
{
    struct script *script = calloc(1, sizeof(*script));

    script->arena = author->arena = arena_new();
    author->random = random;
    author->now_us = 20000 * DAY_US;
    author->members = 3 + below(author, MEMBERS - 2);
    unsigned pace = 2 + (unsigned)below(author, 11);
    for (size_t i = 0; i < WORLD_STEPS; i++) {
        if (chance(author, pace))
            author->now_us += (int64_t)below(author, 432 / pace) * HOUR_US;
        script->steps[i].command = invent_command(author);
        script->steps[i].now_us = author->now_us;
    }
    return script;
}

static inline void script_free(struct script *script)
{
    arena_free(script->arena);
    free(script);
}

#endif
