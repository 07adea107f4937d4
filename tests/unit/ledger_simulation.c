/*
 * Hundreds of thousands of random ledger commands against a model of another make: in it every
 * hundredth of a point is a coin that lies in one place, and nothing is ever added up.
 *
 * LINLI_SIMULATION_COMMANDS sets how many commands are played.
 */
#include "ledger_world.h"

/* --- The model: coins --------------------------------------------------------------------------
 */

enum place { WALLET, HELD, MERCHANT_TILL, AWAY };

struct coin {
    size_t lot;
    enum place place;
    uint64_t voucher;
    int64_t expires_us; /* of its lot, when a voucher took it */
};
struct model_lot {
    uint64_t id;
    size_t owner;
    int64_t expires_us;
    bool revoked;
};
struct model_member {
    bool frozen;
    uint64_t merged_into;
    int64_t owed;
    int64_t earned;
    int32_t earned_on;
};
struct model_proposal {
    struct propose what;
    enum proposal_state state;
    uint64_t decided_by;
};
#define LOTS_MOST     WORLD_STEPS
#define COINS_MOST    (WORLD_STEPS * 12)
#define VOUCHERS_MOST WORLD_STEPS

struct model {
    struct coin coins[COINS_MOST];
    size_t coin_count;
    struct model_lot lots[LOTS_MOST];
    size_t lot_count;
    struct model_member members[MEMBERS + 1];
    struct {
        uint64_t member_id;
        int state;
    } vouchers[VOUCHERS_MOST];
    struct model_proposal proposals[WORLD_STEPS];
    int64_t now_us;
};

static bool is_coin_of(const struct model *model, const struct coin *coin, size_t member,
                       enum place place)
{
    return coin->place == place && model->lots[coin->lot].owner == member;
}

static bool is_live(const struct model *model, const struct coin *coin, size_t member)
{
    return is_coin_of(model, coin, member, WALLET) &&
           model->lots[coin->lot].expires_us > model->now_us;
}

static int64_t count_live(const struct model *model, size_t member)
{
    int64_t count = 0;

    for (size_t i = 0; i < model->coin_count; i++)
        count += is_live(model, &model->coins[i], member);
    return count;
}

/* The coin to be spent next. */
static struct coin *next_coin(struct model *model, size_t member)
{
    struct coin *best = NULL;

    for (size_t i = 0; i < model->coin_count; i++) {
        struct coin *coin = &model->coins[i];

        if (!is_live(model, coin, member))
            continue;
        const struct model_lot *lot = &model->lots[coin->lot];
        const struct model_lot *other = best ? &model->lots[best->lot] : NULL;
        if (!other || lot->expires_us < other->expires_us ||
            (lot->expires_us == other->expires_us && lot->id < other->id))
            best = coin;
    }
    return best;
}

static void mint(struct model *model, uint64_t lot_id, size_t member, int64_t points,
                 int64_t expires_us)
{
    size_t lot = model->lot_count++;

    model->lots[lot] = (struct model_lot){lot_id, member, expires_us, false};
    for (; points > 0; points--)
        model->coins[model->coin_count++] = (struct coin){.lot = lot, .place = WALLET};
}

static enum refusal model_award(struct model *model, const struct award *want)
{
    struct model_member *member = &model->members[want->member_id];
    int32_t day = day_of(model->now_us);

    if (want->member_id > MEMBERS || member->merged_into)
        return REFUSED_NOT_FOUND;
    if (member->earned_on != day)
        member->earned = 0;
    member->earned_on = day;
    if (member->earned + want->points > DAILY_CAP)
        return REFUSED_LIMIT_REACHED;
    member->earned += want->points;
    if (want->points > 0)
        mint(model, want->lot_id, want->member_id, want->points, want->expires_us);
    return ACCEPTED;
}

static enum refusal model_hold(struct model *model, const struct hold *want)
{
    if (want->member_id > MEMBERS || model->members[want->member_id].merged_into)
        return REFUSED_NOT_FOUND;
    if (model->members[want->member_id].frozen)
        return REFUSED_WALLET_FROZEN;
    if (count_live(model, want->member_id) < want->points)
        return REFUSED_NOT_ENOUGH_POINTS;
    for (int64_t i = 0; i < want->points; i++) {
        struct coin *coin = next_coin(model, want->member_id);

        coin->place = HELD;
        coin->voucher = want->voucher_id;
        coin->expires_us = model->lots[coin->lot].expires_us;
    }
    model->vouchers[want->voucher_id].member_id = want->member_id;
    model->vouchers[want->voucher_id].state = VOUCHER_ISSUED;
    return ACCEPTED;
}

