/*
 * Random worlds for the tests of the ledger: a few members, and scripts of commands that earn,
 * spend, decide, expire, freeze and merge; many of them are refused. The rooms above are stood for
 * by three commands and a kind of row (vouchers).
 */
#ifndef LINLI_UNIT_LEDGER_WORLD_H
#define LINLI_UNIT_LEDGER_WORLD_H

#include "simulator.h"

#define MEMBERS     9
#define DAILY_CAP   40
#define WORLD_STEPS 600
#define MERCHANT    77

/* --- Commands that stand for those of the rooms above ----------------------------------------- */

struct voucher {
    struct row row;
    uint64_t member_id;
    enum { VOUCHER_ISSUED = 1, VOUCHER_CONFIRMED, VOUCHER_CLOSED } state;
    uint8_t allocation[512];
    size_t allocation_length;
    int64_t points;
};
static const struct row_kind voucher_rows = {
    .name = "vouchers", .size = sizeof(struct voucher), .lock_order = 10};

struct award {
    struct command command;
    uint64_t member_id, lot_id;
    int64_t points, expires_us;
};

static int32_t day_of(int64_t now_us)
{
    return (int32_t)(now_us / DAY_US);
}

static void award_keys(const struct command *command, struct key_set *keys)
{
    key_set_add(keys, &wallet_rows, ((const struct award *)command)->member_id);
}

static enum refusal award_apply(struct book *book, const struct command *command,
                                struct outcome *out)
{
    const struct award *want = (const struct award *)command;
    struct wallet *wallet = book_wallet(book, want->member_id);
    struct transfer transfer = {.kind = TRANSFER_AWARD,
                                .from = account_of(ACCOUNT_ISSUANCE, 0),
                                .ref = want->lot_id,
                                .subject = want->lot_id};
    int32_t day = day_of(book_now_us(book));

    if (!wallet)
        return REFUSED_NOT_FOUND;
    if (wallet_limit_used(wallet, LIMIT_EARNED, day) + want->points > DAILY_CAP)
        return REFUSED_LIMIT_REACHED;
    wallet_use_limit(wallet, LIMIT_EARNED, day, want->points, (day + 1) * DAY_US);
    wallet_credit(book, wallet, &transfer, want->lot_id, want->points, want->expires_us, LOT_RECORD,
                  2);
    out->points = want->points;
    return ACCEPTED;
}

static const struct command_kind command_award = {"award", award_keys, award_apply};

struct hold {
    struct command command;
    uint64_t member_id, voucher_id;
    int64_t points;
};

static void hold_keys(const struct command *command, struct key_set *keys)
{
    key_set_add(keys, &wallet_rows, ((const struct hold *)command)->member_id);
}

static enum refusal hold_apply(struct book *book, const struct command *command,
                               struct outcome *out)
{
    const struct hold *want = (const struct hold *)command;
    struct wallet *wallet = book_wallet(book, want->member_id);
    struct transfer transfer = {.kind = TRANSFER_HOLD,
                                .to = account_of(ACCOUNT_HELD, want->member_id),
                                .ref = want->voucher_id};
    struct text allocation;

    if (!wallet)
        return REFUSED_NOT_FOUND;
    if (wallet->state == WALLET_FROZEN)
        return REFUSED_WALLET_FROZEN;
    enum refusal refusal = wallet_take(book, wallet, &transfer, want->points, &allocation);
    if (refusal)
        return refusal;
    struct voucher *voucher = book_create(book, &voucher_rows, want->voucher_id);
    voucher->member_id = want->member_id;
    voucher->state = VOUCHER_ISSUED;
    voucher->points = want->points;
    voucher->allocation_length = allocation.length;
    assert_true(allocation.length <= sizeof(voucher->allocation));
    for (size_t i = 0; i < allocation.length; i++)
        voucher->allocation[i] = (uint8_t)allocation.data[i];
    outcome_show_wallet(out, wallet, book_now_us(book));
    return ACCEPTED;
}

