/*
 * Hundreds of thousands of random commands of the whole product, market's, service's and the
 * ledger's, against the model in product_model.h.
 */
#include "product_model.h"

struct simulation {
    struct model *model;
    int64_t tills[2][MERCHANTS]; /* what the merchants' accounts have: open, settled */
};

static void check_stock(const struct model *model, struct book *book)
{
    for (uint64_t id = FIRST_REWARD; id < FIRST_REWARD + REWARDS; id++) {
        const struct stock *stock = book_find(book, &stock_rows, id);
        uint32_t version;
        const struct reward_terms *terms = &notice_of(model, id, &version)->terms;

        assert_true(stock->free == count_pieces(model, id, SHELF));
        assert_true(stock->held == count_pieces(model, id, ASIDE));
        assert_true(stock->sold == count_pieces(model, id, HANDED_OVER));
        assert_true(stock->initial == stock->free + stock->held + stock->sold);
        assert_true(stock->terms_version == version && stock->price == terms->price);
        assert_true(stock->committed_fen == committed(model, id));
    }
}

static void check_redemption(const struct diary *diary, const struct redemption *redemption)
{
    const struct page *last = last_page(diary);
    bool is_confirmed = last->deed == CONFIRMED || last->deed == REFUNDED || last->deed == PAID;
    const struct page *confirmed = last->deed == CONFIRMED ? last : last - 1;

    assert_non_null(redemption);
    assert_true(redemption->state == states[last->deed]);
    assert_true(redemption->points == diary->terms.price);
    assert_true(redemption->reimburse_fen == diary->terms.reimburse_fen);
    assert_true(redemption->sponsor_id == diary->terms.sponsor_id);
    assert_true(redemption->terms_version == diary->asked.terms_version);
    assert_true(redemption->merchant_id == merchant_of(diary->asked.reward_id));
    assert_true(redemption->created_us == diary->pages[0].at_us);
    assert_true(redemption->confirmed_us == (is_confirmed ? confirmed->at_us : 0));
    assert_true(redemption->confirmed_by == (is_confirmed ? confirmed->by : 0));
    assert_true(redemption->shop_id == (is_confirmed ? confirmed->shop : 0));
    assert_true(redemption->closed_us ==
                (gave_back(diary) || last->deed == PAID ? last->at_us : 0));
}

static void check_rows_of(const struct model *model, struct book *book)
{
    size_t count, expected = 0;

    for (size_t i = 0; i < model->diary_count; i++)
        if (model->diaries[i].count > 0) {
            check_redemption(&model->diaries[i],
                             book_find(book, &redemption_rows, VOUCHER_BASE + i));
            expected++;
        }
    book_rows(book, &redemption_rows, &count);
    assert_int_equal(count, expected);
    struct row *const *rows = book_rows(book, &record_rows, &count);
    for (size_t i = 0; i < count; i++)
        assert_memory_equal(rows[i] + 1, &model->records[rows[i]->key - LOT_BASE].row + 1,
                            sizeof(struct record) - sizeof(struct row));
}

static void check_slips(struct model *model, struct book *book)
{
    size_t count, expected = 0;
    struct row *const *rows = book_rows(book, &check_rows, &count);

    for (size_t i = 0; i < WORLD_STEPS; i++)
        expected += model->drawer.slips[i].is_there;
    assert_int_equal(count, expected);
    for (size_t i = 0; i < count; i++) {
        const struct check_row *check = (const struct check_row *)rows[i];
        const struct slip *slip = slip_of(&model->drawer, check->row.key);

        assert_true(slip->is_there && slip->state == check->state && slip->held == check->held);
        assert_true(slip->member_id == check->member_id && slip->ref == check->ref);
        assert_true(slip->decided_by == check->decided_by && slip->due_us == check->due_us);
    }
}

static int64_t used(struct book *book, uint64_t member_id, uint64_t subject, int32_t period)
{
    return wallet_limit_used(book_wallet(book, member_id), subject, period);
}

