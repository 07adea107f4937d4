/*
 * The life of a redemption, as pure functions on locked rows: reserve → issued → confirm, and
 * the ways back: undo, cancel, lapse, refund. Settlement has its own file.
 */
#include "base/clock.h"
#include "ledger/wallet.h"
#include "market/redemption.h"

/* --- Reserve -------------------------------------------------------------------------------- */

static void reserve_keys(const struct command *command, struct key_set *keys)
{
    const struct reserve *want = (const struct reserve *)command;

    key_set_add(keys, &stock_rows, want->reward_id);
    key_set_add(keys, &wallet_rows, want->member_id);
}

#define NO_LIMIT (-1)

/*
 * Limits count by local days: with limit_days 7, days 0..6 are a period, 7..13 the next. It is
 * named by the day before which it ends, so that one name has one end whatever the terms were: what
 * was used stays with the wallet until then.
 */
static int32_t limit_period(const struct stock *stock, int64_t now_us, int offset_minutes)
{
    if (stock->limit_count == 0)
        return NO_LIMIT;
    return (calendar_day(now_us, offset_minutes) / stock->limit_days + 1) * stock->limit_days;
}

static bool limit_reached(const struct wallet *wallet, const struct stock *stock, int32_t period)
{
    return period != NO_LIMIT &&
           wallet_limit_used(wallet, stock->row.key, period) >= stock->limit_count;
}

static bool budget_spent(const struct stock *stock)
{
    return stock->budget_fen > 0 && stock->committed_fen + stock->reimburse_fen > stock->budget_fen;
}

static enum refusal reserve_refusal(const struct reserve *want, const struct stock *stock,
                                    const struct wallet *wallet, int32_t period, int64_t now_us)
{
    if (stock == NULL || wallet == NULL)
        return REFUSED_NOT_FOUND;
    if (stock->state != STOCK_OPEN || (stock->sell_until_us != 0 && stock->sell_until_us <= now_us))
        return REFUSED_REWARD_CLOSED;
    if (stock->terms_version != want->terms_version || stock->price != want->price)
        return REFUSED_TERMS_CHANGED;
    if (stock->free == 0)
        return REFUSED_SOLD_OUT;
    if (budget_spent(stock))
        return REFUSED_BUDGET_SPENT;
    if (wallet->state != WALLET_OPEN)
        return REFUSED_WALLET_FROZEN;
    if (limit_reached(wallet, stock, period))
        return REFUSED_LIMIT_REACHED;
    return ACCEPTED;
}

static void issue_redemption(struct book *book, const struct reserve *want,
                             const struct stock *stock, int32_t period, struct text allocation)
{
    struct redemption *redemption = book_create(book, &redemption_rows, want->redemption_id);

    redemption->member_id = want->member_id;
    redemption->reward_id = want->reward_id;
    redemption->merchant_id = stock->merchant_id;
    redemption->state = REDEMPTION_ISSUED;
    redemption->points = stock->price;
    redemption->reimburse_fen = stock->reimburse_fen;
    redemption->sponsor_id = stock->sponsor_id;
    redemption->terms_version = stock->terms_version;
    redemption->code_key = want->code_key;
    redemption->limit_period = period;
    redemption->created_us = book_now_us(book);
    redemption->expires_us = book_now_us(book) + stock->valid_us;
    for (size_t i = 0; i < sizeof redemption->code_hash; i++)
        redemption->code_hash[i] = want->code_hash[i];
    buffer_add(&redemption->allocation, allocation.data, allocation.length);
}

/*
 * Holds the price from the member's lots, those that expire first, and one piece of stock. The
 * price was quoted to the member: if the terms moved since, they must be asked again.
 */
static enum refusal reserve_apply(struct book *book, const struct command *command,
                                  struct outcome *out)
{
    const struct reserve *want = (const struct reserve *)command;
    struct stock *stock = book_find(book, &stock_rows, want->reward_id);
    struct wallet *wallet = book_wallet(book, want->member_id);
    int64_t now_us = book_now_us(book);
    int32_t period =
        stock != NULL ? limit_period(stock, now_us, want->utc_offset_minutes) : NO_LIMIT;
    enum refusal refusal = reserve_refusal(want, stock, wallet, period, now_us);
    struct transfer hold = {
        .kind = TRANSFER_HOLD,
        .to = account_of(ACCOUNT_HELD, want->member_id),
        .ref = want->redemption_id,
        .subject = want->reward_id,
        .pieces = 1,
        .actor = command->actor,
    };
    struct text allocation;

