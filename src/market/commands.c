/*
 * The life of a redemption, as pure functions on locked rows: reserve → issued → confirm, and
 * the ways back: undo, cancel, lapse, refund. Settlement has its own file.
 */
#include "base/clock.h"
#include "ledger/check.h"
#include "ledger/wallet.h"
#include "market/operation.h"
#include "market/voucher_moves.h"

/* --- Reserve -------------------------------------------------------------------------------- */

static void reserve_keys(const struct command *command, struct key_set *keys)
{
    const struct reserve *want = (const struct reserve *)command;

    key_set_add(keys, &stock_rows, want->reward_id);
    key_set_add(keys, &wallet_rows, want->member_id);
}

static void reserve_event(const struct command *command, struct command_event *about)
{
    const struct reserve *want = (const struct reserve *)command;

    about->event = (struct linli_event){
        .kind = LINLI_REDEEM,
        .event = want->redemption_id,
        .member = want->member_id,
        .actor = command->actor != want->member_id ? command->actor : 0,
        .merchant = want->merchant_id,
        .subject = want->reward_id,
        .points = want->price,
    };
    about->subject = (struct fact_subject){
        .member_id = want->member_id,
        .actor_id = about->event.actor,
        .merchant_id = want->merchant_id,
        .reward_id = want->reward_id,
        .redemption_id = want->redemption_id,
        .points = want->price,
    };
}

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
    if (want->by_proxy && want->person_id == want->member_id)
        return REFUSED_OWN_RECORD;
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
    if (calls_tells(stock->calls) & ~want->agreed)
        return REFUSED_MUST_AGREE;
    return ACCEPTED;
}

static struct redemption *create_redemption(struct book *book, const struct reserve *want,
                                            const struct stock *stock, int32_t period,
                                            struct text allocation)
{
    struct redemption *redemption = book_create(book, &redemption_rows, want->redemption_id);

    redemption->member_id = want->member_id;
    redemption->reward_id = want->reward_id;
    redemption->merchant_id = stock->merchant_id;
    redemption->state = command_is_held(&want->command) ? REDEMPTION_CHECKING
                        : stock->calls == 0             ? REDEMPTION_ISSUED
                                                        : REDEMPTION_ISSUING;
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
    redemption->integration_id = stock->integration_id;
    redemption->calls = stock->calls;
    redemption->agreed = calls_tells(stock->calls);
    return redemption;
}

/*
 * Holds the price from the member's lots, those that expire first, and one piece of stock. The
 * price was quoted to the member: if the terms moved since, they must be asked again. Linli's own
 * voucher is issued at once; where a plugin speaks for the merchant, it is asked for from here.
 * What a rule holds waits for a person first.
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
    struct redemption *redemption;
    struct text allocation;

    if (refusal == REFUSED_MUST_AGREE)
        out->extra = calls_tells(stock->calls);
    if (refusal != ACCEPTED)
        return refusal;
    refusal = wallet_take(book, wallet, &hold, stock->price, &allocation);
    if (refusal == REFUSED_NOT_ENOUGH_POINTS && !want->by_proxy) {
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
    redemption = create_redemption(book, want, stock, period, allocation);
    if (!command_is_held(command))
        operation_open(book, redemption, OPERATION_RESERVE, want->operation_id);
    check_open(book, command);

    out->ref = want->redemption_id;
    out->extra = want->code_key;
    out->state = (uint8_t)redemption->state;
    out->points = stock->price;
    out->until_us =
        command_is_held(command) ? command->judged.answer_by_us : redemption->expires_us;
    outcome_show_wallet(out, wallet, now_us);
    return ACCEPTED;
}

const struct command_kind command_reserve = {"reserve", reserve_keys, reserve_apply, reserve_event};

/* --- What happens to a voucher afterwards ---------------------------------------------------- */

static void voucher_event(const struct command *command, enum linli_event_kind kind,
                          struct command_event *about)
{
    const struct redemption_ref *want = (const struct redemption_ref *)command;

    about->event = (struct linli_event){
        .kind = kind,
        .event = want->redemption_id,
        .member = want->wallet_id,
        .actor = command->actor != want->member_id ? command->actor : 0,
        .merchant = want->merchant_id,
        .subject = want->reward_id,
        .points = want->points,
    };
    about->subject = (struct fact_subject){
        .member_id = want->member_id,
        .actor_id = about->event.actor,
        .merchant_id = want->merchant_id,
        .reward_id = want->reward_id,
        .redemption_id = want->redemption_id,
        .points = want->points,
    };
}

static void confirm_event(const struct command *command, struct command_event *about)
{
    voucher_event(command, LINLI_CONFIRM, about);
}

static void cancel_event(const struct command *command, struct command_event *about)
{
    voucher_event(command, LINLI_CANCEL, about);
}

