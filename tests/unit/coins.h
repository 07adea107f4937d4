/*
 * The model that the simulations hold the book against. In it every hundredth of a point is a coin
 * that lies in one place, and nothing is ever added up: balances are counted, what a member earned
 * on a day is looked for in a diary. It knows the ledger's own commands; a world's simulation adds
 * what its own commands do with the coins.
 */
#ifndef LINLI_COINS_H
#define LINLI_COINS_H

#include "ledger_script.h"

#define COINS_MOST  (WORLD_STEPS * 24)
#define LOTS_MOST   WORLD_STEPS
#define AWARDS_MOST WORLD_STEPS

enum place { WALLET, HELD, TILL, SETTLED, AWAY };

struct coin {
    size_t lot;
    enum place place;
    uint64_t voucher;
    int64_t expires_us; /* of its lot, when a voucher took it */
};
struct model_lot {
    uint64_t id, owner;
    int64_t expires_us;
    bool revoked;
};
struct model_member {
    bool frozen;
    uint64_t merged_into;
    int64_t owed;
};
struct model_proposal {
    struct propose what;
    enum proposal_state state;
    uint64_t decided_by;
};
struct model_award {
    uint64_t member_id;
    int32_t day;
    int64_t points;
};

struct coins {
    int64_t now_us;
    struct coin coins[COINS_MOST];
    size_t coin_count;
    struct model_lot lots[LOTS_MOST];
    size_t lot_count;
    struct model_award awards[AWARDS_MOST];
    size_t award_count;
    struct model_member members[MEMBERS + 1];
    struct model_proposal proposals[WORLD_STEPS + 2];
};

/* --- Looking ---------------------------------------------------------------------------------- */

/* A member with a wallet of their own. */
static inline bool coins_has_wallet(const struct coins *coins, uint64_t member)
{
    return member >= 1 && member <= MEMBERS && !coins->members[member].merged_into;
}

static inline uint64_t coins_owner(const struct coins *coins, uint64_t member)
{
    while (coins->members[member].merged_into)
        member = coins->members[member].merged_into;
    return member;
}

static inline bool coin_is_in(const struct coins *coins, const struct coin *coin, uint64_t member,
                              enum place place)
{
    return coin->place == place && coins->lots[coin->lot].owner == member;
}

static inline bool coin_is_live(const struct coins *coins, const struct coin *coin, uint64_t member)
{
    return coin_is_in(coins, coin, member, WALLET) &&
           coins->lots[coin->lot].expires_us > coins->now_us;
}

static inline int64_t coins_live(const struct coins *coins, uint64_t member)
{
    int64_t count = 0;

    for (size_t i = 0; i < coins->coin_count; i++)
        count += coin_is_live(coins, &coins->coins[i], member);
    return count;
}

static inline int64_t coins_held(const struct coins *coins, uint64_t member)
{
    int64_t count = 0;

    for (size_t i = 0; i < coins->coin_count; i++)
        count += coin_is_in(coins, &coins->coins[i], member, HELD);
    return count;
}

static inline struct model_lot *coins_lot(struct coins *coins, uint64_t lot_id, uint64_t owner)
{
    for (size_t i = 0; i < coins->lot_count; i++)
        if (coins->lots[i].id == lot_id && coins->lots[i].owner == owner)
            return &coins->lots[i];
    return NULL;
}

static inline int64_t coins_earned(const struct coins *coins, uint64_t member, int32_t day)
{
    int64_t points = 0;

    for (size_t i = 0; i < coins->award_count; i++)
        if (coins->awards[i].day == day && coins_owner(coins, coins->awards[i].member_id) == member)
            points += coins->awards[i].points;
    return points;
}

/* The coin to be spent next. */
static inline struct coin *coins_next(struct coins *coins, uint64_t member)
{
    struct coin *best = NULL;

    for (size_t i = 0; i < coins->coin_count; i++) {
        struct coin *coin = &coins->coins[i];

        if (!coin_is_live(coins, coin, member))
            continue;
        const struct model_lot *lot = &coins->lots[coin->lot];
        const struct model_lot *other = best ? &coins->lots[best->lot] : NULL;
        if (!other || lot->expires_us < other->expires_us ||
            (lot->expires_us == other->expires_us && lot->id < other->id))
            best = coin;
    }
    return best;
}

/* --- Moving ----------------------------------------------------------------------------------- */