    if (refusal != ACCEPTED)
        return refusal;
    refusal = wallet_take(book, wallet, &hold, stock->price, &allocation);
    if (refusal == REFUSED_NOT_ENOUGH_POINTS) {
        outcome_show_wallet(out, wallet, now_us);
        out->points = stock->price - out->available; /* what is lacking */
    }
    if (refusal != ACCEPTED)
        return refusal;

    if (period != NO_LIMIT)
        wallet_use_limit(wallet, stock->row.key, period, 1,
                         calendar_day_start_us(period, want->utc_offset_minutes));
    stock->free--;
    stock->held++;
    stock->committed_fen += stock->reimburse_fen;
    row_change(&stock->row);
    issue_redemption(book, want, stock, period, allocation);

    out->ref = want->redemption_id;
    out->extra = want->code_key;
    out->state = REDEMPTION_ISSUED;
    out->points = stock->price;
    out->until_us = now_us + stock->valid_us;
    outcome_show_wallet(out, wallet, now_us);
    return ACCEPTED;
}

const struct command_kind command_reserve = {"reserve", reserve_keys, reserve_apply};

/* --- What happens to a voucher afterwards ---------------------------------------------------- */

/* The rows that a transition works on; found together, or not at all. */
struct voucher {
    struct redemption *redemption;
    struct stock *stock;
    struct wallet *wallet;
};

static void voucher_keys(const struct command *command, struct key_set *keys)
{
    const struct redemption_ref *want = (const struct redemption_ref *)command;

    key_set_add(keys, &redemption_rows, want->redemption_id);
    key_set_add(keys, &stock_rows, want->reward_id);
    key_set_add(keys, &wallet_rows, want->wallet_id);
}

static bool find_voucher(struct book *book, const struct redemption_ref *want,
                         struct voucher *voucher)
{
    voucher->redemption = book_find(book, &redemption_rows, want->redemption_id);
    voucher->stock = book_find(book, &stock_rows, want->reward_id);
    voucher->wallet = book_wallet(book, want->wallet_id);
    return voucher->redemption != NULL && voucher->stock != NULL && voucher->wallet != NULL &&
           voucher->redemption->member_id == want->member_id &&
           voucher->redemption->reward_id == want->reward_id;
}

/* Why a voucher in this state cannot be used, in words that a clerk can pass on. */
static enum refusal state_refusal(enum redemption_state state)
{
    switch (state) {
    case REDEMPTION_CONFIRMED:
    case REDEMPTION_SETTLED: return REFUSED_VOUCHER_USED;
    case REDEMPTION_CANCELLED: return REFUSED_VOUCHER_CANCELLED;
    case REDEMPTION_EXPIRED: return REFUSED_VOUCHER_EXPIRED;
    case REDEMPTION_REFUNDED: return REFUSED_VOUCHER_REFUNDED;
    default: return REFUSED_WRONG_STATE;
    }
}

static bool of_other_merchant(const struct redemption_ref *want,
                              const struct redemption *redemption)
{
    return want->caller_merchant != 0 && want->caller_merchant != redemption->merchant_id;
}

/* Another shop of the same merchant: told to its clerk, who can send the member there. */
static bool of_other_shop(const struct redemption_ref *want, uint64_t shop_id)
{
    return shop_id != 0 && want->caller_shop != 0 && want->caller_shop != shop_id;
}

static bool is_own_voucher(const struct redemption_ref *want)
{
    return want->person_id == want->member_id || want->person_id == want->wallet_id;
}

static struct transfer transfer_of(const struct command *command, enum transfer_kind kind,
                                   const struct redemption *redemption)
{
    return (struct transfer){
        .kind = kind,
        .points = redemption->points,
        .member_id = redemption->member_id,
        .ref = redemption->row.key,
        .subject = redemption->reward_id,
        .pieces = 1,
        .actor = command->actor,
    };
}

