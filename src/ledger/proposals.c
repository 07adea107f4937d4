/*
 * Proposals, and the commands that carry them out: one person proposes, another approves, nobody
 * decides on their own wallet.
 */
#include "ledger/check.h"
#include "ledger/command.h"
#include "ledger/wallet.h"

/* --- Rows ------------------------------------------------------------------------------------- */

static void proposals_lock(struct sql *sql, struct row_keys keys)
{
    sql_add(sql, "SELECT proposal_id, kind, state, member_id, subject, points, proposed_by,"
                 " decided_by, decided_us FROM proposals FORCE INDEX (PRIMARY)"
                 " WHERE proposal_id IN ");
    sql_add_ids(sql, keys.keys, keys.count);
    sql_add(sql, " ORDER BY proposal_id FOR UPDATE");
    sql_end(sql);
}

static void proposals_fill(struct book *book, struct rows *rows)
{
    while (rows_next(rows)) {
        struct proposal *proposal = book_add(book, &proposal_rows, rows_id(rows, 0));

        proposal->kind = (enum proposal_kind)rows_int(rows, 1);
        proposal->state = (enum proposal_state)rows_int(rows, 2);
        proposal->member_id = rows_id(rows, 3);
        proposal->subject = rows_id(rows, 4);
        proposal->points = rows_int(rows, 5);
        proposal->proposed_by = rows_id(rows, 6);
        proposal->decided_by = rows_id(rows, 7);
        proposal->decided_us = rows_int(rows, 8);
    }
}

/* A claw back asks how much of a lot was spent: the wallet does not load one that is empty. */
static void tainted_lots_select(struct sql *sql, struct row_keys keys, int64_t now_us)
{
    (void)now_us;
    sql_add(sql, "SELECT lots.member_id, lot_id, lots.points, remaining, gone, expires_us, source,"
                 " grade, lots.state FROM proposals FORCE INDEX (PRIMARY)"
                 " JOIN lots FORCE INDEX (PRIMARY)"
                 " ON lots.member_id = proposals.member_id AND lot_id = subject"
                 " WHERE proposal_id IN ");
    sql_add_ids(sql, keys.keys, keys.count);
    sql_add(sql, " AND kind = ");
    sql_add_int(sql, PROPOSAL_CLAW_BACK);
    sql_end(sql);
}

/* Only the decision; what was proposed never changes. */
static void proposals_write(struct sql *sql, struct row *const *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct proposal *proposal = (const struct proposal *)rows[i];

        sql_add(sql, "UPDATE proposals SET state = ");
        sql_add_int(sql, proposal->state);
        sql_add(sql, ", decided_by = ");
        sql_add_id(sql, proposal->decided_by);
        sql_add(sql, ", decided_us = ");
        sql_add_int(sql, proposal->decided_us);
        sql_add(sql, " WHERE proposal_id = ");
        sql_add_id(sql, proposal->row.key);
        sql_end(sql);
    }
}

const struct row_kind proposal_rows = {
    .name = "proposals",
    .size = sizeof(struct proposal),
    .lock_order = 30,
    .lock = proposals_lock,
    .fill = proposals_fill,
    .reads = {{tainted_lots_select, wallet_fill_lots}},
    .write = proposals_write,
};

/* --- Deciding --------------------------------------------------------------------------------- */

/* What every approval begins with: the rows that it is about. */
struct approval {
    struct proposal *proposal;
    struct wallet *wallet;
    bool done; /* approved before by the same account: nothing moves again */
};

static enum refusal find_approval(struct book *book, const struct command *command,
                                  enum proposal_kind kind, uint64_t proposal_id, uint64_t member_id,
                                  uint64_t person_id, struct approval *approval)
{
    struct proposal *proposal = book_find(book, &proposal_rows, proposal_id);
    struct wallet *wallet = book_wallet(book, member_id);

    if (!proposal || !wallet || proposal->kind != kind || proposal->member_id != member_id)
        return REFUSED_NOT_FOUND;
    if (person_id == member_id)
        return REFUSED_OWN_RECORD;
    if (command->actor == proposal->proposed_by)
        return REFUSED_SAME_PERSON;
    bool done = proposal->state == PROPOSAL_APPROVED && proposal->decided_by == command->actor;
    if (proposal->state != PROPOSAL_OPEN && !done)
        return REFUSED_ALREADY_DECIDED;
    *approval = (struct approval){.proposal = proposal, .wallet = wallet, .done = done};
    return ACCEPTED;
}

static void decide(struct book *book, const struct command *command, struct proposal *proposal,
                   enum proposal_state state)
{
    proposal->state = state;
    proposal->decided_by = command->actor;
    proposal->decided_us = book_now_us(book);
    row_change(&proposal->row);
}

