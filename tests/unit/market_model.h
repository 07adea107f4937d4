/*
 * The model of the market, of another make than the code: points are coins (coins.h), every piece
 * of stock lies somewhere, every voucher keeps a diary of what befell it, terms are notices of
 * which the last one holds, and what a limit, a budget or a state is gets looked up there. Nothing
 * is ever added to a number or taken from it.
 */
#ifndef LINLI_MARKET_MODEL_H
#define LINLI_MARKET_MODEL_H

#include "checks_model.h"
#include "coins.h"
#include "product_world.h"

enum where { SHELF, ASIDE, HANDED_OVER, TAKEN_AWAY };
struct piece {
    uint64_t reward_id;
    enum where where;
    uint64_t voucher;
};

struct notice {
    uint64_t reward_id;
    struct reward_terms terms;
};

enum deed {
    RESERVED,
    CONFIRMED,
    UNDONE,
    CANCELLED,
    LAPSED,
    REFUNDED,
    PAID,
    CHECKED, /* instead of reserved */
    RELEASED,
    DEEDS,
};
struct page {
    enum deed deed;
    int64_t at_us;
    uint64_t by, shop;
};
#define PAGES_MOST 40
struct diary {
    struct reserve asked;
    struct reward_terms terms;
    struct page pages[PAGES_MOST];
    size_t count;    /* 0: there is no such voucher */
    uint64_t period; /* whose statement it stands on, when it is paid */
};

#define PIECES_MOST  (WORLD_STEPS * 8)
#define RECORDS_MOST (WORLD_STEPS * COME_MOST)

struct model {
    struct coins coins;
    struct drawer drawer;
    struct piece pieces[PIECES_MOST];
    size_t piece_count;
    struct notice notices[WORLD_STEPS + REWARDS];
    size_t notice_count;
    struct diary diaries[WORLD_STEPS];
    size_t diary_count;                    /* up to the last */
    struct statement periods[WORLD_STEPS]; /* merchant 0: not there; lines are in the diaries */
    struct record records[RECORDS_MOST];   /* by lot number; state 0: not there */
};

/* --- Looking ---------------------------------------------------------------------------------- */

/* What hangs there now, and how many notices there were. */
static const struct notice *notice_of(const struct model *model, uint64_t reward_id,
                                      uint32_t *version)
{
    const struct notice *last = NULL;

    *version = 0;
    for (size_t i = 0; i < model->notice_count; i++)
        if (model->notices[i].reward_id == reward_id) {
            last = &model->notices[i];
            (*version)++;
        }
    return last;
}

static struct piece *find_piece(struct model *model, uint64_t reward_id, enum where where,
                                uint64_t voucher)
{
    for (size_t i = 0; i < model->piece_count; i++) {
        struct piece *piece = &model->pieces[i];

        if (piece->reward_id == reward_id && piece->where == where && piece->voucher == voucher)
            return piece;
    }
    return NULL;
}

static int64_t count_pieces(const struct model *model, uint64_t reward_id, enum where where)
{
    int64_t count = 0;

    for (size_t i = 0; i < model->piece_count; i++)
        count += model->pieces[i].reward_id == reward_id && model->pieces[i].where == where;
    return count;
}

static struct diary *diary_of(struct model *model, uint64_t voucher)
{
    return voucher >= VOUCHER_BASE && voucher < VOUCHER_BASE + WORLD_STEPS
               ? &model->diaries[voucher - VOUCHER_BASE]
               : NULL;
}

static const struct page *last_page(const struct diary *diary)
{
    return &diary->pages[diary->count - 1];
}

static bool gave_back(const struct diary *diary)
{
    enum deed deed = last_page(diary)->deed;

    return deed == CANCELLED || deed == LAPSED || deed == REFUNDED;
}

/* The local midnight at which the limit's period around `at_us` ends: every `days` days there is
 * one. */
static int32_t period_end(int64_t at_us, int offset_minutes, int32_t days)
{
    int32_t tomorrow = 1 + (int32_t)((at_us + offset_minutes * MINUTE_US) / DAY_US);

    return tomorrow + (days - tomorrow % days) % days;
}

/* Of the period that a voucher was taken in, if there was a limit then; else 0. */
static int32_t period_end_of(const struct diary *diary)
{
    if (diary->count == 0 || diary->terms.limit_count == 0)
        return 0;
    return period_end(diary->pages[0].at_us, diary->asked.utc_offset_minutes,
                      diary->terms.limit_days);
}