static void move_to(struct redemption *redemption, enum redemption_state state)
{
    redemption->state = state;
    row_change(&redemption->row);
}

static enum refusal voucher_answer(struct book *book, const struct voucher *voucher,
                                   struct outcome *out)
{
    out->ref = voucher->redemption->row.key;
    out->extra = voucher->redemption->code_key;
    out->state = (uint8_t)voucher->redemption->state;
    out->points = voucher->redemption->points;
    out->until_us = voucher->redemption->expires_us;
    outcome_show_wallet(out, voucher->wallet, book_now_us(book));
    return ACCEPTED;
}

/* When and where it was used: a member who shows it twice is told so at the counter. */
static void tell_use(const struct redemption *redemption, struct outcome *out)
{
    out->until_us = redemption->confirmed_us;
    out->ref = redemption->shop_id;
}

/* Points on hold go to the merchant: the goods were handed over. */
static enum refusal confirm_apply(struct book *book, const struct command *command,
                                  struct outcome *out)
{
    const struct redemption_ref *want = (const struct redemption_ref *)command;
    struct voucher voucher;
    struct transfer transfer;

    if (!find_voucher(book, want, &voucher))
        return REFUSED_NOT_FOUND;
    if (of_other_merchant(want, voucher.redemption))
        return REFUSED_WRONG_MERCHANT;
    if (is_own_voucher(want))
        return REFUSED_OWN_RECORD;
    if (voucher.redemption->state != REDEMPTION_ISSUED) {
        tell_use(voucher.redemption, out);
        return state_refusal(voucher.redemption->state);
    }
    if (voucher.redemption->expires_us <= book_now_us(book))
        return REFUSED_VOUCHER_EXPIRED;
    if (of_other_shop(want, want->reward_shop))
        return REFUSED_WRONG_SHOP;

    transfer = transfer_of(command, TRANSFER_CAPTURE, voucher.redemption);
    transfer.from = account_of(ACCOUNT_HELD, want->wallet_id);
    transfer.to = account_of(ACCOUNT_MERCHANT, voucher.redemption->merchant_id);
    wallet_move_held(book, voucher.wallet, &transfer);
    voucher.stock->held--;
    voucher.stock->sold++;
    row_change(&voucher.stock->row);
    voucher.redemption->confirmed_us = book_now_us(book);
    voucher.redemption->confirmed_by = command->actor;
    voucher.redemption->shop_id = want->caller_shop;
    move_to(voucher.redemption, REDEMPTION_CONFIRMED);
    return voucher_answer(book, &voucher, out);
}

/* A slip at the counter taken back: the voucher is good again. */
static enum refusal undo_apply(struct book *book, const struct command *command,
                               struct outcome *out)
{
    const struct redemption_ref *want = (const struct redemption_ref *)command;
    struct voucher voucher;
    struct transfer transfer;

    if (!find_voucher(book, want, &voucher))
        return REFUSED_NOT_FOUND;
    if (of_other_merchant(want, voucher.redemption))
        return REFUSED_WRONG_MERCHANT;
    if (is_own_voucher(want))
        return REFUSED_OWN_RECORD;
    if (voucher.redemption->state == REDEMPTION_SETTLED)
        return REFUSED_UNDO_TOO_LATE;
    if (voucher.redemption->state != REDEMPTION_CONFIRMED)
        return REFUSED_WRONG_STATE;
    if (of_other_shop(want, voucher.redemption->shop_id))
        return REFUSED_WRONG_SHOP;
    if (book_now_us(book) - voucher.redemption->confirmed_us > want->undo_window_us ||
        voucher.redemption->confirmed_us < want->cut_off_us)
        return REFUSED_UNDO_TOO_LATE;

    transfer = transfer_of(command, TRANSFER_UNCAPTURE, voucher.redemption);
    transfer.from = account_of(ACCOUNT_MERCHANT, voucher.redemption->merchant_id);
    transfer.to = account_of(ACCOUNT_HELD, want->wallet_id);
    wallet_move_held(book, voucher.wallet, &transfer);
    voucher.stock->sold--;
    voucher.stock->held++;
    row_change(&voucher.stock->row);
    voucher.redemption->confirmed_us = 0;
    voucher.redemption->confirmed_by = 0;
    voucher.redemption->shop_id = 0;
    move_to(voucher.redemption, REDEMPTION_ISSUED);
    return voucher_answer(book, &voucher, out);
}

