/*
 * The year as the ledger saw it. Tasks of one moment are one play: each becomes a command, and what
 * comes of it decides what is put on the agenda next.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/district.h"
#include "cli/district_styles.h"
#include "market/settlement.h"
#include "market/voucher.h"
#include "service/award_policy.h"

#define UNDO_WINDOW_US (5 * MINUTE_US)
#define TOGETHER_MOST  2000 /* commands of one play */

/* One command of any kind that the year knows, and the task that it is. */
struct act {
    struct task task;
    union {
        struct command command;
        struct award award;
        struct reject_record reject;
        struct restock restock;
        struct reserve reserve;
        struct redemption_ref voucher;
        struct settle settle;
    };
};

/* --- Growing lists ---------------------------------------------------------------------------- */

uint32_t record_new(struct district *district)
{
    if (district->record_count == district->record_capacity) {
        district->record_capacity = district->record_capacity * 2 + 1024;
        district->records =
            memory_resize(district->records, district->record_capacity, sizeof *district->records);
    }
    district->records[district->record_count] =
        (struct district_record){.id = id_next(district->tools->ids)};
    return district->record_count++;
}

uint32_t voucher_new(struct district *district, uint32_t member, uint32_t reward)
{
    if (district->voucher_count == district->voucher_capacity) {
        district->voucher_capacity = district->voucher_capacity * 2 + 1024;
        district->vouchers = memory_resize(district->vouchers, district->voucher_capacity,
                                           sizeof *district->vouchers);
    }
    district->vouchers[district->voucher_count] = (struct district_voucher){
        .id = id_next(district->tools->ids), .member = member, .reward = reward};
    return district->voucher_count++;
}

/* --- Tasks as commands ------------------------------------------------------------------------ */

static void fill_award(const struct district *district, struct act *act)
{
    const struct district_record *record = &district->records[act->task.subject];
    const struct award_policy *policy = district->tools->award_policy;
    struct award_question question = {
        .minutes = record->minutes,
        .coefficient_percent = district->activities[record->activity].style->coefficient,
        .grade = (enum evidence_grade)record->grade,
        .started_us = record->started_us,
        .now_us = act->task.at_us,
    };
    struct award_answer answer = policy->answer(policy->context, &question);

    act->award = (struct award){
        .command.kind = &command_award,
        .record_id = record->id,
        .member_id = district->members[record->member].id,
        .wallet_id = district->members[record->member].id,
        .points = answer.points,
        .daily_cap = answer.daily_cap,
        .expires_us = answer.expires_us,
    };
    award_set_day(&act->award, record->started_us, district->offset);
}

static void fill_reject(const struct district *district, struct act *act)
{
    const struct district_record *record = &district->records[act->task.subject];
    uint64_t member_id = district->members[record->member].id;

    act->reject = (struct reject_record){.command.kind = &command_reject_record,
                                         .record_id = record->id,
                                         .member_id = member_id,
                                         .wallet_id = member_id};
}

static void fill_reserve(const struct district *district, struct act *act)
{
    const struct district_voucher *voucher = &district->vouchers[act->task.subject];
    const struct district_reward *reward = &district->rewards[voucher->reward];
    const struct keyring *keyring = district->tools->keyring;
    const struct key *key = keyring_current(keyring, KEY_VOUCHER);
    struct paper_code code;

    act->reserve = (struct reserve){
        .command.kind = &command_reserve,
        .redemption_id = voucher->id,
        .member_id = district->members[voucher->member].id,
        .reward_id = reward->id,
        .price = reward->price,
        .terms_version = 1,
        .utc_offset_minutes = district->offset,
        .code_key = key->id,
    };
    voucher_code_make(key->secret, voucher->id, &code);
    paper_code_hash(keyring_current(keyring, KEY_INDEX)->secret, &code, act->reserve.code_hash);
}

static const struct command_kind *kind_of(enum task_kind kind)
{
    switch (kind) {
    case TASK_UNDO: return &command_undo;
    case TASK_CANCEL: return &command_cancel;
    case TASK_REFUND: return &command_refund;
    case TASK_LAPSE: return &command_lapse;
    default: return &command_confirm;
    }
}

/* A request with a key: its answer is kept, as it would be of a clerk's. */
static void give_key(struct act *act, uint64_t voucher_id)
{
    struct command *command = &act->command;

    command->has_key = true;
    memcpy(command->request_key, &voucher_id, sizeof voucher_id);
    memcpy(command->request_key + 8, &act->task.number, sizeof act->task.number);
    memcpy(command->fingerprint, &voucher_id, sizeof command->fingerprint);
}

static void fill_voucher(const struct district *district, struct act *act)
{
    const struct district_voucher *voucher = &district->vouchers[act->task.subject];
    const struct district_reward *reward = &district->rewards[voucher->reward];
    const struct district_merchant *merchant = &district->merchants[reward->merchant];
    uint64_t member_id = district->members[voucher->member].id;
    bool by_shop = act->task.kind != TASK_CANCEL && act->task.kind != TASK_LAPSE;

    act->voucher = (struct redemption_ref){
        .command.kind = kind_of(act->task.kind),
        .redemption_id = voucher->id,
        .member_id = member_id,
        .wallet_id = member_id,
        .reward_id = reward->id,
        .merchant_id = merchant->id,
        .caller_merchant = by_shop ? merchant->id : 0,
        .caller_shop = by_shop ? voucher->shop : 0,
        .reward_shop = reward->shop,
        .undo_window_us = UNDO_WINDOW_US,
    };
    if (act->task.kind == TASK_RECONFIRM)
        give_key(act, voucher->id);
}