/* Of periods that are over nothing is remembered for certain. */
static void check_limits(const struct model *model, struct book *book)
{
    int64_t now_us = model->coins.now_us;

    for (size_t i = 0; i < model->diary_count; i++) {
        const struct diary *diary = &model->diaries[i];
        int32_t end = period_end_of(diary);

        if (end == 0 || calendar_day_start_us(end, diary->asked.utc_offset_minutes) <= now_us)
            continue;
        uint64_t owner = coins_owner(&model->coins, diary->asked.member_id);
        assert_true(used(book, owner, diary->asked.reward_id, end) ==
                    had_in_period(model, owner, diary->asked.reward_id, end));
    }
    for (size_t i = 0; i < model->coins.award_count; i++) {
        const struct model_award *award = &model->coins.awards[i];
        uint64_t owner = coins_owner(&model->coins, award->member_id);

        if (award->day > now_us / DAY_US - 390)
            assert_true(used(book, owner, LIMIT_EARNED, award->day) ==
                        coins_earned(&model->coins, owner, award->day));
    }
}

/* Each statement adds up to the vouchers that were paid by it, and each of those has a line. */
static void check_statement(const struct model *model, struct book *book,
                            const struct statement *statement, size_t *lines)
{
    struct statement expected = model->periods[statement->row.key - PERIOD_BASE];

    for (size_t i = 0; i < model->diary_count; i++) {
        const struct diary *diary = &model->diaries[i];

        if (diary->count == 0 || diary->period != statement->row.key)
            continue;
        const struct statement_line *line = book_find(book, &statement_line_rows, VOUCHER_BASE + i);
        assert_true(line->statement_id == diary->period);
        assert_true(line->confirmed_us == (last_page(diary) - 1)->at_us);
        expected.line_count++;
        expected.points += diary->terms.price;
        expected.reimburse_fen += diary->terms.reimburse_fen;
        (*lines)++;
    }
    assert_memory_equal(&statement->row + 1, &expected.row + 1,
                        sizeof(expected) - sizeof(expected.row));
}

static void check_statements(const struct model *model, struct book *book)
{
    size_t count, lines = 0;
    struct row *const *rows = book_rows(book, &statement_rows, &count);

    for (size_t i = 0; i < count; i++)
        check_statement(model, book, (const struct statement *)rows[i], &lines);
    book_rows(book, &statement_line_rows, &count);
    assert_int_equal(lines, count);
}

/* The coins in the tills are what the merchants' accounts say. */
static void check_tills(struct simulation *simulation, struct book *book)
{
    const struct model *model = simulation->model;
    int64_t expected[2][MERCHANTS] = {{0}};
    size_t count;
    const struct balance_change *changes = book_balance_changes(book, &count);

    for (size_t i = 0; i < count; i++) {
        enum account_kind kind = account_kind(changes[i].account);

        if (kind == ACCOUNT_MERCHANT || kind == ACCOUNT_SETTLED)
            simulation->tills[kind == ACCOUNT_SETTLED][account_owner(changes[i].account) -
                                                       FIRST_MERCHANT] += changes[i].change;
    }
    for (size_t i = 0; i < model->coins.coin_count; i++) {
        const struct coin *coin = &model->coins.coins[i];

        if (coin->place != TILL && coin->place != SETTLED)
            continue;
        uint64_t reward_id = model->diaries[coin->voucher - VOUCHER_BASE].asked.reward_id;
        expected[coin->place == SETTLED][merchant_of(reward_id) - FIRST_MERCHANT]++;
    }
    assert_memory_equal(simulation->tills, expected, sizeof(expected));
}