/* What the member, and who was merged into them, had of the reward in the period that ends so. */
static int64_t had_in_period(const struct model *model, uint64_t member_id, uint64_t reward_id,
                             int32_t end)
{
    int64_t count = 0;

    for (size_t i = 0; i < model->diary_count; i++) {
        const struct diary *diary = &model->diaries[i];

        if (period_end_of(diary) == end && diary->asked.reward_id == reward_id &&
            coins_owner(&model->coins, diary->asked.member_id) == member_id && !gave_back(diary))
            count++;
    }
    return count;
}

/* What the vouchers that were not given back take of the sponsor's money. */
static int64_t committed(const struct model *model, uint64_t reward_id)
{
    int64_t fen = 0;

    for (size_t i = 0; i < model->diary_count; i++) {
        const struct diary *diary = &model->diaries[i];

        if (diary->count > 0 && diary->asked.reward_id == reward_id && !gave_back(diary))
            fen += diary->terms.reimburse_fen;
    }
    return fen;
}

/* --- Redeeming -------------------------------------------------------------------------------- */

static void write_page(struct model *model, struct diary *diary, enum deed deed, uint64_t by,
                       uint64_t shop)
{
    assert_true(diary->count < PAGES_MOST);
    diary->pages[diary->count++] = (struct page){deed, model->coins.now_us, by, shop};
}

static const enum redemption_state states[DEEDS] = {
    [RESERVED] = REDEMPTION_ISSUED, [CONFIRMED] = REDEMPTION_CONFIRMED,
    [UNDONE] = REDEMPTION_ISSUED,   [CANCELLED] = REDEMPTION_CANCELLED,
    [LAPSED] = REDEMPTION_EXPIRED,  [REFUNDED] = REDEMPTION_REFUNDED,
    [PAID] = REDEMPTION_SETTLED,    [CHECKED] = REDEMPTION_CHECKING,
    [RELEASED] = REDEMPTION_ISSUED,
};

/* When its time began: with the voucher, if it was held for a check. */
static int64_t begun_us(const struct diary *diary)
{
    return diary->count > 1 && diary->pages[1].deed == RELEASED ? diary->pages[1].at_us
                                                                : diary->pages[0].at_us;
}

static void expect_voucher(const struct model *model, const struct diary *diary, uint64_t wallet,
                           struct outcome *expected)
{
    expected->ref = diary->asked.redemption_id;
    expected->state = (uint8_t)states[last_page(diary)->deed];
    expected->points = diary->terms.price;
    if (last_page(diary)->deed == PAID)
        return;
    expected->extra = diary->asked.code_key;
    expected->until_us = begun_us(diary) + diary->terms.valid_us;
    expected->available = coins_live(&model->coins, wallet);
    expected->held = coins_held(&model->coins, wallet);
}

/* What a notice says to everybody alike. */
static enum refusal model_offer(struct model *model, const struct reserve *want,
                                const struct reward_terms *terms, uint32_t version)
{
    if (terms->state == STOCK_CLOSED ||
        (terms->sell_until_us && model->coins.now_us >= terms->sell_until_us))
        return REFUSED_REWARD_CLOSED;
    if (want->terms_version != version || want->price != terms->price)
        return REFUSED_TERMS_CHANGED;
    if (!find_piece(model, want->reward_id, SHELF, 0))
        return REFUSED_SOLD_OUT;
    if (terms->budget_fen &&
        terms->budget_fen - committed(model, want->reward_id) < terms->reimburse_fen)
        return REFUSED_BUDGET_SPENT;
    return ACCEPTED;
}

static enum refusal model_reserve(struct model *model, const struct reserve *want,
                                  struct outcome *expected)
{
    uint32_t version;
    const struct notice *notice = notice_of(model, want->reward_id, &version);
    struct piece *piece = find_piece(model, want->reward_id, SHELF, 0);
    struct diary *diary = diary_of(model, want->redemption_id);