/* What is in the lot when a coin of `voucher` is about to come back, and has run out. */
static void drop_dead_coins(struct model *model, uint64_t voucher)
{
    for (size_t i = 0; i < model->coin_count; i++)
        for (size_t j = 0; model->coins[i].voucher == voucher && j < model->coin_count; j++)
            if (model->coins[j].lot == model->coins[i].lot && model->coins[j].place == WALLET &&
                model->lots[model->coins[j].lot].expires_us <= model->now_us)
                model->coins[j].place = AWAY;
}

static void bring_back(struct model *model, struct coin *coin, struct model_member *member)
{
    struct model_lot *lot = &model->lots[coin->lot];
    bool is_empty = true;
    int64_t due_us =
        coin->expires_us > model->now_us ? coin->expires_us : model->now_us + 30 * DAY_US;

    for (size_t i = 0; i < model->coin_count; i++)
        if (model->coins[i].lot == coin->lot && model->coins[i].place == WALLET)
            is_empty = false;
    if (is_empty || lot->expires_us < due_us)
        lot->expires_us = due_us;
    coin->place = lot->revoked ? AWAY : WALLET;
    if (lot->revoked && member->owed > 0)
        member->owed--;
}

static void return_voucher(struct model *model, uint64_t voucher, struct model_member *member)
{
    drop_dead_coins(model, voucher);
    for (size_t i = 0; i < model->coin_count; i++)
        if (model->coins[i].voucher == voucher)
            bring_back(model, &model->coins[i], member);
    for (size_t i = 0; i < model->coin_count; i++)
        if (model->coins[i].voucher == voucher)
            model->coins[i].voucher = 0;
}

static enum refusal model_turn(struct model *model, const struct turn *want)
{
    struct model_member *member = &model->members[want->member_id];
    int state = model->vouchers[want->voucher_id].state;

    if (state == 0 || model->vouchers[want->voucher_id].member_id != want->owner_id)
        return REFUSED_NOT_FOUND;
    if (member->merged_into || (want->owner_id != want->member_id &&
                                model->members[want->owner_id].merged_into != want->member_id))
        return REFUSED_NOT_FOUND;
    if (!turn_is_possible(want, state))
        return REFUSED_WRONG_STATE;
    if (want->kind == TRANSFER_CAPTURE || want->kind == TRANSFER_UNCAPTURE) {
        bool confirmed = want->kind == TRANSFER_CAPTURE;

        for (size_t i = 0; i < model->coin_count; i++)
            if (model->coins[i].voucher == want->voucher_id)
                model->coins[i].place = confirmed ? MERCHANT_TILL : HELD;
        model->vouchers[want->voucher_id].state = confirmed ? VOUCHER_CONFIRMED : VOUCHER_ISSUED;
        return ACCEPTED;
    }
    return_voucher(model, want->voucher_id, member);
    model->vouchers[want->voucher_id].state = VOUCHER_CLOSED;
    return ACCEPTED;
}

static struct model_lot *model_lot(struct model *model, uint64_t lot_id, size_t owner)
{
    for (size_t i = 0; i < model->lot_count; i++)
        if (model->lots[i].id == lot_id && model->lots[i].owner == owner)
            return &model->lots[i];
    return NULL;
}

static enum refusal model_lot_expire(struct model *model, const struct lot_expire *want)
{
    if (model->members[want->member_id].merged_into)
        return REFUSED_NOT_FOUND;
    const struct model_lot *lot = model_lot(model, want->lot_id, want->member_id);
    for (size_t i = 0; lot && lot->expires_us <= model->now_us && i < model->coin_count; i++)
        if (&model->lots[model->coins[i].lot] == lot && model->coins[i].place == WALLET)
            model->coins[i].place = AWAY;
    return ACCEPTED;
}

static enum refusal model_freeze(struct model *model, const struct freeze *want)
{
    if (model->members[want->member_id].merged_into)
        return REFUSED_NOT_FOUND;
    if (want->person_id == want->member_id)
        return REFUSED_OWN_RECORD;
    model->members[want->member_id].frozen = want->frozen;
    return ACCEPTED;
}

static bool has_held(const struct model *model, size_t member)
{
    for (size_t i = 0; i < model->coin_count; i++)
        if (is_coin_of(model, &model->coins[i], member, HELD))
            return true;
    return false;
}

static enum refusal model_merge(struct model *model, const struct merge_wallets *want)
{
    struct model_member *from = &model->members[want->from_member];
    struct model_member *to = &model->members[want->to_member];
    int32_t today = day_of(model->now_us);

