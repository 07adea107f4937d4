/*
 * Vouchers that merchants issue, with everything that can happen between two programs: requests
 * that are lost or arrive late, answers that are lost, come twice or out of order, servers that
 * die in between, people who change their minds meanwhile. The merchant here is a program of
 * another make than ours: it keeps what was done to each voucher and answers by the key.
 *
 * In the end both sides tell the same, or a person has it in their queue.
 */
#include "unit.h"

#include <stdlib.h>

#include "base/clock.h"
#include "ledger/wallet.h"
#include "market/operation.h"
#include "market/settlement.h"
#include "market/voucher_moves.h"
#include "outbox/plan.h"

#define MEMBER     UINT64_C(100)
#define REWARD     UINT64_C(200)
#define MERCHANT   UINT64_C(300)
#define CLERK      UINT64_C(400)
#define FIRST      UINT64_C(1000) /* redemption */
#define STATEMENT  UINT64_C(900)
#define PRICE      10
#define MOST       12 /* redemptions of one world */
#define OPS_MOST   200
#define ANSWERS    64
#define START_US   (20000 * DAY_US)
#define EVERYTHING (CALLS_PLUGIN | CALLS_CAN_UNDO | 0xBE)

/* --- The other side --------------------------------------------------------------------------- */

struct theirs {
    bool has_voucher, used, back, refunded, settled;
};
struct op {
    uint64_t id, redemption_id;
    enum operation_kind kind;
    bool seen; /* by the merchant */
    bool done; /* as it answered, and will again */
    /* Ours: */
    int32_t attempt;
    bool querying, sent;
    int64_t due_us, deadline_us;
};
struct late {
    struct answer_call answer;
    bool is_there;
};

struct world {
    uint64_t seed;
    int64_t now_us;
    struct book *book;
    uint64_t height, next_op;
    struct theirs theirs[MOST];
    struct op ops[OPS_MOST];
    size_t op_count;
    struct late late[ANSWERS];     /* answers under way to the teller */
    uint64_t on_the_wire[ANSWERS]; /* operations under way to the merchant */
    uint32_t calls;
    bool calm; /* nothing is lost any more, nobody wants anything */
    int declines_percent;
};

static uint32_t roll(struct world *world, uint32_t sides)
{
    return (uint32_t)random_below(&world->seed, sides);
}

static bool chance(struct world *world, uint32_t percent)
{
    return roll(world, 100) < percent;
}

static struct op *op_of(struct world *world, uint64_t id)
{
    for (size_t i = 0; i < world->op_count; i++)
        if (world->ops[i].id == id)
            return &world->ops[i];
    fail_msg("operation %llu is not known", (unsigned long long)id);
    return NULL;
}

/* What a merchant with sense does with a request it sees for the first time. */
static bool obey(struct world *world, const struct op *op)
{
    struct theirs *theirs = &world->theirs[op->redemption_id - FIRST];
    bool no = !world->calm && chance(world, (uint32_t)world->declines_percent);

    switch (op->kind) {
    case OPERATION_RESERVE:
        if (no || theirs->back) /* cancelled before it came */
            return false;
        theirs->has_voucher = true;
        return true;
    case OPERATION_CANCEL:
    case OPERATION_LAPSE:
        if (theirs->used || (no && theirs->has_voucher))
            return false;
        theirs->back = true;
        return true;
    case OPERATION_CONFIRM:
        if (no)
            return false;
        theirs->used = true;
        return true;
    case OPERATION_UNDO: theirs->used = false; return true;
    case OPERATION_REFUND: theirs->refunded = true; return true;
    case OPERATION_SETTLE: theirs->settled = true; return true;
    }
    return false;
}

static uint32_t merchant_answers(struct world *world, struct op *op)
{
    if (!op->seen) {
        op->seen = true;
        op->done = obey(world, op);
    }
    return op->done ? LINLI_DONE : LINLI_DECLINED;
}

/* --- Our side --------------------------------------------------------------------------------- */

static void next_batch(struct world *world)
{
    book_begin(world->book, 1, ++world->height, world->now_us);
}

static struct redemption_ref ref_to(struct world *world, uint64_t redemption_id)
{
    return (struct redemption_ref){
        .command.actor = CLERK,
        .redemption_id = redemption_id,
        .member_id = MEMBER,
        .reward_id = REWARD,
        .merchant_id = MERCHANT,
        .wallet_id = MEMBER,
        .undo_window_us = HOUR_US,
        .operation_id = world->next_op++,
    };
}

static enum refusal apply(struct world *world, struct command *command,
                          const struct command_kind *kind)
{
    struct outcome outcome = {0};
    enum refusal refusal;

    next_batch(world);
    command->kind = kind;
    refusal = kind->apply(world->book, command, &outcome);
    if (refusal != ACCEPTED) {
        size_t count;

        book_transfers(world->book, &count);
        assert_int_equal(count, 0);
    }
    return refusal;
}

