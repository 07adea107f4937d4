#include "market/voucher_moves.h"

#include "ledger/check.h"

void voucher_keys(const struct command *command, struct key_set *keys)
{
    const struct redemption_ref *want = (const struct redemption_ref *)command;

    key_set_add(keys, &redemption_rows, want->redemption_id);
    key_set_add(keys, &stock_rows, want->reward_id);
    key_set_add(keys, &wallet_rows, want->wallet_id);
    if (want->check_id != 0)
        key_set_add(keys, &check_rows, want->check_id);
}

bool voucher_find(struct book *book, const struct redemption_ref *want, struct voucher *voucher)
{
    voucher->redemption = book_find(book, &redemption_rows, want->redemption_id);
    voucher->stock = book_find(book, &stock_rows, want->reward_id);
    voucher->wallet = book_wallet(book, want->wallet_id);
    return voucher->redemption != NULL && voucher->stock != NULL && voucher->wallet != NULL &&
           voucher->redemption->member_id == want->member_id &&
           voucher->redemption->reward_id == want->reward_id;
}

bool voucher_is_own(const struct redemption_ref *want)
{
    if (want->redeemer_id != 0 && want->redeemer_id == want->command.actor)
        return true;
    if (want->person_id == 0)
        return false;
    return want->person_id == want->member_id || want->person_id == want->wallet_id ||
           want->person_id == want->redeemer_person;
}

bool voucher_is_open(const struct redemption *redemption)
{
    return redemption->state == REDEMPTION_ISSUING || redemption->state == REDEMPTION_ISSUED ||
           redemption->state == REDEMPTION_STUCK;
}

void voucher_move_to(struct redemption *redemption, enum redemption_state state)
{
    redemption->state = state;
    row_change(&redemption->row);
}

enum refusal voucher_answer(struct book *book, const struct voucher *voucher, struct outcome *out)
{
    out->ref = voucher->redemption->row.key;
    out->extra = voucher->redemption->code_key;
    out->state = (uint8_t)voucher->redemption->state;
    out->points = voucher->redemption->points;
    out->until_us = voucher->redemption->expires_us;
    outcome_show_wallet(out, voucher->wallet, book_now_us(book));
    return ACCEPTED;
}

/* --- Intents ---------------------------------------------------------------------------------- */

bool voucher_intend(const struct redemption_ref *want, const struct voucher *voucher,
                    enum intent intent)
{
    struct redemption *redemption = voucher->redemption;

    if (redemption->operation_id == 0)
        return false;
    if (redemption->intent == INTENT_NONE) {
        redemption->intent = intent;
        redemption->intent_by = want->command.actor;
        row_change(&redemption->row);
    }
    return true;
}

bool voucher_intends_else(const struct redemption *redemption, enum intent intent)
{
    return redemption->operation_id != 0 && redemption->intent != INTENT_NONE &&
           redemption->intent != intent;
}

void voucher_run_intent(struct book *book, const struct redemption_ref *want,
                        const struct voucher *voucher)
{
    struct redemption *redemption = voucher->redemption;
    struct redemption_ref then = *want;
    enum intent intent = redemption->intent;

    if (intent == INTENT_NONE || redemption->operation_id != 0)
        return;
    then.command.actor = redemption->intent_by;
    redemption->intent = INTENT_NONE;
    redemption->intent_by = 0;
    row_change(&redemption->row);
    if (redemption->state == REDEMPTION_ISSUED && intent == INTENT_CANCEL)
        voucher_return(book, &then, voucher, OPERATION_CANCEL);
    else if (redemption->state == REDEMPTION_ISSUED && intent == INTENT_LAPSE)
        voucher_return(book, &then, voucher, OPERATION_LAPSE);
    else if (redemption->state == REDEMPTION_CONFIRMED && intent == INTENT_UNDO)
        voucher_undo(book, &then, voucher);
    else if (redemption->state == REDEMPTION_CONFIRMED && intent == INTENT_REFUND)
        voucher_refund(book, &then, voucher);
}

/* --- Points ----------------------------------------------------------------------------------- */