static enum refusal approval_answer(struct book *book, const struct approval *approval,
                                    struct outcome *out)
{
    out->ref = approval->proposal->row.key;
    out->state = (uint8_t)approval->proposal->state;
    outcome_show_wallet(out, approval->wallet, book_now_us(book));
    return ACCEPTED;
}

static void approval_keys(struct key_set *keys, uint64_t proposal_id, uint64_t member_id)
{
    key_set_add(keys, &proposal_rows, proposal_id);
    key_set_add(keys, &wallet_rows, member_id);
}

/* --- Adjust ----------------------------------------------------------------------------------- */

static void adjust_keys(const struct command *command, struct key_set *keys)
{
    const struct adjust *want = (const struct adjust *)command;

    approval_keys(keys, want->proposal_id, want->member_id);
}

static void adjust_event(const struct command *command, struct command_event *about)
{
    const struct adjust *want = (const struct adjust *)command;

    about->event = (struct linli_event){
        .kind = LINLI_ADJUST,
        .event = want->proposal_id,
        .member = want->member_id,
        .actor = command->actor,
        .points = want->points,
    };
    about->subject = (struct fact_subject){
        .member_id = want->member_id, .actor_id = command->actor, .points = want->points};
}

/* A new lot of the proposal's number, or points taken as a redemption would take them. */
static enum refusal move_adjustment(struct book *book, const struct adjust *want,
                                    const struct approval *approval, struct outcome *out)
{
    int64_t points = approval->proposal->points;
    struct transfer transfer = {
        .kind = TRANSFER_ADJUST,
        .ref = want->proposal_id,
        .actor = want->command.actor,
    };

    if (points == 0 || points < -ADJUST_MOST || points > ADJUST_MOST)
        return REFUSED_TOO_MUCH;
    if (points < 0) {
        outcome_show_wallet(out, approval->wallet, book_now_us(book));
        out->points = -points - out->available; /* lacking, if it is refused */
        transfer.to = account_of(ACCOUNT_ADJUSTMENT, 0);
        return wallet_take(book, approval->wallet, &transfer, -points, NULL);
    }
    if (want->expires_us <= book_now_us(book))
        return REFUSED_WRONG_STATE;
    transfer.from = account_of(ACCOUNT_ADJUSTMENT, 0);
    transfer.subject = want->proposal_id;
    wallet_credit(book, approval->wallet, &transfer, want->proposal_id, points, want->expires_us,
                  LOT_ADJUSTMENT, 0);
    return ACCEPTED;
}

static enum refusal adjust_apply(struct book *book, const struct command *command,
                                 struct outcome *out)
{
    const struct adjust *want = (const struct adjust *)command;
    struct approval approval;
    enum refusal refusal = find_approval(book, command, PROPOSAL_ADJUST, want->proposal_id,
                                         want->member_id, want->person_id, &approval);

    if (!refusal && !approval.done)
        refusal = move_adjustment(book, want, &approval, out);
    if (refusal)
        return refusal;
    if (!approval.done) {
        decide(book, command, approval.proposal, PROPOSAL_APPROVED);
        check_open(book, command);
    }
    out->points = approval.proposal->points;
    return approval_answer(book, &approval, out);
}

const struct command_kind command_adjust = {"adjust", adjust_keys, adjust_apply, adjust_event};

/* --- Claw back -------------------------------------------------------------------------------- */

static void claw_back_keys(const struct command *command, struct key_set *keys)
{
    const struct claw_back *want = (const struct claw_back *)command;

    approval_keys(keys, want->proposal_id, want->member_id);
}

/* The vouchers are honoured, on hold or confirmed: the merchant is paid, the member owes. When one
 * comes back after all, wallet_give_back repays. */
static void owe(struct book *book, const struct approval *approval, struct transfer transfer,
                int64_t points)
{
    if (points == 0)
        return;
    transfer.kind = TRANSFER_OWE;
    transfer.from = account_of(ACCOUNT_RECEIVABLE, approval->wallet->row.key);
    transfer.points = points;
    approval->wallet->owed += points;
    wallet_change(approval->wallet);
    book_post(book, &transfer, NULL, 0);
}

/* Returns what the wallet still had. The transfer is posted even for nothing: the history must say
 * that the lot is revoked. */
