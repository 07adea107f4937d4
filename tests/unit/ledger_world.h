/*
 * Random worlds for the tests of the ledger: a few members, and scripts of commands that earn,
 * spend, decide, expire, freeze and merge; many of them are refused. The rooms above are stood for
 * by three commands and a kind of row (vouchers); product_world.h has the real ones.
 */
#ifndef LINLI_UNIT_LEDGER_WORLD_H
#define LINLI_UNIT_LEDGER_WORLD_H

#include "ledger_script.h"
#include "simulator_rows.h"

#define DAILY_CAP 40
#define MERCHANT  77

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
    if (!turn_is_possible(want, (int)voucher->state))
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

/* --- Scripts ---------------------------------------------------------------------------------- */

struct world_author {
    struct author author;
    uint64_t vouchers;
    uint64_t voucher_owner[WORLD_STEPS + 1];
};

static struct command *invent_award(struct author *author)
{
    struct award *award = invent(author, sizeof(*award), &command_award);

    award->member_id = chance(author, 1) ? MEMBERS + 1 : any_member(author);
    award->lot_id = new_lot(author, award->member_id);
    award->points = (int64_t)below(author, 12);
    award->expires_us = author->now_us + (int64_t)(1 + below(author, 40)) * DAY_US;
    return &award->command;
}

static struct command *invent_hold(struct world_author *world)
{
    struct author *author = &world->author;
    struct hold *hold = invent(author, sizeof(*hold), &command_hold);

    hold->member_id = any_member(author);
    hold->points = (int64_t)below(author, chance(author, 10) ? 60 : 14);
    hold->voucher_id = ++world->vouchers;
    world->voucher_owner[hold->voucher_id] = hold->member_id;
    return &hold->command;
}

static struct command *invent_turn(struct world_author *world)
{
    static const enum transfer_kind kinds[] = {TRANSFER_CAPTURE,   TRANSFER_CAPTURE,
                                               TRANSFER_UNCAPTURE, TRANSFER_RELEASE,
                                               TRANSFER_LAPSE,     TRANSFER_REFUND};
    struct author *author = &world->author;
    struct turn *turn = invent(author, sizeof(*turn), &command_turn);

    turn->kind = kinds[below(author, ARRAY_LENGTH(kinds))];
    turn->voucher_id = 1 + below(author, world->vouchers + 1);
    if (turn->voucher_id > world->vouchers)
        turn->voucher_id = WORLD_STEPS - 1;
    turn->owner_id = turn->voucher_id <= world->vouchers ? world->voucher_owner[turn->voucher_id]
                                                         : any_member(author);
    turn->member_id = turn->owner_id;
    if (chance(author, 80) && author->merged_into[turn->owner_id])
        turn->member_id = author->merged_into[turn->owner_id];
    return &turn->command;
}

static struct command *invent_command(struct author *author)
{
    struct world_author *world = (struct world_author *)author;
    uint64_t dice = below(author, 1000);

    if (dice < 260)
        return invent_award(author);
    if (dice < 480)
        return invent_hold(world);
    if (dice < 750)
        return invent_turn(world);
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

static struct script *world_script(uint64_t *random)
{
    struct world_author *world = calloc(1, sizeof(*world));
    struct script *script = script_write(&world->author, random, invent_command);

    free(world);
    return script;
}

#endif
