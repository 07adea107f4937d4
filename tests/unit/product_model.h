/*
 * The model of the whole product: the market's (market_model.h), the ledger's coins, and service
 * records.
 */
#ifndef LINLI_PRODUCT_MODEL_H
#define LINLI_PRODUCT_MODEL_H

#include "market_model.h"

/* --- Records ---------------------------------------------------------------------------------- */

static struct record *record_of(struct model *model, uint64_t record_id)
{
    static struct record none;

    return record_id >= LOT_BASE ? &model->records[record_id - LOT_BASE] : &none;
}

static enum refusal model_check_in(struct model *model, const struct check_in *want)
{
    for (size_t i = 0; i < want->count; i++)
        *record_of(model, want->records[i].row.key) = want->records[i];
    return ACCEPTED;
}

static enum refusal model_check_out(struct model *model, const struct check_out *want)
{
    struct record *record = record_of(model, want->record_id);

    if (record->state != RECORD_OPEN)
        return REFUSED_WRONG_STATE;
    record->state = RECORD_PENDING;
    record->ended_us = want->ended_us;
    record->minutes = want->minutes;
    return ACCEPTED;
}

/* May whoever asks decide on it, and is there anything to decide? */
static enum refusal model_review(const struct record *record, uint64_t member_id,
                                 uint64_t wallet_id, uint64_t person_id)
{
    static const enum refusal by_state[] = {
        [RECORD_OPEN] = REFUSED_WRONG_STATE,         [RECORD_PENDING] = ACCEPTED,
        [RECORD_APPROVED] = REFUSED_ALREADY_DECIDED, [RECORD_REJECTED] = REFUSED_ALREADY_DECIDED,
        [RECORD_NEEDS_STATEMENT] = ACCEPTED,         [RECORD_CHECKING] = REFUSED_BEING_CHECKED,
    };

    if (record->state == 0 || (record->member_id != member_id && record->member_id != wallet_id))
        return REFUSED_NOT_FOUND;
    if (person_id && (person_id == member_id || person_id == wallet_id))
        return REFUSED_OWN_RECORD;
    return by_state[record->state];
}

static void decide(const struct model *model, struct record *record, enum record_state state,
                   int64_t points, uint64_t actor, struct outcome *expected)
{
    record->state = state;
    record->points = points;
    record->reviewed_by = actor;
    record->reviewed_us = model->coins.now_us;
    expected->ref = record->row.key;
    expected->state = (uint8_t)state;
    expected->points = points;
}

/* What more than a rejection an award asks for. */
static enum refusal model_may_award(const struct model *model, const struct record *record,
                                    const struct award *want)
{
    if (record->state == RECORD_NEEDS_STATEMENT ||
        (want->minutes && want->minutes != record->minutes))
        return REFUSED_WRONG_STATE;
    if (record->grade == GRADE_D && record->proposed_by == want->command.actor)
        return REFUSED_SAME_PERSON;
    if (record->grade == GRADE_D && record->notice_until_us > model->coins.now_us)
        return REFUSED_PUBLIC_NOTICE;
    return ACCEPTED;
}

/* Under the terms of `award`, as far as the day has room. */
static void model_pay(struct model *model, struct record *record, const struct award *award,
                      uint64_t wallet_id, uint64_t actor, struct outcome *expected)
{
    int64_t points = award->points, earned = coins_earned(&model->coins, wallet_id, award->day);

    while (award->daily_cap && points > 0 && earned + points > award->daily_cap)
        points--;
    coins_award(&model->coins, award->record_id, wallet_id, award->day, points, award->expires_us);
    decide(model, record, RECORD_APPROVED, points, actor, expected);
    expected->until_us = award->expires_us;
    expected->available = coins_live(&model->coins, wallet_id);
    expected->held = coins_held(&model->coins, wallet_id);
}

static enum refusal model_award(struct model *model, const struct award *want,
                                struct outcome *expected)
{
    struct record *record = record_of(model, want->record_id);
    enum refusal refusal = model_review(record, want->member_id, want->wallet_id, want->person_id);

    if (!refusal)
        refusal = model_may_award(model, record, want);
    if (refusal)
        return refusal;
    if (!coins_has_wallet(&model->coins, want->wallet_id))
        return REFUSED_NOT_FOUND;
    if (want->daily_cap && model->coins.now_us >= want->day_ends_us)
        return REFUSED_NOT_OPEN;
    struct slip *slip =
        slip_write(&model->drawer, &want->command, want->wallet_id, want->record_id);
    if (slip)
        slip->award = *want;
    if (command_is_held(&want->command)) {
        decide(model, record, RECORD_CHECKING, 0, want->command.actor, expected);
        expected->until_us = want->command.judged.answer_by_us;
        expected->available = coins_live(&model->coins, want->wallet_id);
        expected->held = coins_held(&model->coins, want->wallet_id);
        return ACCEPTED;
    }
    model_pay(model, record, want, want->wallet_id, want->command.actor, expected);
    return ACCEPTED;
}

static enum refusal model_decide_record(struct model *model, const struct decide_record *want,
                                        struct outcome *expected)
{
    struct record *record = record_of(model, want->record_id);
    struct slip *slip = slip_of(&model->drawer, want->check_id);
    uint64_t actor = want->command.actor;