static int64_t revoke_lot(struct book *book, const struct command *command,
                          const struct approval *approval, struct lot *lot)
{
    struct transfer transfer = {
        .kind = TRANSFER_CLAW_BACK,
        .from = account_of(ACCOUNT_WALLET, approval->wallet->row.key),
        .to = account_of(ACCOUNT_REVOKED, 0),
        .member_id = approval->wallet->row.key,
        .ref = approval->proposal->row.key,
        .subject = lot->id,
        .actor = command->actor,
    };
    int64_t spent = lot_spent(lot);
    int64_t taken = wallet_take_lot(book, approval->wallet, &transfer, lot->id);

    if (taken == 0)
        book_post(book, &transfer, NULL, 0);
    lot->state = LOT_REVOKED;
    lot->changed = true;
    wallet_change(approval->wallet);
    owe(book, approval, transfer, spent);
    return taken;
}

static enum refusal claw_back_apply(struct book *book, const struct command *command,
                                    struct outcome *out)
{
    const struct claw_back *want = (const struct claw_back *)command;
    struct approval approval;
    enum refusal refusal = find_approval(book, command, PROPOSAL_CLAW_BACK, want->proposal_id,
                                         want->member_id, want->person_id, &approval);

    if (refusal)
        return refusal;
    struct lot *lot = wallet_lot(approval.wallet, want->lot_id);
    if (!lot || want->lot_id != approval.proposal->subject)
        return REFUSED_NOT_FOUND;
    if (!approval.done && lot->state == LOT_REVOKED)
        return REFUSED_ALREADY_DECIDED;
    if (!approval.done) {
        out->points = revoke_lot(book, command, &approval, lot);
        decide(book, command, approval.proposal, PROPOSAL_APPROVED);
    }
    return approval_answer(book, &approval, out);
}

const struct command_kind command_claw_back = {"claw_back", claw_back_keys, claw_back_apply};

/* --- Waive ------------------------------------------------------------------------------------ */

static void waive_keys(const struct command *command, struct key_set *keys)
{
    const struct waive *want = (const struct waive *)command;

    approval_keys(keys, want->proposal_id, want->member_id);
}

/* Returned vouchers may have repaid some of it since it was proposed: what is left is let go. */
static int64_t waive_debt(struct book *book, const struct command *command,
                          const struct approval *approval)
{
    struct wallet *wallet = approval->wallet;
    int64_t proposed = approval->proposal->points;
    struct transfer transfer = {
        .kind = TRANSFER_WAIVE,
        .from = account_of(ACCOUNT_WAIVED, 0),
        .to = account_of(ACCOUNT_RECEIVABLE, wallet->row.key),
        .points = proposed < wallet->owed ? proposed : wallet->owed,
        .member_id = wallet->row.key,
        .ref = approval->proposal->row.key,
        .actor = command->actor,
    };

    wallet->owed -= transfer.points;
    wallet_change(wallet);
    book_post(book, &transfer, NULL, 0);
    return transfer.points;
}

static enum refusal waive_apply(struct book *book, const struct command *command,
                                struct outcome *out)
{
    const struct waive *want = (const struct waive *)command;
    struct approval approval;
    enum refusal refusal = find_approval(book, command, PROPOSAL_WAIVE, want->proposal_id,
                                         want->member_id, want->person_id, &approval);

    if (refusal)
        return refusal;
    if (!approval.done) {
        if (approval.wallet->owed == 0 || approval.proposal->points <= 0)
            return REFUSED_WRONG_STATE;
        out->points = waive_debt(book, command, &approval);
        decide(book, command, approval.proposal, PROPOSAL_APPROVED);
    }
    return approval_answer(book, &approval, out);
}

const struct command_kind command_waive = {"waive", waive_keys, waive_apply};

/* --- Reject ----------------------------------------------------------------------------------- */

static void reject_keys(const struct command *command, struct key_set *keys)
{
    key_set_add(keys, &proposal_rows, ((const struct reject *)command)->proposal_id);
}

static enum refusal reject_apply(struct book *book, const struct command *command,
                                 struct outcome *out)
{
    const struct reject *want = (const struct reject *)command;
    struct proposal *proposal = book_find(book, &proposal_rows, want->proposal_id);

    if (!proposal)
        return REFUSED_NOT_FOUND;
    if (want->person_id != 0 &&
        (want->person_id == proposal->member_id || want->person_id == want->owner_id))
        return REFUSED_OWN_RECORD;
    bool done = proposal->state == PROPOSAL_REJECTED && proposal->decided_by == command->actor;
    if (proposal->state != PROPOSAL_OPEN && !done)
        return REFUSED_ALREADY_DECIDED;
    if (!done)
        decide(book, command, proposal, PROPOSAL_REJECTED);
    out->ref = want->proposal_id;
    out->state = PROPOSAL_REJECTED;
    return ACCEPTED;
}

const struct command_kind command_reject = {"reject", reject_keys, reject_apply};