/* New operations, as dispatch would find them in the table. */
static void look_for_operations(struct world *world)
{
    size_t count;
    struct row *const *rows = book_rows(world->book, &operation_rows, &count);

    for (size_t i = 0; i < count; i++) {
        const struct operation *operation = (const struct operation *)rows[i];
        bool is_known = false;

        for (size_t j = 0; j < world->op_count; j++)
            is_known = is_known || world->ops[j].id == operation->row.key;
        if (is_known)
            continue;
        assert_true(world->op_count < OPS_MOST);
        world->ops[world->op_count++] = (struct op){.id = operation->row.key,
                                                    .redemption_id = operation->redemption_id,
                                                    .kind = operation->kind};
    }
}

static void send_answer(struct world *world, const struct answer_call *answer)
{
    struct answer_call copy = *answer;

    apply(world, &copy.ref.command, &command_answer);
}

static void keep_for_later(struct world *world, const struct answer_call *answer)
{
    world->late[roll(world, ANSWERS)] = (struct late){*answer, true};
}

/* Into the book: at once, later, twice, or never (the server died; the lease ends). */
static void report(struct world *world, const struct op *op, enum plan_report what)
{
    static const enum answer answers[] = {[REPORT_DONE] = ANSWER_DONE,
                                          [REPORT_DECLINED] = ANSWER_DECLINED,
                                          [REPORT_ABSENT] = ANSWER_ABSENT,
                                          [REPORT_GIVE_UP] = ANSWER_GIVE_UP};
    struct answer_call answer = {.ref = ref_to(world, op->redemption_id),
                                 .answered_id = op->id,
                                 .attempt = op->attempt,
                                 .was_sent = op->sent,
                                 .answer = answers[what]};

    answer.ref.command.actor = 0;
    if (world->calm || chance(world, 70))
        send_answer(world, &answer);
    if (!world->calm && chance(world, 40)) {
        answer.ref.operation_id = world->next_op++;
        keep_for_later(world, &answer);
    }
}

/* One call over the wire: what the plugin would make of what came back. */
static uint32_t make_call(struct world *world, struct op *op, bool query, bool *was_sent)
{
    *was_sent = true;
    if (world->calm)
        return query && !op->seen ? LINLI_ABSENT : merchant_answers(world, op);
    if (chance(world, 15)) { /* no connection */
        *was_sent = false;
        return LINLI_UNKNOWN;
    }
    if (chance(world, 15)) { /* the request takes its time */
        if (!query)
            world->on_the_wire[roll(world, ANSWERS)] = op->id;
        return LINLI_UNKNOWN;
    }
    if (chance(world, 10))
        return LINLI_RETRY;
    uint32_t outcome = query && !op->seen ? LINLI_ABSENT : merchant_answers(world, op);
    return chance(world, 20) ? LINLI_UNKNOWN : outcome;
}

/* What dispatch does with one that is due. */
static void attempt(struct world *world, struct op *op, const struct operation *operation)
{
    static const struct plan_rules rules = {10 * MINUTE_US, DAY_US};
    struct plan_state state;
    struct plan_start start;
    struct plan_next next = {0};
    bool was_sent;

    op->attempt++;
    ((struct operation *)(uintptr_t)operation)->attempt = op->attempt; /* the lease */
    op->due_us = world->now_us + MINUTE_US;
    if (op->deadline_us == 0)
        op->deadline_us = plan_deadline_us(&rules, op->kind, world->now_us);
    state = (struct plan_state){.kind = op->kind,
                                .attempt = op->attempt,
                                .querying = op->querying,
                                .sent = op->sent,
                                .now_us = world->now_us,
                                .deadline_us = op->deadline_us,
                                .luck = roll(world, 1000)};
    start = plan_start(&state);
    next.report = start.report;
    if (start.report == REPORT_NONE) {
        uint32_t outcome = make_call(world, op, start.query, &was_sent);

        if (!world->calm && chance(world, 5)) { /* killed: only what was written before is known */
            op->sent = op->sent || !start.query;
            return;
        }
        state.querying = start.query;
        state.sent = op->sent = op->sent || (was_sent && !start.query);
        next = plan_next(&state, outcome, 5);
    }
    if (next.report != REPORT_NONE) {
        report(world, op, next.report);
        return;
    }
    op->querying = next.querying;
    op->due_us = next.due_us;
}

static void dispatch(struct world *world)
{
    look_for_operations(world);
    for (size_t i = 0; i < world->op_count; i++) {
        struct op *op = &world->ops[i];
        const struct operation *operation = book_find(world->book, &operation_rows, op->id);

        if (operation->state != OPERATION_WAITING)
            continue;
        if (op->due_us <= world->now_us)
            attempt(world, op, operation);
    }
}