static const struct command_kind command_hold = {"hold", hold_keys, hold_apply};

/* What becomes of a voucher: `kind` says. `member_id` is the wallet's, after a merge another than
 * the voucher's. */
struct turn {
    struct command command;
    enum transfer_kind kind;
    uint64_t voucher_id, owner_id, member_id;
};

static void turn_keys(const struct command *command, struct key_set *keys)
{
    const struct turn *want = (const struct turn *)command;

    key_set_add(keys, &voucher_rows, want->voucher_id);
    key_set_add(keys, &wallet_rows, want->member_id);
    if (want->owner_id != want->member_id)
        key_set_add(keys, &wallet_rows, want->owner_id);
}

static bool turn_is_possible(const struct turn *want, int state)
{
    bool of_confirmed = want->kind == TRANSFER_UNCAPTURE || want->kind == TRANSFER_REFUND;

    return state == (of_confirmed ? VOUCHER_CONFIRMED : VOUCHER_ISSUED);
}

static enum refusal turn_apply(struct book *book, const struct command *command,
                               struct outcome *out)
{
    const struct turn *want = (const struct turn *)command;
    struct voucher *voucher = book_find(book, &voucher_rows, want->voucher_id);
    const struct wallet *owner = book_find(book, &wallet_rows, want->owner_id);
    struct wallet *wallet = book_wallet(book, want->member_id);
    struct transfer transfer = {.kind = want->kind, .ref = want->voucher_id};
    uint64_t held = account_of(ACCOUNT_HELD, want->member_id);
    uint64_t merchant = account_of(ACCOUNT_MERCHANT, MERCHANT);

    if (!voucher || !wallet || voucher->member_id != want->owner_id)
        return REFUSED_NOT_FOUND;
    if (wallet != owner && owner->merged_into != want->member_id)
        return REFUSED_NOT_FOUND;
    if (!turn_is_possible(want, voucher->state))
        return REFUSED_WRONG_STATE;
    transfer.points = voucher->points;
    struct text allocation = {(const char *)voucher->allocation, voucher->allocation_length};
    transfer.from = turn_is_possible(want, VOUCHER_ISSUED) ? held : merchant;
    transfer.to = transfer.from == held ? merchant : held;
    if (want->kind == TRANSFER_CAPTURE || want->kind == TRANSFER_UNCAPTURE)
        wallet_move_held(book, wallet, &transfer);
    else
        wallet_give_back(book, wallet, &transfer, allocation);
    voucher->state = want->kind == TRANSFER_CAPTURE     ? VOUCHER_CONFIRMED
                     : want->kind == TRANSFER_UNCAPTURE ? VOUCHER_ISSUED
                                                        : VOUCHER_CLOSED;
    row_change(&voucher->row);
    outcome_show_wallet(out, wallet, book_now_us(book));
    return ACCEPTED;
}

static const struct command_kind command_turn = {"turn", turn_keys, turn_apply};

/* An ordinary insert, in the server. */
struct propose {
    struct command command;
    uint64_t proposal_id, member_id, subject;
    enum proposal_kind kind;
    int64_t points;
};

static void propose_keys(const struct command *command, struct key_set *keys)
{
    (void)command;
    (void)keys;
}