/* Points, piece, limit and budget go back to where they came from; `from` is the account that has
 * them. */
static void give_back(struct book *book, const struct command *command, struct voucher *voucher,
                      enum transfer_kind kind, uint64_t from, enum redemption_state state)
{
    struct redemption *redemption = voucher->redemption;
    struct transfer transfer = transfer_of(command, kind, redemption);
    struct text allocation = {redemption->allocation.data, redemption->allocation.length};

    transfer.from = from;
    wallet_give_back(book, voucher->wallet, &transfer, allocation);
    if (redemption->limit_period != NO_LIMIT)
        wallet_use_limit(voucher->wallet, redemption->reward_id, redemption->limit_period, -1, 0);
    if (account_kind(from) == ACCOUNT_HELD)
        voucher->stock->held--;
    else
        voucher->stock->sold--;
    voucher->stock->free++;
    voucher->stock->committed_fen -= redemption->reimburse_fen;
    row_change(&voucher->stock->row);
    redemption->closed_us = book_now_us(book);
    move_to(redemption, state);
}

static enum refusal cancel_apply(struct book *book, const struct command *command,
                                 struct outcome *out)
{
    const struct redemption_ref *want = (const struct redemption_ref *)command;
    struct voucher voucher;

    if (!find_voucher(book, want, &voucher))
        return REFUSED_NOT_FOUND;
    if (voucher.redemption->state != REDEMPTION_ISSUED)
        return state_refusal(voucher.redemption->state);
    give_back(book, command, &voucher, TRANSFER_RELEASE, account_of(ACCOUNT_HELD, want->wallet_id),
              REDEMPTION_CANCELLED);
    return voucher_answer(book, &voucher, out);
}

/* The keeper's: a voucher that nobody used in time. */
static enum refusal lapse_apply(struct book *book, const struct command *command,
                                struct outcome *out)
{
    const struct redemption_ref *want = (const struct redemption_ref *)command;
    struct voucher voucher;

    if (!find_voucher(book, want, &voucher))
        return REFUSED_NOT_FOUND;
    if (voucher.redemption->state != REDEMPTION_ISSUED ||
        voucher.redemption->expires_us > book_now_us(book))
        return REFUSED_WRONG_STATE;
    give_back(book, command, &voucher, TRANSFER_LAPSE, account_of(ACCOUNT_HELD, want->wallet_id),
              REDEMPTION_EXPIRED);
    return voucher_answer(book, &voucher, out);
}

/* The goods came back after the confirmation; possible until the statement is settled. */
static enum refusal refund_apply(struct book *book, const struct command *command,
                                 struct outcome *out)
{
    const struct redemption_ref *want = (const struct redemption_ref *)command;
    struct voucher voucher;

    if (!find_voucher(book, want, &voucher))
        return REFUSED_NOT_FOUND;
    if (of_other_merchant(want, voucher.redemption))
        return REFUSED_WRONG_MERCHANT;
    if (is_own_voucher(want))
        return REFUSED_OWN_RECORD;
    if (voucher.redemption->state == REDEMPTION_REFUNDED)
        return REFUSED_VOUCHER_REFUNDED;
    if (voucher.redemption->state != REDEMPTION_CONFIRMED)
        return REFUSED_WRONG_STATE;
    give_back(book, command, &voucher, TRANSFER_REFUND,
              account_of(ACCOUNT_MERCHANT, voucher.redemption->merchant_id), REDEMPTION_REFUNDED);
    return voucher_answer(book, &voucher, out);
}

const struct command_kind command_confirm = {"confirm", voucher_keys, confirm_apply};
const struct command_kind command_undo = {"undo", voucher_keys, undo_apply};
const struct command_kind command_cancel = {"cancel", voucher_keys, cancel_apply};
const struct command_kind command_lapse = {"lapse", voucher_keys, lapse_apply};
const struct command_kind command_refund = {"refund", voucher_keys, refund_apply};