static void check_model(struct book *book, const struct command *command,
                        const struct outcome *outcome, void *context)
{
    struct simulation *simulation = context;
    struct model *model = simulation->model;
    struct outcome expected = {.at_us = book_now_us(book)};

    model->coins.now_us = expected.at_us;
    bool is_foreseen = model_apply(model, command, &expected);
    if (expected.refusal != outcome->refusal)
        fail_msg("%s: the model says %d, the book %d", command->kind->name, expected.refusal,
                 outcome->refusal);
    if (is_foreseen && !expected.refusal && !sim_same_outcome(&expected, outcome))
        fail_msg("%s: the outcome is not the model's", command->kind->name);
    if (expected.refusal == REFUSED_NOT_ENOUGH_POINTS && command->kind == &command_reserve)
        assert_int_equal(outcome->points, expected.points);
    if (expected.refusal)
        return;
    coins_check(&model->coins, book);
    check_stock(model, book);
    check_rows_of(model, book);
    check_slips(simulation->model, book);
    check_limits(model, book);
    check_statements(model, book);
    check_tills(simulation, book);
}

static void play_world(uint64_t *random, struct sim_tally *tally)
{
    struct script *script = product_script(random);
    struct simulation simulation = {.model = model_new()};
    const struct sim sim = {
        .kinds = product_kinds,
        .kind_count = ARRAY_LENGTH(product_kinds),
        .steps = script->steps,
        .step_count = WORLD_STEPS,
        .begin = product_begin,
        .look_up = product_look_up,
        .check = check_model,
        .context = &simulation,
    };

    sim_play(&sim, random, tally);
    free(simulation.model);
    script_free(script);
}

static void everything_happened(const struct sim_tally *tally)
{
    static const enum transfer_kind kinds[] = {
        TRANSFER_AWARD,      TRANSFER_HOLD,   TRANSFER_CAPTURE,   TRANSFER_UNCAPTURE,
        TRANSFER_RELEASE,    TRANSFER_LAPSE,  TRANSFER_REFUND,    TRANSFER_SETTLE,
        TRANSFER_LOT_EXPIRY, TRANSFER_ADJUST, TRANSFER_CLAW_BACK, TRANSFER_OWE,
        TRANSFER_WAIVE,      TRANSFER_MERGE,  TRANSFER_RESTOCK,   TRANSFER_FREEZE,
        TRANSFER_REPAY,
    };
    static const enum refusal outcomes[] = {
        ACCEPTED,
        REFUSED_NOT_FOUND,
        REFUSED_NOT_ENOUGH_POINTS,
        REFUSED_SOLD_OUT,
        REFUSED_TERMS_CHANGED,
        REFUSED_LIMIT_REACHED,
        REFUSED_REWARD_CLOSED,
        REFUSED_WALLET_FROZEN,
        REFUSED_VOUCHER_USED,
        REFUSED_VOUCHER_CANCELLED,
        REFUSED_VOUCHER_EXPIRED,
        REFUSED_VOUCHER_REFUNDED,
        REFUSED_WRONG_MERCHANT,
        REFUSED_UNDO_TOO_LATE,
        REFUSED_WRONG_STATE,
        REFUSED_OWN_RECORD,
        REFUSED_SAME_PERSON,
        REFUSED_ALREADY_DECIDED,
        REFUSED_OPEN_HOLDS,
        REFUSED_TOO_MUCH,
        REFUSED_NOT_OPEN,
        REFUSED_WRONG_SHOP,
        REFUSED_BUDGET_SPENT,
        REFUSED_AMBIGUOUS_CODE,
        REFUSED_PUBLIC_NOTICE,
        REFUSED_BEING_CHECKED,
    };

    sim_happened(tally, kinds, ARRAY_LENGTH(kinds), outcomes, ARRAY_LENGTH(outcomes));
}

static void a_book_and_its_batches_agree_with_the_model(void **state)
{
    struct sim_tally tally = {0};
    uint64_t random = 20260602;

    (void)state;
    for (size_t played = 0, wanted = sim_commands(600000); played < wanted; played += WORLD_STEPS)
        play_world(&random, &tally);
    everything_happened(&tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_book_and_its_batches_agree_with_the_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
