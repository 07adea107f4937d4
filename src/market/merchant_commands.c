/*
 * What becomes of a redemption when its merchant has answered, or a person has decided in the
 * merchant's place. Pure.
 */
#include "market/voucher_moves.h"

static enum refusal find_open(struct book *book, const struct redemption_ref *want,
                              uint64_t operation_id, struct voucher *voucher,
                              struct operation **operation)
{
    *operation = book_find(book, &operation_rows, operation_id);
    if (*operation == NULL || !voucher_find(book, want, voucher))
        return REFUSED_NOT_FOUND;
    if ((*operation)->redemption_id != want->redemption_id)
        return REFUSED_NOT_FOUND;
    return voucher->redemption->operation_id == operation_id ? ACCEPTED : REFUSED_WRONG_STATE;
}

static void close_operation(struct book *book, const struct voucher *voucher,
                            struct operation *operation, enum operation_state state)
{
    operation->state = state;
    operation->closed_us = book_now_us(book);
    row_change(&operation->row);
    voucher->redemption->operation_id = 0;
    voucher->redemption->asking = 0;
    row_change(&voucher->redemption->row);
}

/* It stays open, for a person; what is held for its answer is held visibly. */
static void give_up(const struct voucher *voucher, struct operation *operation)
{
    operation->state = OPERATION_DEAD;
    row_change(&operation->row);
    if (operation_is_waited_for(operation->kind) && voucher_is_open(voucher->redemption))
        voucher_move_to(voucher->redemption, REDEMPTION_STUCK);
}

/* --- Answers ---------------------------------------------------------------------------------- */

static void answer_keys(const struct command *command, struct key_set *keys)
{
    const struct answer_call *want = (const struct answer_call *)command;

    voucher_keys(command, keys);
    key_set_add(keys, &operation_rows, want->answered_id);
}

static void keep_code(struct book *book, const struct answer_call *want)
{
    struct merchant_voucher *voucher;

    if (want->code.sealed.length == 0)
        return;
    voucher = book_create(book, &merchant_voucher_rows, want->ref.redemption_id);
    voucher->code = want->code;
    voucher->code.sealed.data =
        arena_copy(voucher->row.memory, want->code.sealed.data, want->code.sealed.length);
}

/* The voucher is there. Where nobody will confirm it at a counter, it counts as handed over. */
static void issue(struct book *book, const struct answer_call *want, const struct voucher *voucher)
{
    struct redemption *redemption = voucher->redemption;

    keep_code(book, want);
    if (want->expires_us > book_now_us(book))
        redemption->expires_us = want->expires_us;
    voucher_move_to(redemption, REDEMPTION_ISSUED);
    if (redemption->calls & CALLS_CONFIRMS_AT_ONCE)
        voucher_capture(book, &want->ref, voucher);
}

static void take_done(struct book *book, const struct answer_call *want,
                      const struct voucher *voucher, struct operation *operation)
{
    close_operation(book, voucher, operation, OPERATION_DONE);
    switch (operation->kind) {
    case OPERATION_RESERVE: issue(book, want, voucher); break;
    case OPERATION_CANCEL:
        if (voucher_is_open(voucher->redemption)) /* else it is only told */
            voucher_give_back(book, &want->ref, voucher, TRANSFER_RELEASE);
        break;
    case OPERATION_LAPSE: voucher_give_back(book, &want->ref, voucher, TRANSFER_LAPSE); break;
    case OPERATION_CONFIRM:
    case OPERATION_REFUND:
    case OPERATION_SETTLE:
    case OPERATION_UNDO: break;
    }
}

/* A merchant may say no to a voucher, and to a member who changes their mind. To anything else it
 * is told, it cannot: a person sees to it. */
static void take_declined(struct book *book, const struct answer_call *want,
                          const struct voucher *voucher, struct operation *operation)
{
    bool is_open = voucher_is_open(voucher->redemption);

    if (operation->kind == OPERATION_RESERVE) {
        close_operation(book, voucher, operation, OPERATION_DECLINED);
        voucher_give_back(book, &want->ref, voucher, TRANSFER_RELEASE);
    } else if (operation->kind == OPERATION_CANCEL && is_open) {
        close_operation(book, voucher, operation, OPERATION_DECLINED);
    } else {
        give_up(voucher, operation);
    }
}

/* The voucher was never made. Should the request be on its way still, what comes behind it undoes
 * it at the merchant. */
static void take_absent(struct book *book, const struct answer_call *want,
                        const struct voucher *voucher, struct operation *operation)
{
    if (operation->kind != OPERATION_RESERVE) {
        give_up(voucher, operation);
        return;
    }
    close_operation(book, voucher, operation, OPERATION_DECLINED);
    voucher_give_back(book, &want->ref, voucher, TRANSFER_RELEASE);
    if (want->was_sent)
        operation_open(book, voucher->redemption, OPERATION_CANCEL, want->ref.operation_id);
}