/* No points, no lot. */
static inline void coins_mint(struct coins *coins, uint64_t lot_id, uint64_t member, int64_t points,
                              int64_t expires_us)
{
    size_t lot = coins->lot_count;

    if (points == 0)
        return;
    assert_true(lot < LOTS_MOST && coins->coin_count + (size_t)points <= COINS_MOST);
    coins->lots[coins->lot_count++] = (struct model_lot){lot_id, member, expires_us, false};
    for (; points > 0; points--)
        coins->coins[coins->coin_count++] = (struct coin){.lot = lot, .place = WALLET};
}

static inline void coins_award(struct coins *coins, uint64_t lot_id, uint64_t member, int32_t day,
                               int64_t points, int64_t expires_us)
{
    assert_true(coins->award_count < AWARDS_MOST);
    coins->awards[coins->award_count++] = (struct model_award){member, day, points};
    coins_mint(coins, lot_id, member, points, expires_us);
}

/* So many are there. */
static inline void coins_hold(struct coins *coins, uint64_t member, int64_t points,
                              uint64_t voucher)
{
    for (; points > 0; points--) {
        struct coin *coin = coins_next(coins, member);

        coin->place = HELD;
        coin->voucher = voucher;
        coin->expires_us = coins->lots[coin->lot].expires_us;
    }
}

static inline void coins_move(struct coins *coins, uint64_t voucher, enum place place)
{
    for (size_t i = 0; i < coins->coin_count; i++)
        if (coins->coins[i].voucher == voucher)
            coins->coins[i].place = place;
}

/* What is in the lot when a coin of `voucher` is about to come back, and has run out. */
static inline void coins_drop_dead(struct coins *coins, uint64_t voucher)
{
    for (size_t i = 0; i < coins->coin_count; i++)
        for (size_t j = 0; coins->coins[i].voucher == voucher && j < coins->coin_count; j++)
            if (coins->coins[j].lot == coins->coins[i].lot && coins->coins[j].place == WALLET &&
                coins->lots[coins->coins[j].lot].expires_us <= coins->now_us)
                coins->coins[j].place = AWAY;
}

static inline void coin_bring_back(struct coins *coins, struct coin *coin,
                                   struct model_member *member)
{
    struct model_lot *lot = &coins->lots[coin->lot];
    bool is_empty = true;
    int64_t due_us =
        coin->expires_us > coins->now_us ? coin->expires_us : coins->now_us + 30 * DAY_US;

    for (size_t i = 0; i < coins->coin_count; i++)
        if (coins->coins[i].lot == coin->lot && coins->coins[i].place == WALLET)
            is_empty = false;
    if (is_empty || lot->expires_us < due_us)
        lot->expires_us = due_us;
    coin->place = lot->revoked ? AWAY : WALLET;
    if (lot->revoked && member->owed > 0)
        member->owed--;
}

static inline void coins_return(struct coins *coins, uint64_t voucher, uint64_t member)
{
    coins_drop_dead(coins, voucher);
    for (size_t i = 0; i < coins->coin_count; i++)
        if (coins->coins[i].voucher == voucher)
            coin_bring_back(coins, &coins->coins[i], &coins->members[member]);
    for (size_t i = 0; i < coins->coin_count; i++)
        if (coins->coins[i].voucher == voucher)
            coins->coins[i].voucher = 0;
}

/* --- The ledger's own commands ---------------------------------------------------------------- */

static inline enum refusal coins_lot_expire(struct coins *coins, const struct lot_expire *want)
{
    if (!coins_has_wallet(coins, want->member_id))
        return REFUSED_NOT_FOUND;
    const struct model_lot *lot = coins_lot(coins, want->lot_id, want->member_id);
    for (size_t i = 0; lot && lot->expires_us <= coins->now_us && i < coins->coin_count; i++)
        if (&coins->lots[coins->coins[i].lot] == lot && coins->coins[i].place == WALLET)
            coins->coins[i].place = AWAY;
    return ACCEPTED;
}

static inline enum refusal coins_freeze(struct coins *coins, const struct freeze *want)
{
    if (!coins_has_wallet(coins, want->member_id))
        return REFUSED_NOT_FOUND;
    if (want->person_id == want->member_id)
        return REFUSED_OWN_RECORD;
    coins->members[want->member_id].frozen = want->frozen;
    return ACCEPTED;
}