    if (!notice || !coins_has_wallet(&model->coins, want->member_id))
        return REFUSED_NOT_FOUND;
    if (want->by_proxy && want->person_id == want->member_id)
        return REFUSED_OWN_RECORD;
    enum refusal refusal = model_offer(model, want, &notice->terms, version);
    if (refusal)
        return refusal;
    if (model->coins.members[want->member_id].frozen)
        return REFUSED_WALLET_FROZEN;
    if (notice->terms.limit_count > 0 &&
        had_in_period(model, want->member_id, want->reward_id,
                      period_end(model->coins.now_us, want->utc_offset_minutes,
                                 notice->terms.limit_days)) >= notice->terms.limit_count)
        return REFUSED_LIMIT_REACHED;
    expected->points = want->price - coins_live(&model->coins, want->member_id);
    if (expected->points > 0) {
        expected->points = want->by_proxy ? 0 : expected->points; /* nobody else's to know */
        return REFUSED_NOT_ENOUGH_POINTS;
    }
    coins_hold(&model->coins, want->member_id, want->price, want->redemption_id);
    piece->where = ASIDE;
    piece->voucher = want->redemption_id;
    *diary = (struct diary){.asked = *want, .terms = notice->terms};
    model->diary_count = (size_t)(diary - model->diaries) + 1;
    slip_write(&model->drawer, &want->command, want->member_id, want->redemption_id);
    write_page(model, diary, command_is_held(&want->command) ? CHECKED : RESERVED, 0, 0);
    expect_voucher(model, diary, want->member_id, expected);
    if (command_is_held(&want->command))
        expected->until_us = want->command.judged.answer_by_us;
    return ACCEPTED;
}

/* --- What befalls a voucher ------------------------------------------------------------------- */

/* A row for what is wanted, a column for what happened last. */
#define USED    REFUSED_VOUCHER_USED
#define CANCEL  REFUSED_VOUCHER_CANCELLED
#define EXPIRED REFUSED_VOUCHER_EXPIRED
#define REFUND  REFUSED_VOUCHER_REFUNDED
#define WRONG   REFUSED_WRONG_STATE
#define WAIT    REFUSED_BEING_CHECKED
#define LATE    REFUSED_UNDO_TOO_LATE
static const struct rule {
    const struct command_kind *kind;
    enum deed deed;
    bool for_shop;   /* whoever asks is of the voucher's shop, or of none */
    bool for_others; /* and is not the member */
    /* RESERVED CONFIRMED UNDONE CANCELLED LAPSED REFUNDED PAID CHECKED RELEASED */
    enum refusal refusal[DEEDS];
} rules[] = {
    {&command_confirm, CONFIRMED, true, true, {0, USED, 0, CANCEL, EXPIRED, REFUND, USED, WAIT, 0}},
    {&command_undo, UNDONE, true, true, {WRONG, 0, WRONG, WRONG, WRONG, WRONG, LATE, WRONG, WRONG}},
    {&command_cancel,
     CANCELLED,
     false,
     false,
     {0, USED, 0, CANCEL, EXPIRED, REFUND, USED, WAIT, 0}},
    {&command_lapse, LAPSED, false, false, {0, WRONG, 0, WRONG, WRONG, WRONG, WRONG, WRONG, 0}},
    {&command_refund,
     REFUNDED,
     true,
     true,
     {WRONG, 0, WRONG, WRONG, WRONG, REFUND, WRONG, WRONG, WRONG}},
};
#undef USED
#undef CANCEL
#undef EXPIRED
#undef REFUND
#undef WRONG
#undef WAIT
#undef LATE

static const struct rule *rule_of(const struct command_kind *kind)
{
    for (size_t i = 0; i < ARRAY_LENGTH(rules); i++)
        if (rules[i].kind == kind)
            return &rules[i];
    return NULL;
}

static bool is_known(const struct model *model, const struct diary *diary,
                     const struct redemption_ref *want)
{
    if (!diary || diary->count == 0)
        return false;
    return diary->asked.member_id == want->member_id && diary->asked.reward_id == want->reward_id &&
           coins_has_wallet(&model->coins, want->wallet_id);
}

/* Within the window of what happened last. */
static bool is_fresh(const struct model *model, const struct diary *diary)
{
    return model->coins.now_us <= last_page(diary)->at_us + UNDO_WINDOW_US;
}

static enum refusal bad_timing(const struct model *model, const struct rule *rule,
                               const struct diary *diary, int64_t cut_off_us)
{
    bool has_expired = model->coins.now_us >= begun_us(diary) + diary->terms.valid_us;
    bool can_be_undone = is_fresh(model, diary) && last_page(diary)->at_us >= cut_off_us;

    switch (rule->deed) {
    case CONFIRMED: return has_expired ? REFUSED_VOUCHER_EXPIRED : ACCEPTED;
    case LAPSED: return has_expired ? ACCEPTED : REFUSED_WRONG_STATE;
    case UNDONE: return can_be_undone ? ACCEPTED : REFUSED_UNDO_TOO_LATE;
    default: return ACCEPTED;
    }
}