static void refund_event(const struct command *command, struct command_event *about)
{
    voucher_event(command, LINLI_REFUND, about);
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
    case REDEMPTION_ISSUING:
    case REDEMPTION_STUCK: return REFUSED_WAITING_FOR_MERCHANT;
    case REDEMPTION_CHECKING: return REFUSED_BEING_CHECKED;
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

/* When and where it was used: a member who shows it twice is told so at the counter. */
static void tell_use(const struct redemption *redemption, struct outcome *out)
{
    out->until_us = redemption->confirmed_us;
    out->ref = redemption->shop_id;
}

/* Points on hold go to the merchant: the goods were handed over. Nobody waits at a counter for
 * the merchant's computer: it is told afterwards. */
static enum refusal confirm_apply(struct book *book, const struct command *command,
                                  struct outcome *out)
{
    const struct redemption_ref *want = (const struct redemption_ref *)command;
    struct voucher voucher;

    if (!voucher_find(book, want, &voucher))
        return REFUSED_NOT_FOUND;
    if (of_other_merchant(want, voucher.redemption))
        return REFUSED_WRONG_MERCHANT;
    if (want->is_ambiguous)
        return REFUSED_AMBIGUOUS_CODE;
    if (voucher_is_own(want))
        return REFUSED_OWN_RECORD;
    if (voucher.redemption->state != REDEMPTION_ISSUED) {
        tell_use(voucher.redemption, out);
        return state_refusal(voucher.redemption->state);
    }
    if (voucher.redemption->operation_id != 0)
        return REFUSED_WAITING_FOR_MERCHANT;
    if (voucher.redemption->expires_us <= book_now_us(book))
        return REFUSED_VOUCHER_EXPIRED;
    if (of_other_shop(want, want->reward_shop))
        return REFUSED_WRONG_SHOP;

    voucher.redemption->shop_id = want->caller_shop;
    voucher_capture(book, want, &voucher);
    operation_open(book, voucher.redemption, OPERATION_CONFIRM, want->operation_id);
    check_open(book, command);
    return voucher_answer(book, &voucher, out);
}

/* A slip at the counter taken back: the voucher is good again. */
static enum refusal undo_apply(struct book *book, const struct command *command,
                               struct outcome *out)
{
    const struct redemption_ref *want = (const struct redemption_ref *)command;
    struct voucher voucher;

    if (!voucher_find(book, want, &voucher))
        return REFUSED_NOT_FOUND;
    if (of_other_merchant(want, voucher.redemption))
        return REFUSED_WRONG_MERCHANT;
    if (voucher_is_own(want))
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
    if (voucher.redemption->calls != 0 && !(voucher.redemption->calls & CALLS_CAN_UNDO))
        return REFUSED_CANNOT_UNDO;

    if (voucher_intends_else(voucher.redemption, INTENT_UNDO))
        return REFUSED_WAITING_FOR_MERCHANT;
    if (!voucher_intend(want, &voucher, INTENT_UNDO))
        voucher_undo(book, want, &voucher);
    return voucher_answer(book, &voucher, out);
}

/* What is being checked can be taken back as well: no merchant has heard of it, and it ends the
 * check. */
static enum refusal withdraw(struct book *book, const struct redemption_ref *want,
                             const struct voucher *voucher, struct outcome *out)
{
    struct check_row *check;
    enum refusal refusal = check_find(book, want->check_id, want->redemption_id, 0, &check);

    if (refusal != ACCEPTED)
        return refusal;
    check_close(book, check, CHECK_WITHDRAWN, want->command.actor, (struct text){0});
    voucher_give_back(book, want, voucher, TRANSFER_RELEASE);
    return voucher_answer(book, voucher, out);
}

static enum refusal cancel_apply(struct book *book, const struct command *command,
                                 struct outcome *out)
{
    const struct redemption_ref *want = (const struct redemption_ref *)command;
    struct voucher voucher;

    if (!voucher_find(book, want, &voucher))
        return REFUSED_NOT_FOUND;
    if (voucher.redemption->state == REDEMPTION_CHECKING && want->check_id != 0)
        return withdraw(book, want, &voucher, out);
    if (!voucher_is_open(voucher.redemption))
        return state_refusal(voucher.redemption->state);
    if (!voucher_intend(want, &voucher, INTENT_CANCEL))
        voucher_return(book, want, &voucher, OPERATION_CANCEL);
    check_open(book, command);
    return voucher_answer(book, &voucher, out);
}

/* The keeper's: a voucher that nobody used in time. */
static enum refusal lapse_apply(struct book *book, const struct command *command,
                                struct outcome *out)
{
    const struct redemption_ref *want = (const struct redemption_ref *)command;
    struct voucher voucher;

    if (!voucher_find(book, want, &voucher))
        return REFUSED_NOT_FOUND;
    if (!voucher_is_open(voucher.redemption) || voucher.redemption->expires_us > book_now_us(book))
        return REFUSED_WRONG_STATE;
    if (!voucher_intend(want, &voucher, INTENT_LAPSE))
        voucher_return(book, want, &voucher, OPERATION_LAPSE);
    return voucher_answer(book, &voucher, out);
}

/* The goods came back after the confirmation; possible until the statement is settled. */
static enum refusal refund_apply(struct book *book, const struct command *command,
                                 struct outcome *out)
{
    const struct redemption_ref *want = (const struct redemption_ref *)command;
    struct voucher voucher;

    if (!voucher_find(book, want, &voucher))
        return REFUSED_NOT_FOUND;
    if (of_other_merchant(want, voucher.redemption))
        return REFUSED_WRONG_MERCHANT;
    if (voucher_is_own(want))
        return REFUSED_OWN_RECORD;
    if (voucher.redemption->state == REDEMPTION_REFUNDED)
        return REFUSED_VOUCHER_REFUNDED;
    if (voucher.redemption->state != REDEMPTION_CONFIRMED)
        return REFUSED_WRONG_STATE;
    if (voucher_intends_else(voucher.redemption, INTENT_REFUND))
        return REFUSED_WAITING_FOR_MERCHANT;
    if (!voucher_intend(want, &voucher, INTENT_REFUND))
        voucher_refund(book, want, &voucher);
    check_open(book, command);
    return voucher_answer(book, &voucher, out);
}

const struct command_kind command_confirm = {"confirm", voucher_keys, confirm_apply, confirm_event};
const struct command_kind command_undo = {"undo", voucher_keys, undo_apply};
const struct command_kind command_cancel = {"cancel", voucher_keys, cancel_apply, cancel_event};
const struct command_kind command_lapse = {"lapse", voucher_keys, lapse_apply};
const struct command_kind command_refund = {"refund", voucher_keys, refund_apply, refund_event};