static void let_late_ones_arrive(struct world *world)
{
    struct late *late = &world->late[roll(world, ANSWERS)];
    uint64_t *wire = &world->on_the_wire[roll(world, ANSWERS)];

    if (late->is_there) {
        late->is_there = false;
        send_answer(world, &late->answer);
    }
    if (*wire != 0) {
        merchant_answers(world, op_of(world, *wire));
        *wire = 0;
    }
}

/* --- People ----------------------------------------------------------------------------------- */

static const struct redemption *redemption_at(struct world *world, size_t i)
{
    return book_find(world->book, &redemption_rows, FIRST + i);
}

static void redeem(struct world *world, size_t i)
{
    struct reserve reserve = {.command.actor = MEMBER,
                              .redemption_id = FIRST + i,
                              .member_id = MEMBER,
                              .reward_id = REWARD,
                              .price = PRICE,
                              .terms_version = 1,
                              .operation_id = world->next_op++};

    if (redemption_at(world, i) == NULL)
        assert_int_equal(apply(world, &reserve.command, &command_reserve), ACCEPTED);
}

static void decide(struct world *world, const struct redemption *redemption)
{
    struct decide_call decide = {.ref = ref_to(world, redemption->row.key),
                                 .dead_id = redemption->operation_id,
                                 .decision = DECIDED_ASK_AGAIN};
    const struct operation *operation =
        book_find(world->book, &operation_rows, redemption->operation_id);

    if (operation && operation->state == OPERATION_DEAD && chance(world, 10) &&
        apply(world, &decide.ref.command, &command_decide) == ACCEPTED) {
        struct op *op = op_of(world, decide.dead_id);

        op->deadline_us = op->due_us = 0;
        op->querying = op->sent;
    }
}

static void somebody_acts(struct world *world)
{
    static const struct command_kind *const kinds[] = {&command_confirm, &command_cancel,
                                                       &command_lapse,   &command_undo,
                                                       &command_refund,  &command_confirm};
    size_t i = roll(world, MOST), what = roll(world, 9);
    const struct redemption *redemption = redemption_at(world, i);
    struct redemption_ref ref;

    if (redemption == NULL) {
        redeem(world, i);
        return;
    }
    ref = ref_to(world, FIRST + i);
    if (what < ARRAY_LENGTH(kinds)) {
        apply(world, &ref.command, kinds[what]);
    } else if (what == 6) {
        struct settle settle = {.redemption_id = FIRST + i,
                                .statement_id = STATEMENT,
                                .operation_id = world->next_op++,
                                .undo_window_us = HOUR_US};

        apply(world, &settle.command, &command_settle);
    } else if (redemption->operation_id != 0) {
        decide(world, redemption);
    }
}

/* --- What must be true ------------------------------------------------------------------------ */

static void books_hold(struct world *world)
{
    struct wallet *wallet = book_wallet(world->book, MEMBER);
    const struct stock *stock = book_find(world->book, &stock_rows, REWARD);
    int64_t held = 0, sold = 0;
    struct error error;

    assert_true(book_holds(world->book, &error));
    for (size_t i = 0; i < MOST; i++) {
        const struct redemption *redemption = redemption_at(world, i);

        if (redemption == NULL)
            continue;
        held += voucher_is_open(redemption);
        sold +=
            redemption->state == REDEMPTION_CONFIRMED || redemption->state == REDEMPTION_SETTLED;
    }
    assert_int_equal(wallet->held, held * PRICE);
    assert_int_equal(wallet->available, (MOST - held - sold) * PRICE);
    assert_int_equal(stock->held, held);
    assert_int_equal(stock->sold, sold);
}

/* An operation is open if and only if its redemption says so. */
static void operations_fit(struct world *world)
{
    for (size_t i = 0; i < MOST; i++) {
        const struct redemption *redemption = redemption_at(world, i);
        const struct operation *open;

        if (redemption == NULL)
            continue;
        open = redemption->operation_id == 0
                   ? NULL
                   : book_find(world->book, &operation_rows, redemption->operation_id);
        assert_true((redemption->operation_id == 0) == (open == NULL));
        if (redemption->state == REDEMPTION_ISSUING)
            assert_true(open && open->kind == OPERATION_RESERVE &&
                        open->state == OPERATION_WAITING);
        if (redemption->state == REDEMPTION_STUCK)
            assert_true(open && open->state == OPERATION_DEAD);
        if (open)
            assert_true(open->state == OPERATION_WAITING || open->state == OPERATION_DEAD);
        else
            assert_true(redemption->intent == INTENT_NONE);
    }
}

