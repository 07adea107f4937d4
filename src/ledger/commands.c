/*
 * The ledger's own commands on wallets that one person (or the keeper) may give. What two people
 * must agree on is in proposals.c.
 */
#include "ledger/command.h"
#include "ledger/wallet.h"

void outcome_show_wallet(struct outcome *out, const struct wallet *wallet, int64_t now_us)
{
    out->available = wallet_spendable(wallet, now_us);
    out->held = wallet->held;
}

/* --- Expiry of a lot -------------------------------------------------------------------------- */

static void lot_expire_keys(const struct command *command, struct key_set *keys)
{
    key_set_add(keys, &wallet_rows, ((const struct lot_expire *)command)->member_id);
}

/* Two keepers may ask for the same: the second finds nothing left. What is on hold has left the lot
 * and does not expire. */
static enum refusal lot_expire_apply(struct book *book, const struct command *command,
                                     struct outcome *out)
{
    const struct lot_expire *want = (const struct lot_expire *)command;
    struct wallet *wallet = book_wallet(book, want->member_id);
    struct transfer expiry = {
        .kind = TRANSFER_LOT_EXPIRY,
        .to = account_of(ACCOUNT_EXPIRED, 0),
        .ref = want->lot_id,
        .subject = want->lot_id,
        .actor = command->actor,
    };

    if (!wallet)
        return REFUSED_NOT_FOUND;
    const struct lot *lot = wallet_lot(wallet, want->lot_id);
    if (lot && lot->expires_us <= book_now_us(book))
        out->points = wallet_take_lot(book, wallet, &expiry, want->lot_id);
    out->ref = want->lot_id;
    outcome_show_wallet(out, wallet, book_now_us(book));
    return ACCEPTED;
}

const struct command_kind command_lot_expire = {"lot_expire", lot_expire_keys, lot_expire_apply};

/* --- Freezing --------------------------------------------------------------------------------- */

static void freeze_keys(const struct command *command, struct key_set *keys)
{
    key_set_add(keys, &wallet_rows, ((const struct freeze *)command)->member_id);
}

static enum refusal freeze_apply(struct book *book, const struct command *command,
                                 struct outcome *out)
{
    const struct freeze *want = (const struct freeze *)command;
    struct wallet *wallet = book_wallet(book, want->member_id);
    enum wallet_state state = want->frozen ? WALLET_FROZEN : WALLET_OPEN;
    struct transfer transfer = {
        .kind = TRANSFER_FREEZE,
        .member_id = want->member_id,
        .ref = want->member_id,
        .pieces = want->frozen,
        .actor = command->actor,
    };

    if (!wallet)
        return REFUSED_NOT_FOUND;
    if (want->person_id == want->member_id)
        return REFUSED_OWN_RECORD;
    if (wallet->state != state) {
        wallet->state = state;
        wallet_change(wallet);
        book_post(book, &transfer, NULL, 0);
    }
    out->ref = want->member_id;
    out->state = (uint8_t)state;
    outcome_show_wallet(out, wallet, book_now_us(book));
    return ACCEPTED;
}

const struct command_kind command_freeze = {"freeze", freeze_keys, freeze_apply};

/* --- Merging two wallets of one person -------------------------------------------------------- */

static void merge_keys(const struct command *command, struct key_set *keys)
{
    const struct merge_wallets *want = (const struct merge_wallets *)command;

    key_set_add(keys, &wallet_rows, want->from_member);
    key_set_add(keys, &wallet_rows, want->to_member);
}

/* A frozen wallet is being looked into: a merge would hide what is there. */
static enum refusal merge_refusal(const struct merge_wallets *want, const struct wallet *from,
                                  const struct wallet *to)
{
    if (want->person_id == want->from_member || want->person_id == want->to_member)
        return REFUSED_OWN_RECORD;
    if (from == to || from->state == WALLET_MERGED)
        return REFUSED_WRONG_STATE;
    if (from->state == WALLET_FROZEN || to->state == WALLET_FROZEN)
        return REFUSED_WALLET_FROZEN;
    if (from->held > 0)
        return REFUSED_OPEN_HOLDS;
    return ACCEPTED;
}

static enum refusal merge_apply(struct book *book, const struct command *command,
                                struct outcome *out)
{
    const struct merge_wallets *want = (const struct merge_wallets *)command;
    struct wallet *from = book_find(book, &wallet_rows, want->from_member);
    struct wallet *to = book_wallet(book, want->to_member);

    if (!from || !to)
        return REFUSED_NOT_FOUND;
    if (from->state != WALLET_MERGED || from->merged_into != want->to_member) {
        enum refusal refusal = merge_refusal(want, from, to);

        if (refusal)
            return refusal;
        out->points = from->available;
        wallet_absorb(book, to, from, command->actor);
    }
    out->ref = want->to_member;
    out->state = (uint8_t)to->state;
    outcome_show_wallet(out, to, book_now_us(book));
    return ACCEPTED;
}

const struct command_kind command_merge_wallets = {"merge_wallets", merge_keys, merge_apply};

/* --- Keeping a note under a key --------------------------------------------------------------- */

static void note_keys(const struct command *command, struct key_set *keys)
{
    (void)command;
    (void)keys;
}

static enum refusal note_apply(struct book *book, const struct command *command,
                               struct outcome *out)
{
    *out = ((const struct note *)command)->kept;
    out->at_us = book_now_us(book);
    return ACCEPTED;
}

const struct command_kind command_note = {"note", note_keys, note_apply};