/* A confirmation is for the shop that the reward names, an undo for the one that confirmed. */
static bool is_other_shop(const struct rule *rule, const struct diary *diary,
                          const struct redemption_ref *want)
{
    uint64_t shop = rule->deed == CONFIRMED ? shop_of(diary->asked.reward_id)
                    : rule->deed == UNDONE  ? last_page(diary)->shop
                                            : 0;

    return shop && want->caller_shop && want->caller_shop != shop;
}

static void do_deed(struct model *model, const struct diary *diary, enum deed deed, uint64_t wallet)
{
    static const enum where wheres[DEEDS] = {[CONFIRMED] = HANDED_OVER, [UNDONE] = ASIDE};
    static const enum place places[DEEDS] = {[CONFIRMED] = TILL, [UNDONE] = HELD};
    uint64_t voucher = diary->asked.redemption_id, reward = diary->asked.reward_id;
    struct piece *piece = find_piece(model, reward, ASIDE, voucher);

    if (!piece)
        piece = find_piece(model, reward, HANDED_OVER, voucher);
    piece->where = wheres[deed];
    if (piece->where == SHELF)
        piece->voucher = 0;
    if (places[deed] == WALLET)
        coins_return(&model->coins, voucher, wallet);
    else
        coins_move(&model->coins, voucher, places[deed]);
}

/* Whoever redeemed it for the member, in whatever office. */
static bool is_by_redeemer(const struct diary *diary, const struct redemption_ref *want)
{
    const struct reserve *asked = &diary->asked;

    return asked->by_proxy && (asked->command.actor == want->command.actor ||
                               (asked->person_id && asked->person_id == want->person_id));
}

/* Back from a check: nothing was issued. */
static void take_back(struct model *model, struct diary *diary, const struct redemption_ref *want,
                      struct outcome *expected)
{
    do_deed(model, diary, CANCELLED, want->wallet_id);
    write_page(model, diary, CANCELLED, want->command.actor, 0);
    expect_voucher(model, diary, want->wallet_id, expected);
}

static enum refusal model_withdraw(struct model *model, struct diary *diary,
                                   const struct redemption_ref *want, struct outcome *expected)
{
    struct slip *slip = slip_of(&model->drawer, want->check_id);
    enum refusal refusal = slip_refusal(slip, want->redemption_id, 0);

    if (refusal)
        return refusal;
    slip_sign(slip, CHECK_WITHDRAWN, want->command.actor);
    take_back(model, diary, want, expected);
    return ACCEPTED;
}

static enum refusal model_verdict(struct model *model, const struct redemption_ref *want,
                                  struct outcome *expected)
{
    struct diary *diary = diary_of(model, want->redemption_id);
    struct slip *slip = slip_of(&model->drawer, want->check_id);
    bool release = want->command.kind == &command_release;

    if (!is_known(model, diary, want))
        return REFUSED_NOT_FOUND;
    if (want->person_id &&
        (want->person_id == diary->asked.member_id || want->person_id == want->wallet_id))
        return REFUSED_OWN_RECORD;
    enum refusal refusal = slip_refusal(slip, want->redemption_id, want->person_id);
    if (refusal)
        return refusal;
    if (last_page(diary)->deed != CHECKED)
        return REFUSED_WRONG_STATE;
    if (release && want->command.actor == 0 && model->coins.now_us < slip->due_us)
        return REFUSED_WRONG_STATE;
    slip_sign(slip, release ? CHECK_RELEASED : CHECK_REFUSED, want->command.actor);
    if (!release) {
        take_back(model, diary, want, expected);
        return ACCEPTED;
    }
    write_page(model, diary, RELEASED, want->command.actor, 0);
    expect_voucher(model, diary, want->wallet_id, expected);
    return ACCEPTED;
}