static inline enum refusal coins_merge(struct coins *coins, const struct merge_wallets *want)
{
    struct model_member *from = &coins->members[want->from_member];
    struct model_member *to = &coins->members[want->to_member];

    if (to->merged_into)
        return REFUSED_NOT_FOUND;
    if (from->merged_into == want->to_member)
        return ACCEPTED;
    if (want->person_id == want->from_member || want->person_id == want->to_member)
        return REFUSED_OWN_RECORD;
    if (from == to || from->merged_into)
        return REFUSED_WRONG_STATE;
    if (from->frozen || to->frozen)
        return REFUSED_WALLET_FROZEN;
    if (coins_held(coins, want->from_member) > 0)
        return REFUSED_OPEN_HOLDS;
    for (size_t i = 0; i < coins->lot_count; i++)
        if (coins->lots[i].owner == want->from_member)
            coins->lots[i].owner = want->to_member;
    for (; from->owed > 0; from->owed--)
        to->owed++;
    from->merged_into = want->to_member;
    return ACCEPTED;
}

/* The checks that every approval begins with; `*done` when it was approved by the same before. */
static inline enum refusal coins_approval(struct coins *coins, const struct command *command,
                                          enum proposal_kind kind, uint64_t proposal_id,
                                          uint64_t member_id, uint64_t person_id, bool *done)
{
    const struct model_proposal *proposal = &coins->proposals[proposal_id];

    *done = proposal->state == PROPOSAL_APPROVED && proposal->decided_by == command->actor;
    if (proposal->what.kind != kind || proposal->what.member_id != member_id ||
        !coins_has_wallet(coins, member_id))
        return REFUSED_NOT_FOUND;
    if (person_id == member_id)
        return REFUSED_OWN_RECORD;
    if (proposal->what.command.actor == command->actor)
        return REFUSED_SAME_PERSON;
    return proposal->state == PROPOSAL_OPEN || *done ? ACCEPTED : REFUSED_ALREADY_DECIDED;
}

static inline void coins_decide(struct model_proposal *proposal, enum proposal_state state,
                                uint64_t actor)
{
    proposal->state = state;
    proposal->decided_by = actor;
}

static inline enum refusal coins_adjust(struct coins *coins, const struct adjust *want)
{
    struct model_proposal *proposal = &coins->proposals[want->proposal_id];
    int64_t points = proposal->what.points;
    bool done;
    enum refusal refusal = coins_approval(coins, &want->command, PROPOSAL_ADJUST, want->proposal_id,
                                          want->member_id, want->person_id, &done);

    if (refusal || done)
        return refusal;
    if (points == 0)
        return REFUSED_TOO_MUCH;
    if (points < 0 && coins_live(coins, want->member_id) < -points)
        return REFUSED_NOT_ENOUGH_POINTS;
    if (points > 0 && want->expires_us <= coins->now_us)
        return REFUSED_WRONG_STATE;
    if (points > 0)
        coins_mint(coins, want->proposal_id, want->member_id, points, want->expires_us);
    for (; points < 0; points++)
        coins_next(coins, want->member_id)->place = AWAY;
    coins_decide(proposal, PROPOSAL_APPROVED, want->command.actor);
    return ACCEPTED;
}

/* What is spent of the lot, settled or not, is owed. */
static inline void coins_revoke(struct coins *coins, struct model_lot *lot,
                                struct model_member *member)
{
    for (size_t i = 0; i < coins->coin_count; i++) {
        struct coin *coin = &coins->coins[i];

        if (&coins->lots[coin->lot] != lot)
            continue;
        if (coin->place == WALLET)
            coin->place = AWAY;
        else if (coin->place != AWAY)
            member->owed++;
    }
    lot->revoked = true;
}

static inline enum refusal coins_claw_back(struct coins *coins, const struct claw_back *want)
{
    struct model_proposal *proposal = &coins->proposals[want->proposal_id];
    struct model_lot *lot = coins_lot(coins, want->lot_id, want->member_id);
    bool done;
    enum refusal refusal =
        coins_approval(coins, &want->command, PROPOSAL_CLAW_BACK, want->proposal_id,
                       want->member_id, want->person_id, &done);

    if (refusal)
        return refusal;
    if (!lot || want->lot_id != proposal->what.subject)
        return REFUSED_NOT_FOUND;
    if (done)
        return ACCEPTED;
    if (lot->revoked)
        return REFUSED_ALREADY_DECIDED;
    coins_revoke(coins, lot, &coins->members[want->member_id]);
    coins_decide(proposal, PROPOSAL_APPROVED, want->command.actor);
    return ACCEPTED;
}

