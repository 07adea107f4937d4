/*
 * What a person decides on a redemption that was held for a check: pure, like the rest of its life
 * (market/commands.c).
 */
#include "ledger/check.h"
#include "market/voucher_moves.h"

static enum refusal find_checked(struct book *book, const struct redemption_ref *want,
                                 struct voucher *voucher, struct check_row **check)
{
    enum refusal refusal;

    if (!voucher_find(book, want, voucher))
        return REFUSED_NOT_FOUND;
    if (voucher_is_own(want))
        return REFUSED_OWN_RECORD;
    refusal = check_find(book, want->check_id, want->redemption_id, want->person_id, check);
    if (refusal != ACCEPTED)
        return refusal;
    return voucher->redemption->state == REDEMPTION_CHECKING ? ACCEPTED : REFUSED_WRONG_STATE;
}

/* Its time begins now. Where a plugin speaks for the merchant, the voucher is asked for now. */
static void issue(struct book *book, const struct redemption_ref *want,
                  struct redemption *redemption)
{
    redemption->expires_us += book_now_us(book) - redemption->created_us;
    voucher_move_to(redemption, redemption->calls == 0 ? REDEMPTION_ISSUED : REDEMPTION_ISSUING);
    operation_open(book, redemption, OPERATION_RESERVE, want->operation_id);
}

static enum refusal release_apply(struct book *book, const struct command *command,
                                  struct outcome *out)
{
    const struct redemption_ref *want = (const struct redemption_ref *)command;
    struct voucher voucher;
    struct check_row *check;
    enum refusal refusal = find_checked(book, want, &voucher, &check);

    if (refusal != ACCEPTED)
        return refusal;
    if (command->actor == 0 && check->due_us > book_now_us(book))
        return REFUSED_WRONG_STATE; /* the keeper, before the day of the answer has passed */
    issue(book, want, voucher.redemption);
    check_close(book, check, CHECK_RELEASED, command->actor, want->reason);
    return voucher_answer(book, &voucher, out);
}

static enum refusal refuse_apply(struct book *book, const struct command *command,
                                 struct outcome *out)
{
    const struct redemption_ref *want = (const struct redemption_ref *)command;
    struct voucher voucher;
    struct check_row *check;
    enum refusal refusal = find_checked(book, want, &voucher, &check);

    if (refusal != ACCEPTED)
        return refusal;
    voucher_give_back(book, want, &voucher, TRANSFER_RELEASE);
    check_close(book, check, CHECK_REFUSED, command->actor, want->reason);
    return voucher_answer(book, &voucher, out);
}

const struct command_kind command_release = {"release", voucher_keys, release_apply, NULL};
const struct command_kind command_refuse = {"refuse", voucher_keys, refuse_apply, NULL};