static enum refusal answer_apply(struct book *book, const struct command *command,
                                 struct outcome *out)
{
    const struct answer_call *want = (const struct answer_call *)command;
    struct operation *operation;
    struct voucher voucher;
    enum refusal refusal = find_open(book, &want->ref, want->answered_id, &voucher, &operation);

    if (refusal != ACCEPTED)
        return refusal;
    if (operation->state != OPERATION_WAITING || operation->attempt != want->attempt)
        return REFUSED_WRONG_STATE;
    switch (want->answer) {
    case ANSWER_DONE: take_done(book, want, &voucher, operation); break;
    case ANSWER_DECLINED: take_declined(book, want, &voucher, operation); break;
    case ANSWER_ABSENT: take_absent(book, want, &voucher, operation); break;
    case ANSWER_GIVE_UP: give_up(&voucher, operation); break;
    }
    voucher_run_intent(book, &want->ref, &voucher);
    return voucher_answer(book, &voucher, out);
}

const struct command_kind command_answer = {"answer", answer_keys, answer_apply};

/* --- A person's decision ---------------------------------------------------------------------- */

const char *decision_name(enum decision decision)
{
    static const char *const names[] = {
        [DECIDED_CONFIRMED] = "confirmed",
        [DECIDED_CANCELLED] = "cancelled",
        [DECIDED_ASK_AGAIN] = "ask_again",
    };

    return name_from(names, ARRAY_LENGTH(names), (size_t)decision);
}

static void decide_keys(const struct command *command, struct key_set *keys)
{
    const struct decide_call *want = (const struct decide_call *)command;

    voucher_keys(command, keys);
    key_set_add(keys, &operation_rows, want->dead_id);
}

static void ask_again(const struct voucher *voucher, struct operation *operation)
{
    operation->state = OPERATION_WAITING;
    operation->due_us = 0;
    operation->deadline_us = 0;
    row_change(&operation->row);
    if (voucher->redemption->state == REDEMPTION_STUCK)
        voucher_move_to(voucher->redemption, operation->kind == OPERATION_RESERVE
                                                 ? REDEMPTION_ISSUING
                                                 : REDEMPTION_ISSUED);
}

/* Whether what we have can become what was decided; what is there already stands. */
static bool may_become(enum redemption_state state, enum decision decision)
{
    switch (state) {
    case REDEMPTION_STUCK:
    case REDEMPTION_ISSUED:
    case REDEMPTION_CONFIRMED: return true;
    case REDEMPTION_SETTLED: return decision == DECIDED_CONFIRMED;
    case REDEMPTION_CANCELLED:
    case REDEMPTION_EXPIRED:
    case REDEMPTION_REFUNDED: return decision == DECIDED_CANCELLED;
    default: return false;
    }
}

/* The merchant is not told: whoever decides has spoken with them. */
static void become(struct book *book, const struct decide_call *want, const struct voucher *voucher)
{
    bool is_open = voucher_is_open(voucher->redemption);

    if (want->decision == DECIDED_CONFIRMED && is_open)
        voucher_capture(book, &want->ref, voucher);
    else if (want->decision == DECIDED_CANCELLED && is_open)
        voucher_give_back(book, &want->ref, voucher, TRANSFER_RELEASE);
    else if (want->decision == DECIDED_CANCELLED &&
             voucher->redemption->state == REDEMPTION_CONFIRMED)
        voucher_give_back(book, &want->ref, voucher, TRANSFER_REFUND);
}

static enum refusal decide_apply(struct book *book, const struct command *command,
                                 struct outcome *out)
{
    const struct decide_call *want = (const struct decide_call *)command;
    struct operation *operation;
    struct voucher voucher;
    enum refusal refusal = find_open(book, &want->ref, want->dead_id, &voucher, &operation);

    if (refusal == REFUSED_WRONG_STATE)
        return REFUSED_ALREADY_DECIDED;
    if (refusal != ACCEPTED)
        return refusal;
    if (operation->state != OPERATION_DEAD)
        return REFUSED_WRONG_STATE;
    if (voucher_is_own(&want->ref))
        return REFUSED_OWN_RECORD;
    operation->decided_by = command->actor;
    if (want->decision == DECIDED_ASK_AGAIN) {
        ask_again(&voucher, operation);
        return voucher_answer(book, &voucher, out);
    }
    if (!may_become(voucher.redemption->state, want->decision))
        return REFUSED_WRONG_STATE;
    close_operation(book, &voucher, operation, OPERATION_DECIDED);
    become(book, want, &voucher);
    voucher_run_intent(book, &want->ref, &voucher);
    return voucher_answer(book, &voucher, out);
}

const struct command_kind command_decide = {"decide", decide_keys, decide_apply};