    if (to->merged_into)
        return REFUSED_NOT_FOUND;
    if (from->merged_into == want->to_member)
        return ACCEPTED;
    if (want->person_id == want->from_member || want->person_id == want->to_member)
        return REFUSED_OWN_RECORD;
    if (from == to || from->merged_into)
        return REFUSED_WRONG_STATE;
    if (from->frozen || to->frozen)
        return REFUSED_WALLET_FROZEN;
    if (has_held(model, want->from_member))
        return REFUSED_OPEN_HOLDS;
    for (size_t i = 0; i < model->lot_count; i++)
        if (model->lots[i].owner == want->from_member)
            model->lots[i].owner = want->to_member;
    to->owed += from->owed;
    to->earned =
        (to->earned_on == today ? to->earned : 0) + (from->earned_on == today ? from->earned : 0);
    to->earned_on = today;
    from->owed = 0;
    from->merged_into = want->to_member;
    return ACCEPTED;
}

/* The checks that every approval begins with; `*done` when it was approved by the same before. */
static enum refusal model_approval(struct model *model, const struct command *command,
                                   enum proposal_kind kind, uint64_t proposal_id,
                                   uint64_t member_id, uint64_t person_id, bool *done)
{
    const struct model_proposal *proposal = &model->proposals[proposal_id];

    *done = proposal->state == PROPOSAL_APPROVED && proposal->decided_by == command->actor;
    if (proposal->what.kind != kind || proposal->what.member_id != member_id ||
        model->members[member_id].merged_into)
        return REFUSED_NOT_FOUND;
    if (person_id == member_id)
        return REFUSED_OWN_RECORD;
    if (proposal->what.command.actor == command->actor)
        return REFUSED_SAME_PERSON;
    return proposal->state == PROPOSAL_OPEN || *done ? ACCEPTED : REFUSED_ALREADY_DECIDED;
}

static enum refusal model_adjust(struct model *model, const struct adjust *want)
{
    struct model_proposal *proposal = &model->proposals[want->proposal_id];
    int64_t points = proposal->what.points;
    bool done;
    enum refusal refusal = model_approval(model, &want->command, PROPOSAL_ADJUST, want->proposal_id,
                                          want->member_id, want->person_id, &done);

    if (refusal || done)
        return refusal;
    if (points == 0)
        return REFUSED_TOO_MUCH;
    if (points < 0 && count_live(model, want->member_id) < -points)
        return REFUSED_NOT_ENOUGH_POINTS;
    if (points > 0 && want->expires_us <= model->now_us)
        return REFUSED_WRONG_STATE;
    if (points > 0)
        mint(model, want->proposal_id, want->member_id, points, want->expires_us);
    for (; points < 0; points++)
        next_coin(model, want->member_id)->place = AWAY;
    proposal->state = PROPOSAL_APPROVED;
    proposal->decided_by = want->command.actor;
    return ACCEPTED;
}

static enum refusal model_claw_back(struct model *model, const struct claw_back *want)
{
    struct model_proposal *proposal = &model->proposals[want->proposal_id];
    struct model_lot *lot = model_lot(model, want->lot_id, want->member_id);
    bool done;
    enum refusal refusal =
        model_approval(model, &want->command, PROPOSAL_CLAW_BACK, want->proposal_id,
                       want->member_id, want->person_id, &done);

    if (refusal)
        return refusal;
    if (!lot || want->lot_id != proposal->what.subject)
        return REFUSED_NOT_FOUND;
    if (done)
        return ACCEPTED;
    if (lot->revoked)
        return REFUSED_ALREADY_DECIDED;
    for (size_t i = 0; i < model->coin_count; i++) {
        struct coin *coin = &model->coins[i];

        if (&model->lots[coin->lot] != lot)
            continue;
        if (coin->place == WALLET)
            coin->place = AWAY;
        else if (coin->place != AWAY)
            model->members[want->member_id].owed++;
    }
    lot->revoked = true;
    proposal->state = PROPOSAL_APPROVED;
    proposal->decided_by = want->command.actor;
    return ACCEPTED;
}

static enum refusal model_waive(struct model *model, const struct waive *want)
{
    struct model_proposal *proposal = &model->proposals[want->proposal_id];
    struct model_member *member = &model->members[want->member_id];
    bool done;
    enum refusal refusal = model_approval(model, &want->command, PROPOSAL_WAIVE, want->proposal_id,
                                          want->member_id, want->person_id, &done);

    if (refusal || done)
        return refusal;
    if (member->owed == 0 || proposal->what.points <= 0)
        return REFUSED_WRONG_STATE;
    for (int64_t i = 0; i < proposal->what.points && member->owed > 0; i++)
        member->owed--;
    proposal->state = PROPOSAL_APPROVED;
    proposal->decided_by = want->command.actor;
    return ACCEPTED;
}