static inline enum refusal coins_waive(struct coins *coins, const struct waive *want)
{
    struct model_proposal *proposal = &coins->proposals[want->proposal_id];
    struct model_member *member = &coins->members[want->member_id];
    bool done;
    enum refusal refusal = coins_approval(coins, &want->command, PROPOSAL_WAIVE, want->proposal_id,
                                          want->member_id, want->person_id, &done);

    if (refusal || done)
        return refusal;
    if (member->owed == 0 || proposal->what.points <= 0)
        return REFUSED_WRONG_STATE;
    for (int64_t i = 0; i < proposal->what.points && member->owed > 0; i++)
        member->owed--;
    coins_decide(proposal, PROPOSAL_APPROVED, want->command.actor);
    return ACCEPTED;
}

static inline enum refusal coins_reject(struct coins *coins, const struct reject *want)
{
    struct model_proposal *proposal = &coins->proposals[want->proposal_id];

    if (!proposal->what.kind)
        return REFUSED_NOT_FOUND;
    if (want->person_id == proposal->what.member_id)
        return REFUSED_OWN_RECORD;
    if (proposal->state == PROPOSAL_REJECTED && proposal->decided_by == want->command.actor)
        return ACCEPTED;
    if (proposal->state != PROPOSAL_OPEN)
        return REFUSED_ALREADY_DECIDED;
    coins_decide(proposal, PROPOSAL_REJECTED, want->command.actor);
    return ACCEPTED;
}

static inline enum refusal coins_propose(struct coins *coins, const struct propose *want)
{
    coins->proposals[want->proposal_id] = (struct model_proposal){.what = *want};
    return ACCEPTED;
}

/* The kind must be one of the ledger's own, or the proposal's statement. */
static inline enum refusal coins_apply(struct coins *coins, const struct command *command)
{
    const struct command_kind *kind = command->kind;

    if (kind == &statement_propose)
        return coins_propose(coins, (const struct propose *)command);
    if (kind == &command_adjust)
        return coins_adjust(coins, (const struct adjust *)command);
    if (kind == &command_claw_back)
        return coins_claw_back(coins, (const struct claw_back *)command);
    if (kind == &command_waive)
        return coins_waive(coins, (const struct waive *)command);
    if (kind == &command_reject)
        return coins_reject(coins, (const struct reject *)command);
    if (kind == &command_lot_expire)
        return coins_lot_expire(coins, (const struct lot_expire *)command);
    if (kind == &command_freeze)
        return coins_freeze(coins, (const struct freeze *)command);
    assert_ptr_equal(kind, &command_merge_wallets);
    return coins_merge(coins, (const struct merge_wallets *)command);
}

/* --- The coins against the book --------------------------------------------------------------- */

static inline void coins_check_lots(const struct coins *coins, struct book *book)
{
    int64_t remaining[LOTS_MOST] = {0}, spent[LOTS_MOST] = {0};

    for (size_t i = 0; i < coins->coin_count; i++) {
        const struct coin *coin = &coins->coins[i];

        remaining[coin->lot] += coin->place == WALLET;
        spent[coin->lot] += coin->place != WALLET && coin->place != AWAY;
    }
    for (size_t i = 0; i < coins->lot_count; i++) {
        struct wallet *wallet = book_wallet(book, coins->lots[i].owner);
        const struct lot *lot = wallet_lot(wallet, coins->lots[i].id);

        assert_non_null(lot);
        assert_true(lot->remaining == remaining[i] && lot_spent(lot) == spent[i]);
        assert_true((lot->state == LOT_REVOKED) == coins->lots[i].revoked);
        assert_true(lot->remaining == 0 || lot->expires_us == coins->lots[i].expires_us);
    }
}

static inline void coins_check_members(const struct coins *coins, struct book *book)
{
    int64_t available[MEMBERS + 1] = {0}, held[MEMBERS + 1] = {0};

    for (size_t i = 0; i < coins->coin_count; i++) {
        const struct coin *coin = &coins->coins[i];

        available[coins->lots[coin->lot].owner] += coin->place == WALLET;
        held[coins->lots[coin->lot].owner] += coin->place == HELD;
    }
    for (uint64_t id = 1; id <= MEMBERS; id++) {
        const struct wallet *wallet = book_find(book, &wallet_rows, id);
        const struct model_member *member = &coins->members[id];

        assert_true(wallet->available == available[id] && wallet->held == held[id]);
        assert_true(wallet->owed == member->owed && wallet->merged_into == member->merged_into);
        assert_true(wallet->merged_into || (wallet->state == WALLET_FROZEN) == member->frozen);
    }
}

static inline void coins_check(const struct coins *coins, struct book *book)
{
    coins_check_lots(coins, book);
    coins_check_members(coins, book);
}

#endif