static void both_sides_agree(struct world *world, size_t i)
{
    const struct redemption *redemption = redemption_at(world, i);
    const struct theirs *theirs = &world->theirs[i];

    if (redemption == NULL || redemption->operation_id != 0)
        return; /* a person's queue */
    switch (redemption->state) {
    case REDEMPTION_ISSUED:
        assert_true(theirs->has_voucher && !theirs->used && !theirs->back);
        break;
    case REDEMPTION_SETTLED:
    case REDEMPTION_CONFIRMED:
        assert_true(theirs->has_voucher && theirs->used && !theirs->back);
        break;
    case REDEMPTION_REFUNDED: assert_true(theirs->refunded); break;
    case REDEMPTION_CANCELLED:
    case REDEMPTION_EXPIRED: assert_true(!theirs->has_voucher || theirs->back); break;
    default: fail_msg("redemption %zu is left in %s", i, redemption_state_name(redemption->state));
    }
}

/* --- Worlds ----------------------------------------------------------------------------------- */

static struct world *new_world(uint64_t seed)
{
    struct world *world = calloc(1, sizeof *world);
    struct transfer award = {.kind = TRANSFER_AWARD, .from = account_of(ACCOUNT_ISSUANCE, 0)};
    struct stock *stock;
    struct statement *statement;

    *world = (struct world){.seed = seed, .now_us = START_US, .next_op = 5000};
    world->declines_percent = (int)(seed % 3) * 10;
    world->book = book_new();
    next_batch(world);
    wallet_credit(world->book, book_create(world->book, &wallet_rows, MEMBER), &award, 70,
                  MOST * PRICE, START_US + 9000 * DAY_US, LOT_RECORD, 2);
    stock = book_create(world->book, &stock_rows, REWARD);
    *stock = (struct stock){.row = stock->row,
                            .merchant_id = MERCHANT,
                            .price = PRICE,
                            .terms_version = 1,
                            .limit_days = 1,
                            .valid_us = 6 * HOUR_US,
                            .initial = MOST,
                            .free = MOST,
                            .integration_id = 77,
                            .calls = EVERYTHING};
    statement = book_create(world->book, &statement_rows, STATEMENT);
    statement->merchant_id = MERCHANT;
    statement->cut_off_us = INT64_MAX;
    return world;
}

static void live(struct world *world, int steps)
{
    for (int i = 0; i < steps; i++) {
        world->now_us += roll(world, chance(world, 3) ? 8 * 3600 : 60) * SECOND_US;
        if (!world->calm && chance(world, 60))
            somebody_acts(world);
        dispatch(world);
        let_late_ones_arrive(world);
        books_hold(world);
        operations_fit(world);
    }
}

static void whatever_happens_both_sides_agree_or_a_person_is_asked(void **state)
{
    int reached[REDEMPTION_STUCK + 1] = {0};

    (void)state;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct world *world = new_world(seed);

        live(world, 150);
        world->calm = true;
        live(world, 200);
        for (size_t i = 0; i < MOST; i++) {
            both_sides_agree(world, i);
            if (redemption_at(world, i))
                reached[redemption_at(world, i)->state]++;
        }
        book_free(world->book);
        free(world);
    }
    for (int i = REDEMPTION_ISSUED; i <= REDEMPTION_STUCK; i++)
        assert_true(reached[i] > 40); /* the worlds were wild enough */
}

/* The lease ran out, and somebody else is at the second attempt. */
static void an_answer_to_an_earlier_attempt_changes_nothing(void **state)
{
    struct world *world = new_world(1);
    struct answer_call late, counts;
    struct op *op;

    (void)state;
    redeem(world, 0);
    look_for_operations(world);
    op = &world->ops[0];
    ((struct operation *)book_find(world->book, &operation_rows, op->id))->attempt = 2;
    late = (struct answer_call){.ref = ref_to(world, FIRST), .answered_id = op->id};
    late.attempt = 1;
    late.answer = ANSWER_GIVE_UP;
    assert_int_equal(apply(world, &late.ref.command, &command_answer), REFUSED_WRONG_STATE);
    assert_int_equal(redemption_at(world, 0)->state, REDEMPTION_ISSUING);
    counts = late;
    counts.attempt = 2;
    counts.answer = ANSWER_DONE;
    assert_int_equal(apply(world, &counts.ref.command, &command_answer), ACCEPTED);
    assert_int_equal(redemption_at(world, 0)->state, REDEMPTION_ISSUED);
    assert_int_equal(apply(world, &counts.ref.command, &command_answer), REFUSED_WRONG_STATE);
    book_free(world->book);
    free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_both_sides_agree_or_a_person_is_asked),
        cmocka_unit_test(an_answer_to_an_earlier_attempt_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