static enum refusal model_reject(struct model *model, const struct reject *want)
{
    struct model_proposal *proposal = &model->proposals[want->proposal_id];

    if (!proposal->what.kind)
        return REFUSED_NOT_FOUND;
    if (want->person_id == proposal->what.member_id)
        return REFUSED_OWN_RECORD;
    if (proposal->state == PROPOSAL_REJECTED && proposal->decided_by == want->command.actor)
        return ACCEPTED;
    if (proposal->state != PROPOSAL_OPEN)
        return REFUSED_ALREADY_DECIDED;
    proposal->state = PROPOSAL_REJECTED;
    proposal->decided_by = want->command.actor;
    return ACCEPTED;
}

static enum refusal model_propose(struct model *model, const struct propose *want)
{
    model->proposals[want->proposal_id] = (struct model_proposal){.what = *want};
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
    if (kind == &command_propose)
        return model_propose(model, (const struct propose *)command);
    if (kind == &command_adjust)
        return model_adjust(model, (const struct adjust *)command);
    if (kind == &command_claw_back)
        return model_claw_back(model, (const struct claw_back *)command);
    if (kind == &command_waive)
        return model_waive(model, (const struct waive *)command);
    if (kind == &command_reject)
        return model_reject(model, (const struct reject *)command);
    if (kind == &command_lot_expire)
        return model_lot_expire(model, (const struct lot_expire *)command);
    if (kind == &command_freeze)
        return model_freeze(model, (const struct freeze *)command);
    return model_merge(model, (const struct merge_wallets *)command);
}

/* --- The model against the book ----------------------------------------------------------------
 */

static void check_lots(const struct model *model, struct book *book)
{
    int64_t remaining[LOTS_MOST] = {0}, spent[LOTS_MOST] = {0};

    for (size_t i = 0; i < model->coin_count; i++) {
        const struct coin *coin = &model->coins[i];

        remaining[coin->lot] += coin->place == WALLET;
        spent[coin->lot] += coin->place == HELD || coin->place == MERCHANT_TILL;
    }
    for (size_t i = 0; i < model->lot_count; i++) {
        struct wallet *wallet = book_wallet(book, model->lots[i].owner);
        const struct lot *lot = wallet_lot(wallet, model->lots[i].id);

        assert_non_null(lot);
        assert_true(lot->remaining == remaining[i] && lot_spent(lot) == spent[i]);
        assert_true((lot->state == LOT_REVOKED) == model->lots[i].revoked);
        assert_true(lot->remaining == 0 || lot->expires_us == model->lots[i].expires_us);
    }
}

static void check_members(const struct model *model, struct book *book)
{
    int64_t available[MEMBERS + 1] = {0}, held[MEMBERS + 1] = {0};

    for (size_t i = 0; i < model->coin_count; i++) {
        const struct coin *coin = &model->coins[i];

        available[model->lots[coin->lot].owner] += coin->place == WALLET;
        held[model->lots[coin->lot].owner] += coin->place == HELD;
    }
    for (uint64_t id = 1; id <= MEMBERS; id++) {
        const struct wallet *wallet = book_find(book, &wallet_rows, id);

        assert_true(wallet->available == available[id] && wallet->held == held[id]);
        assert_true(wallet->owed == model->members[id].owed);
        assert_true(wallet->merged_into == model->members[id].merged_into);
    }
}

static void check_model(struct book *book, const struct command *command,
                        const struct outcome *outcome, void *context)
{
    struct model *model = context;

    model->now_us = book_now_us(book);
    enum refusal expected = model_apply(model, command);
    if (expected != outcome->refusal)
        fail_msg("%s: the model says %d, the book %d", command->kind->name, expected,
                 outcome->refusal);
    if (expected)
        return;
    check_lots(model, book);
    check_members(model, book);
}

static void play_world(uint64_t *random, struct sim_tally *tally)
{
    struct script *script = script_write(random);
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

    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
        if (tally->transfers[kinds[i]] == 0)
            fail_msg("there was no %s", transfer_kind_name(kinds[i]));
    for (size_t i = 0; i < ARRAY_LENGTH(outcomes); i++)
        if (tally->outcomes[outcomes[i]] == 0)
            fail_msg("nothing was refused as %d", outcomes[i]);
}

static void a_book_and_its_batches_agree_with_coins(void **state)
{
    const char *wish = getenv("LINLI_SIMULATION_COMMANDS");
    size_t wanted = wish ? strtoul(wish, NULL, 10) : 300000;
    struct sim_tally tally = {0};
    uint64_t random = 20260601;

    (void)state;
    for (size_t played = 0; played < wanted; played += WORLD_STEPS)
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