    if (record->state == 0 || record->member_id != want->member_id)
        return REFUSED_NOT_FOUND;
    if (want->person_id &&
        (want->person_id == want->member_id || want->person_id == want->wallet_id))
        return REFUSED_OWN_RECORD;
    if (record->state != RECORD_CHECKING)
        return REFUSED_ALREADY_DECIDED;
    if (want->release && (record->reviewed_by == actor ||
                          (record->grade == GRADE_D && record->proposed_by == actor)))
        return REFUSED_SAME_PERSON;
    enum refusal refusal = slip_refusal(slip, want->record_id, want->person_id);
    if (refusal)
        return refusal;
    if (!coins_has_wallet(&model->coins, want->wallet_id))
        return REFUSED_NOT_FOUND;
    if (want->release && slip->award.daily_cap && model->coins.now_us >= slip->award.day_ends_us)
        return REFUSED_NOT_OPEN;
    slip_sign(slip, want->release ? CHECK_RELEASED : CHECK_REFUSED, actor);
    if (want->release)
        model_pay(model, record, &slip->award, want->wallet_id, actor, expected);
    else
        decide(model, record, RECORD_REJECTED, 0, actor, expected);
    return ACCEPTED;
}

static enum refusal model_reject(struct model *model, const struct reject_record *want,
                                 struct outcome *expected)
{
    struct record *record = record_of(model, want->record_id);
    enum refusal refusal = model_review(record, want->member_id, want->wallet_id, want->person_id);

    if (refusal)
        return refusal;
    if (!coins_has_wallet(&model->coins, want->wallet_id))
        return REFUSED_NOT_FOUND;
    decide(model, record, RECORD_REJECTED, 0, want->command.actor, expected);
    return ACCEPTED;
}

/* Whoever is gone gets nothing that waits: the slips say that nobody decided. */
static enum refusal model_erase(struct model *model, const struct erase *want)
{
    for (size_t i = 0; i < WORLD_STEPS; i++) {
        struct slip *slip = &model->drawer.slips[i];
        struct record *record = record_of(model, slip->award.record_id);

        if (!slip->held || slip->state != CHECK_OPEN || record->state != RECORD_CHECKING ||
            record->member_id != want->member_id)
            continue;
        slip_sign(slip, CHECK_WITHDRAWN, 0);
        record->state = RECORD_REJECTED;
    }
    return ACCEPTED;
}

/* --- All of it -------------------------------------------------------------------------------- */

static enum refusal model_other(struct model *model, const struct command *command)
{
    if (command->kind == &statement_check_in)
        return model_check_in(model, (const struct check_in *)command);
    if (command->kind == &statement_erase)
        return model_erase(model, (const struct erase *)command);
    if (command->kind == &statement_check_out)
        return model_check_out(model, (const struct check_out *)command);
    if (command->kind == &statement_open_period)
        return model_open_period(model, (const struct open_period *)command);
    if (command->kind == &statement_close_period)
        return model_close_period(model, (const struct close_period *)command);
    if (command->kind == &statement_change_terms)
        return model_change_terms(model, (const struct change_terms *)command);
    return coins_apply(&model->coins, command);
}

/* False for the ledger's own, whose outcomes the coins do not foresee. */
static bool model_apply(struct model *model, const struct command *command,
                        struct outcome *expected)
{
    const struct command_kind *kind = command->kind;
    const struct rule *rule = rule_of(kind);

    if (rule)
        expected->refusal =
            model_turn(model, rule, (const struct redemption_ref *)command, expected);
    else if (kind == &command_reserve)
        expected->refusal = model_reserve(model, (const struct reserve *)command, expected);
    else if (kind == &command_settle)
        expected->refusal = model_settle(model, (const struct settle *)command, expected);
    else if (kind == &command_restock)
        expected->refusal = model_restock(model, (const struct restock *)command, expected);
    else if (kind == &command_award)
        expected->refusal = model_award(model, (const struct award *)command, expected);
    else if (kind == &command_reject_record)
        expected->refusal = model_reject(model, (const struct reject_record *)command, expected);
    else if (kind == &command_release || kind == &command_refuse)
        expected->refusal = model_verdict(model, (const struct redemption_ref *)command, expected);
    else if (kind == &command_decide_record)
        expected->refusal =
            model_decide_record(model, (const struct decide_record *)command, expected);
    else if (kind == &command_decide_mark)
        expected->refusal =
            model_decide_mark(&model->drawer, (const struct decide_mark *)command, expected);
    else
        expected->refusal = model_other(model, command);
    return rule || kind == &command_release || kind == &command_refuse ||
           kind == &command_decide_record || kind == &command_decide_mark ||
           kind == &command_reserve || kind == &command_settle || kind == &command_restock ||
           kind == &command_award || kind == &command_reject_record;
}

static struct model *model_new(void)
{
    struct model *model = calloc(1, sizeof(*model));

    for (size_t i = 0; i < REWARDS; i++)
        hang_notice(model, FIRST_REWARD + i, &first_terms[i]);
    return model;
}

#endif
