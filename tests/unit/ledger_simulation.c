/*
 * Hundreds of thousands of random ledger commands against the model of coins (coins.h). The rooms
 * above are stood for by three commands; service_simulation.c plays the real ones.
 */
#include "coins.h"
#include "ledger_world.h"

struct model {
    struct coins coins;
    struct {
        uint64_t member_id;
        int state;
    } vouchers[WORLD_STEPS];
};

static enum refusal model_award(struct model *model, const struct award *want)
{
    int32_t day = day_of(model->coins.now_us);

    if (!coins_has_wallet(&model->coins, want->member_id))
        return REFUSED_NOT_FOUND;
    if (coins_earned(&model->coins, want->member_id, day) + want->points > DAILY_CAP)
        return REFUSED_LIMIT_REACHED;
    coins_award(&model->coins, want->lot_id, want->member_id, day, want->points, want->expires_us);
    return ACCEPTED;
}

static enum refusal model_hold(struct model *model, const struct hold *want)
{
    if (!coins_has_wallet(&model->coins, want->member_id))
        return REFUSED_NOT_FOUND;
    if (model->coins.members[want->member_id].frozen)
        return REFUSED_WALLET_FROZEN;
    if (coins_live(&model->coins, want->member_id) < want->points)
        return REFUSED_NOT_ENOUGH_POINTS;
    coins_hold(&model->coins, want->member_id, want->points, want->voucher_id);
    model->vouchers[want->voucher_id].member_id = want->member_id;
    model->vouchers[want->voucher_id].state = VOUCHER_ISSUED;
    return ACCEPTED;
}

static enum refusal model_turn(struct model *model, const struct turn *want)
{
    const struct model_member *owner = &model->coins.members[want->owner_id];
    int state = model->vouchers[want->voucher_id].state;

    if (state == 0 || model->vouchers[want->voucher_id].member_id != want->owner_id)
        return REFUSED_NOT_FOUND;
    if (!coins_has_wallet(&model->coins, want->member_id) ||
        (want->owner_id != want->member_id && owner->merged_into != want->member_id))
        return REFUSED_NOT_FOUND;
    if (!turn_is_possible(want, state))
        return REFUSED_WRONG_STATE;
    if (want->kind == TRANSFER_CAPTURE || want->kind == TRANSFER_UNCAPTURE) {
        bool confirmed = want->kind == TRANSFER_CAPTURE;

        coins_move(&model->coins, want->voucher_id, confirmed ? TILL : HELD);
        model->vouchers[want->voucher_id].state = confirmed ? VOUCHER_CONFIRMED : VOUCHER_ISSUED;
        return ACCEPTED;
    }
    coins_return(&model->coins, want->voucher_id, want->member_id);
    model->vouchers[want->voucher_id].state = VOUCHER_CLOSED;
    return ACCEPTED;
}

static enum refusal model_apply(struct model *model, const struct command *command)
{
    const struct command_kind *kind = command->kind;

    if (kind == &command_award)
        return model_award(model, (const struct award *)command);
    if (kind == &command_hold)
        return model_hold(model, (const struct hold *)command);
    if (kind == &command_turn)
        return model_turn(model, (const struct turn *)command);
    return coins_apply(&model->coins, command);
}

static void check_model(struct book *book, const struct command *command,
                        const struct outcome *outcome, void *context)
{
    struct model *model = context;

    model->coins.now_us = book_now_us(book);
    enum refusal expected = model_apply(model, command);
    if (expected != outcome->refusal)
        fail_msg("%s: the model says %d, the book %d", command->kind->name, expected,
                 outcome->refusal);
    if (!expected)
        coins_check(&model->coins, book);
}

static void play_world(uint64_t *random, struct sim_tally *tally)
{
    struct script *script = world_script(random);
    struct model *model = calloc(1, sizeof(*model));
    const struct sim sim = {
        .kinds = world_kinds,
        .kind_count = ARRAY_LENGTH(world_kinds),
        .steps = script->steps,
        .step_count = WORLD_STEPS,
        .begin = open_wallets,
        .check = check_model,
        .context = model,
    };

    sim_play(&sim, random, tally);
    free(model);
    script_free(script);
}

static void everything_happened(const struct sim_tally *tally)
{
    static const enum transfer_kind kinds[] = {
        TRANSFER_AWARD,   TRANSFER_HOLD,      TRANSFER_CAPTURE, TRANSFER_UNCAPTURE,
        TRANSFER_RELEASE, TRANSFER_LAPSE,     TRANSFER_REFUND,  TRANSFER_LOT_EXPIRY,
        TRANSFER_ADJUST,  TRANSFER_CLAW_BACK, TRANSFER_OWE,     TRANSFER_WAIVE,
        TRANSFER_MERGE,   TRANSFER_FREEZE,    TRANSFER_REPAY,
    };
    static const enum refusal outcomes[] = {
        ACCEPTED,
        REFUSED_NOT_FOUND,
        REFUSED_NOT_ENOUGH_POINTS,
        REFUSED_LIMIT_REACHED,
        REFUSED_WALLET_FROZEN,
        REFUSED_WRONG_STATE,
        REFUSED_OWN_RECORD,
        REFUSED_SAME_PERSON,
        REFUSED_ALREADY_DECIDED,
        REFUSED_OPEN_HOLDS,
        REFUSED_TOO_MUCH,
    };

    sim_happened(tally, kinds, ARRAY_LENGTH(kinds), outcomes, ARRAY_LENGTH(outcomes));
}

static void a_book_and_its_batches_agree_with_coins(void **state)
{
    struct sim_tally tally = {0};
    uint64_t random = 20260601;

    (void)state;
    for (size_t played = 0, wanted = sim_commands(400000); played < wanted; played += WORLD_STEPS)
        play_world(&random, &tally);
    everything_happened(&tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_book_and_its_batches_agree_with_coins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