static void fill(const struct district *district, struct act *act)
{
    const struct task task = act->task;

    switch (task.kind) {
    case TASK_REVIEW: fill_award(district, act); break;
    case TASK_REJECT: fill_reject(district, act); break;
    case TASK_RESERVE: fill_reserve(district, act); break;
    case TASK_RESTOCK:
        act->restock = (struct restock){.command.kind = &command_restock,
                                        .reward_id = district->rewards[task.subject].id,
                                        .pieces = (int32_t)task.number};
        break;
    case TASK_SETTLE:
        act->settle = (struct settle){.command.kind = &command_settle,
                                      .redemption_id = district->vouchers[task.subject].id,
                                      .statement_id = (uint64_t)task.number,
                                      .undo_window_us = UNDO_WINDOW_US};
        break;
    default: fill_voucher(district, act); break;
    }
    act->command.actor = task.actor;
}

/* --- What comes of them ----------------------------------------------------------------------- */

static void was_awarded(struct district *district, const struct act *act)
{
    const struct district_record *record = &district->records[act->task.subject];

    district->members[record->member].spendable = act->command.outcome.available;
}

static void changed_voucher(struct district *district, const struct act *act)
{
    struct district_voucher *voucher = &district->vouchers[act->task.subject];

    if (act->command.outcome.refusal != ACCEPTED)
        return;
    voucher->state = (enum redemption_state)act->command.outcome.state;
    if (act->task.kind == TASK_CONFIRM)
        voucher->confirmed_us = act->task.at_us;
    if (act->task.kind != TASK_SETTLE)
        district->members[voucher->member].spendable = act->command.outcome.available;
}

static void was_reserved(struct district *district, const struct act *act)
{
    struct district_voucher *voucher = &district->vouchers[act->task.subject];

    if (act->command.outcome.refusal != ACCEPTED)
        return;
    voucher->created_us = act->task.at_us;
    voucher->expires_us = act->command.outcome.until_us;
    changed_voucher(district, act);
    if (!voucher->planned)
        district_decide(district, act->task.subject);
}

static void take_in(struct district *district, const struct act *act)
{
    switch (act->task.kind) {
    case TASK_REVIEW: was_awarded(district, act); break;
    case TASK_RESERVE: was_reserved(district, act); break;
    case TASK_RESTOCK:
    case TASK_REJECT: break;
    default: changed_voucher(district, act); break;
    }
}

/* --- Moment after moment ---------------------------------------------------------------------- */

static bool is_command(enum task_kind kind)
{
    switch (kind) {
    case TASK_HOLD:
    case TASK_REDEEM:
    case TASK_STATEMENTS:
    case TASK_DRAFT:
    case TASK_SIGN:
    case TASK_PAY: return false;
    default: return true;
    }
}

/* What became of the voucher meanwhile leaves nothing to do. */
static bool is_pointless(const struct district *district, const struct task *task)
{
    const struct district_voucher *voucher = &district->vouchers[task->subject];

    switch (task->kind) {
    case TASK_CONFIRM:
    case TASK_CANCEL:
    case TASK_LAPSE: return voucher->state != REDEMPTION_ISSUED;
    case TASK_UNDO:
    case TASK_REFUND:
    case TASK_SETTLE: return voucher->state != REDEMPTION_CONFIRMED;
    default: return false;
    }
}

/* Every command of the first moment on the agenda, TOGETHER_MOST at most. */
static size_t take_moment(struct district *district, struct act *acts)
{
    int64_t at_us = agenda_first(district->agenda)->at_us;
    const struct task *next;
    size_t count = 0;

    while (count < TOGETHER_MOST && (next = agenda_first(district->agenda)) != NULL &&
           next->at_us == at_us && is_command(next->kind)) {
        acts[count].task = agenda_take(district->agenda);
        if (is_pointless(district, &acts[count].task))
            continue;
        fill(district, &acts[count]);
        count++;
    }
    return count;
}

static bool play_moment(struct district *district, struct act *acts, struct error *error)
{
    struct command *commands[TOGETHER_MOST];
    size_t count = take_moment(district, acts);

    for (size_t i = 0; i < count; i++)
        commands[i] = &acts[i].command;
    if (count > 0 && !player_run(district->player, commands, count, acts[0].task.at_us, error))
        return false;
    for (size_t i = 0; i < count; i++)
        take_in(district, &acts[i]);
    return true;
}

static bool do_task(struct district *district, struct error *error)
{
    struct task task = agenda_take(district->agenda);

    switch (task.kind) {
    case TASK_HOLD: return district_hold_day(district, (int)task.subject, error);
    case TASK_REDEEM: district_redeem(district, &task); return true;
    default: return district_settle(district, &task, error);
    }
}

static bool live(struct district *district, struct act *acts, struct error *error)
{
    const struct task *next;

    while ((next = agenda_first(district->agenda)) != NULL && next->at_us < district->end_us) {
        int32_t day = calendar_day(next->at_us, district->offset);
        int32_t gone = day - calendar_day(district->start_us, district->offset);
        char today[11];

        calendar_format_day(day, today);
        if (!(is_command(next->kind) ? play_moment(district, acts, error)
                                     : do_task(district, error)) ||
            !district_goes_on(district, today, 13 + 85 * (uint32_t)gone / DISTRICT_DAYS, error))
            return false;
    }
    return true;
}

bool district_live(struct district *district, struct error *error)
{
    struct act *acts = memory_resize(NULL, TOGETHER_MOST, sizeof *acts);
    bool lived;

    for (int day = 0; day < DISTRICT_DAYS; day++)
        agenda_add(district->agenda, (struct task){.at_us = on_day(district, day, 0),
                                                   .kind = TASK_HOLD,
                                                   .subject = (uint32_t)day});
    district_plan_market(district);
    lived = live(district, acts, error);
    free(acts);
    return lived;
}