static struct transfer transfer_of(const struct redemption_ref *want, enum transfer_kind kind,
                                   const struct redemption *redemption)
{
    return (struct transfer){
        .kind = kind,
        .points = redemption->points,
        .member_id = redemption->member_id,
        .ref = redemption->row.key,
        .subject = redemption->reward_id,
        .pieces = 1,
        .actor = want->command.actor,
    };
}

void voucher_capture(struct book *book, const struct redemption_ref *want,
                     const struct voucher *voucher)
{
    struct redemption *redemption = voucher->redemption;
    struct transfer transfer = transfer_of(want, TRANSFER_CAPTURE, redemption);

    transfer.from = account_of(ACCOUNT_HELD, want->wallet_id);
    transfer.to = account_of(ACCOUNT_MERCHANT, redemption->merchant_id);
    wallet_move_held(book, voucher->wallet, &transfer);
    voucher->stock->held--;
    voucher->stock->sold++;
    row_change(&voucher->stock->row);
    redemption->confirmed_us = book_now_us(book);
    redemption->confirmed_by = want->command.actor;
    voucher_move_to(redemption, REDEMPTION_CONFIRMED);
}

void voucher_undo(struct book *book, const struct redemption_ref *want,
                  const struct voucher *voucher)
{
    struct redemption *redemption = voucher->redemption;
    struct transfer transfer = transfer_of(want, TRANSFER_UNCAPTURE, redemption);

    transfer.from = account_of(ACCOUNT_MERCHANT, redemption->merchant_id);
    transfer.to = account_of(ACCOUNT_HELD, want->wallet_id);
    wallet_move_held(book, voucher->wallet, &transfer);
    voucher->stock->sold--;
    voucher->stock->held++;
    row_change(&voucher->stock->row);
    redemption->confirmed_us = 0;
    redemption->confirmed_by = 0;
    redemption->shop_id = 0;
    voucher_move_to(redemption, REDEMPTION_ISSUED);
    operation_open(book, redemption, OPERATION_UNDO, want->operation_id);
}

void voucher_give_back(struct book *book, const struct redemption_ref *want,
                       const struct voucher *voucher, enum transfer_kind kind)
{
    struct redemption *redemption = voucher->redemption;
    struct transfer transfer = transfer_of(want, kind, redemption);
    struct text allocation = {redemption->allocation.data, redemption->allocation.length};
    bool was_held = kind != TRANSFER_REFUND;

    transfer.from = was_held ? account_of(ACCOUNT_HELD, want->wallet_id)
                             : account_of(ACCOUNT_MERCHANT, redemption->merchant_id);
    wallet_give_back(book, voucher->wallet, &transfer, allocation);
    if (redemption->limit_period != NO_LIMIT)
        wallet_use_limit(voucher->wallet, redemption->reward_id, redemption->limit_period, -1, 0);
    voucher->stock->held -= was_held;
    voucher->stock->sold -= !was_held;
    voucher->stock->free++;
    voucher->stock->committed_fen -= redemption->reimburse_fen;
    row_change(&voucher->stock->row);
    redemption->closed_us = book_now_us(book);
    voucher_move_to(redemption, kind == TRANSFER_RELEASE ? REDEMPTION_CANCELLED
                                : kind == TRANSFER_LAPSE ? REDEMPTION_EXPIRED
                                                         : REDEMPTION_REFUNDED);
}

void voucher_return(struct book *book, const struct redemption_ref *want,
                    const struct voucher *voucher, enum operation_kind kind)
{
    if (!operation_open(book, voucher->redemption, kind, want->operation_id))
        voucher_give_back(book, want, voucher,
                          kind == OPERATION_LAPSE ? TRANSFER_LAPSE : TRANSFER_RELEASE);
}

void voucher_refund(struct book *book, const struct redemption_ref *want,
                    const struct voucher *voucher)
{
    voucher_give_back(book, want, voucher, TRANSFER_REFUND);
    operation_open(book, voucher->redemption, OPERATION_REFUND, want->operation_id);
}