static enum refusal model_turn(struct model *model, const struct rule *rule,
                               const struct redemption_ref *want, struct outcome *expected)
{
    struct diary *diary = diary_of(model, want->redemption_id);

    if (!is_known(model, diary, want))
        return REFUSED_NOT_FOUND;
    if (rule->for_shop && want->caller_merchant &&
        want->caller_merchant != merchant_of(diary->asked.reward_id))
        return REFUSED_WRONG_MERCHANT;
    if (rule->deed == CONFIRMED && want->is_ambiguous)
        return REFUSED_AMBIGUOUS_CODE;
    if (rule->for_others && want->person_id &&
        (want->person_id == diary->asked.member_id || want->person_id == want->wallet_id))
        return REFUSED_OWN_RECORD;
    if (rule->for_others && is_by_redeemer(diary, want))
        return REFUSED_OWN_RECORD;
    if (rule->deed == CANCELLED && last_page(diary)->deed == CHECKED && want->check_id)
        return model_withdraw(model, diary, want, expected);
    if (rule->refusal[last_page(diary)->deed])
        return rule->refusal[last_page(diary)->deed];
    enum refusal refusal = bad_timing(model, rule, diary, want->cut_off_us);
    if (rule->deed == UNDONE && is_other_shop(rule, diary, want))
        return REFUSED_WRONG_SHOP;
    if (refusal)
        return refusal;
    if (is_other_shop(rule, diary, want))
        return REFUSED_WRONG_SHOP;
    do_deed(model, diary, rule->deed, want->wallet_id);
    write_page(model, diary, rule->deed, want->command.actor, want->caller_shop);
    slip_write(&model->drawer, &want->command, want->wallet_id, want->redemption_id);
    expect_voucher(model, diary, want->wallet_id, expected);
    return ACCEPTED;
}

/* --- Settlement ------------------------------------------------------------------------------- */

static struct statement *period_of(struct model *model, uint64_t statement_id)
{
    static struct statement none;

    return statement_id >= PERIOD_BASE ? &model->periods[statement_id - PERIOD_BASE] : &none;
}

static enum refusal model_open_period(struct model *model, const struct open_period *want)
{
    struct statement *period = period_of(model, want->statement_id);

    period->merchant_id = want->merchant_id;
    period->cut_off_us = want->cut_off_us;
    return ACCEPTED;
}

static enum refusal model_close_period(struct model *model, const struct close_period *want)
{
    struct statement *period = period_of(model, want->statement_id);

    if (period->merchant_id)
        period->state = STATEMENT_DRAFT;
    return ACCEPTED;
}

static enum refusal model_settle(struct model *model, const struct settle *want,
                                 struct outcome *expected)
{
    struct diary *diary = diary_of(model, want->redemption_id);
    const struct statement *period = period_of(model, want->statement_id);

    if (!diary || diary->count == 0 || period->merchant_id != merchant_of(diary->asked.reward_id))
        return REFUSED_NOT_FOUND;
    if (last_page(diary)->deed != CONFIRMED || is_fresh(model, diary) ||
        period->state != STATEMENT_FILLING || period->cut_off_us <= last_page(diary)->at_us)
        return REFUSED_WRONG_STATE;
    coins_move(&model->coins, want->redemption_id, SETTLED);
    diary->period = want->statement_id;
    write_page(model, diary, PAID, want->command.actor, 0);
    expect_voucher(model, diary, 0, expected);
    return ACCEPTED;
}

/* --- Stock and terms -------------------------------------------------------------------------- */

static enum refusal model_restock(struct model *model, const struct restock *want,
                                  struct outcome *expected)
{
    uint32_t version;
    const struct notice *notice = notice_of(model, want->reward_id, &version);

    if (!notice)
        return REFUSED_NOT_FOUND;
    if (want->pieces > STOCK_MOST / 2 ||
        count_pieces(model, want->reward_id, SHELF) < -(int64_t)want->pieces)
        return REFUSED_TOO_MUCH;
    for (int32_t i = 0; i < want->pieces; i++) {
        assert_true(model->piece_count < PIECES_MOST);
        model->pieces[model->piece_count++] = (struct piece){.reward_id = want->reward_id};
    }
    for (int32_t i = 0; i > want->pieces; i--)
        find_piece(model, want->reward_id, SHELF, 0)->where = TAKEN_AWAY;
    expected->ref = want->reward_id;
    expected->state = (uint8_t)notice->terms.state;
    expected->points = count_pieces(model, want->reward_id, SHELF);
    return ACCEPTED;
}

static void hang_notice(struct model *model, uint64_t reward_id, const struct reward_terms *terms)
{
    model->notices[model->notice_count++] = (struct notice){reward_id, *terms};
}

static enum refusal model_change_terms(struct model *model, const struct change_terms *want)
{
    hang_notice(model, want->reward_id, &want->terms);
    return ACCEPTED;
}

#endif