static enum refusal propose_apply(struct book *book, const struct command *command,
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

static const struct command_kind command_propose = {"propose", propose_keys, propose_apply};

/* --- Scripts -----------------------------------------------------------------------------------
 */

/* What the script has named so far, whether or not it came to be. */
struct author {
    uint64_t *random;
    struct arena *arena;
    int64_t now_us;
    uint64_t vouchers;
    uint64_t voucher_owner[WORLD_STEPS];
    uint64_t proposals;
    struct propose proposed[WORLD_STEPS];
    uint64_t lots;
    uint64_t lot_owner[WORLD_STEPS];
    uint64_t merged_into[MEMBERS + 1];
};
#define LOT_BASE 100000 /* the numbers of awarded lots; adjustments have their proposal's */

static uint64_t below(struct author *author, uint64_t limit)
{
    return random_below(author->random, limit);
}

static bool chance(struct author *author, unsigned percent)
{
    return below(author, 100) < percent;
}

static uint64_t any_member(struct author *author)
{
    return 1 + below(author, MEMBERS);
}

static void *invent(struct author *author, size_t size, const struct command_kind *kind)
{
    struct command *command = arena_take(author->arena, size);

    command->kind = kind;
    command->actor = 201 + below(author, 3);
    return command;
}

static struct command *invent_award(struct author *author)
{
    struct award *award = invent(author, sizeof(*award), &command_award);

    award->member_id = chance(author, 1) ? MEMBERS + 1 : any_member(author);
    award->lot_id = LOT_BASE + author->lots;
    award->points = (int64_t)below(author, 12);
    award->expires_us = author->now_us + (int64_t)(1 + below(author, 40)) * DAY_US;
    author->lot_owner[author->lots++] = award->member_id;
    return &award->command;
}

static struct command *invent_hold(struct author *author)
{
    struct hold *hold = invent(author, sizeof(*hold), &command_hold);

    hold->member_id = any_member(author);
    hold->points = (int64_t)below(author, chance(author, 10) ? 60 : 14);
    hold->voucher_id = ++author->vouchers;
    author->voucher_owner[hold->voucher_id] = hold->member_id;
    return &hold->command;
}

static struct command *invent_turn(struct author *author)
{
    static const enum transfer_kind kinds[] = {TRANSFER_CAPTURE,   TRANSFER_CAPTURE,
                                               TRANSFER_UNCAPTURE, TRANSFER_RELEASE,
                                               TRANSFER_LAPSE,     TRANSFER_REFUND};
    struct turn *turn = invent(author, sizeof(*turn), &command_turn);

    turn->kind = kinds[below(author, ARRAY_LENGTH(kinds))];
    turn->voucher_id = 1 + below(author, author->vouchers + 1);
    if (turn->voucher_id > author->vouchers)
        turn->voucher_id = WORLD_STEPS - 1;
    turn->owner_id = turn->voucher_id <= author->vouchers ? author->voucher_owner[turn->voucher_id]
                                                          : any_member(author);
    turn->member_id = turn->owner_id;
    if (chance(author, 80) && author->merged_into[turn->owner_id])
        turn->member_id = author->merged_into[turn->owner_id];
    return &turn->command;
}

static uint64_t any_lot(struct author *author, uint64_t *member_id)
{
    uint64_t lot = author->lots ? below(author, author->lots) : 0;

    *member_id = author->lot_owner[lot];
    if (*member_id == 0 || *member_id > MEMBERS || chance(author, 5))
        *member_id = any_member(author);
    if (author->merged_into[*member_id])
        *member_id = author->merged_into[*member_id];
    return LOT_BASE + lot;
}

static struct command *invent_proposal(struct author *author)
{
    struct propose *propose = invent(author, sizeof(*propose), &command_propose);

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

static struct command *invent_adjust(struct author *author, const struct propose *proposed,
                                     uint64_t person_id)
{
    struct adjust *adjust = invent(author, sizeof(*adjust), &command_adjust);

    adjust->proposal_id = proposed->proposal_id;
    adjust->member_id = proposed->member_id;
    adjust->expires_us = author->now_us + ((int64_t)below(author, 30) - 1) * DAY_US;
    adjust->person_id = person_id;
    return &adjust->command;
}

static struct command *invent_claw_back(struct author *author, const struct propose *proposed,
                                        uint64_t person_id)
{
    struct claw_back *claw_back = invent(author, sizeof(*claw_back), &command_claw_back);

    claw_back->proposal_id = proposed->proposal_id;
    claw_back->member_id = proposed->member_id;
    claw_back->lot_id = proposed->subject + (chance(author, 5) ? 1 : 0);
    claw_back->person_id = person_id;
    return &claw_back->command;
}

static struct command *invent_waive(struct author *author, const struct propose *proposed,
                                    uint64_t person_id)
{
    struct waive *waive = invent(author, sizeof(*waive), &command_waive);

    waive->proposal_id = proposed->proposal_id;
    waive->member_id = proposed->member_id;
    waive->person_id = person_id;
    return &waive->command;
}

/* Mostly what the proposal is about; at times another kind's command, or the wrong person. */
static struct command *invent_decision(struct author *author)
{
    const struct propose *proposed = &author->proposed[1 + below(author, author->proposals + 1)];
    uint64_t person_id = chance(author, 10) ? proposed->member_id : 0;
    enum proposal_kind kind = chance(author, 95) ? proposed->kind : PROPOSAL_WAIVE;

    if (!proposed->kind)
        return invent_proposal(author);
    if (chance(author, 8)) {
        struct reject *reject = invent(author, sizeof(*reject), &command_reject);

        reject->proposal_id = proposed->proposal_id;
        reject->person_id = person_id;
        return &reject->command;
    }
    if (kind == PROPOSAL_ADJUST)
        return invent_adjust(author, proposed, person_id);
    return kind == PROPOSAL_CLAW_BACK ? invent_claw_back(author, proposed, person_id)
                                      : invent_waive(author, proposed, person_id);
}

static struct command *invent_expiry(struct author *author)
{
    struct lot_expire *expire = invent(author, sizeof(*expire), &command_lot_expire);

    expire->command.actor = 0;
    expire->lot_id = any_lot(author, &expire->member_id);
    return &expire->command;
}

static struct command *invent_freeze(struct author *author)
{
    struct freeze *freeze = invent(author, sizeof(*freeze), &command_freeze);

    freeze->member_id = any_member(author);
    freeze->frozen = chance(author, 30);
    freeze->person_id = chance(author, 10) ? freeze->member_id : 0;
    return &freeze->command;
}

static struct command *invent_merge(struct author *author)
{
    struct merge_wallets *merge = invent(author, sizeof(*merge), &command_merge_wallets);

    merge->from_member = any_member(author);
    merge->to_member = any_member(author);
    merge->person_id = chance(author, 10) ? merge->to_member : 0;
    author->merged_into[merge->from_member] = merge->to_member;
    return &merge->command;
}

static struct command *invent_command(struct author *author)
{
    uint64_t dice = below(author, 1000);

    if (dice < 260)
        return invent_award(author);
    if (dice < 480)
        return invent_hold(author);
    if (dice < 750)
        return invent_turn(author);
    if (dice < 820)
        return invent_proposal(author);
    if (dice < 920)
        return invent_decision(author);
    if (dice < 970)
        return invent_expiry(author);
    return dice < 994 ? invent_freeze(author) : invent_merge(author);
}

static void open_wallets(struct book *book, void *context)
{
    (void)context;
    for (uint64_t id = 1; id <= MEMBERS; id++)
        book_add(book, &wallet_rows, id);
}

static const struct sim_kind world_kinds[] = {SIM_WALLETS, SIM_PROPOSALS, {.kind = &voucher_rows}};

struct script {
    struct arena *arena;
    struct sim_step steps[WORLD_STEPS];
};

static struct script *script_write(uint64_t *random)
{
    struct script *script = calloc(1, sizeof(*script));
    struct author *author = calloc(1, sizeof(*author));

    script->arena = author->arena = arena_new();
    author->random = random;
    author->now_us = 20000 * DAY_US;
    for (size_t i = 0; i < WORLD_STEPS; i++) {
        if (chance(author, 12))
            author->now_us += (int64_t)below(author, 36) * HOUR_US;
        script->steps[i] = (struct sim_step){author->now_us, invent_command(author)};
        if (script->steps[i].command->kind == &command_propose)
            author->now_us++; /* it is there before the batch that decides on it is loaded */
    }
    free(author);
    return script;
}

static void script_free(struct script *script)
{
    arena_free(script->arena);
    free(script);
}

#endif
