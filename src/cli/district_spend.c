/*
 * What members do with their points: who redeems what, and what becomes of the voucher; and the
 * statements of every month.
 */
#include "base/clock.h"
#include "cli/district.h"
#include "market/settlement.h"
#include "market/statements.h"

#define WARM_UP_DAYS 45 /* until people have points to spend */
#define SECOND_FILL  180
#define STATEMENT_AT (2 * 60) /* minutes of the first of a month */
#define SIGN_DAYS    3
#define PAY_DAYS     10

/* --- When ------------------------------------------------------------------------------------- */

/* Minutes of a day, each day a little otherwise. */
static int64_t about(const struct district *district, int day, int minute, uint32_t number)
{
    uint64_t z = ((uint64_t)(uint32_t)day << 32 | number) * UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    return on_day(district, day, minute - 8) + (int64_t)((z >> 20) % (16 * MINUTE_US));
}

/* A small share of the district needs fewer moments: each costs a transaction. */
static bool has_few_moments(const struct district *district)
{
    return district->scale < 20;
}

int64_t review_time(const struct district *district, int day, uint32_t number)
{
    static const int minutes[REVIEWS] = {9 * 60 + 40, 16 * 60 + 10};

    if (has_few_moments(district))
        number = 0;
    return about(district, day, minutes[number], 100 + number);
}

int64_t visit_time(const struct district *district, int day, uint32_t number)
{
    static const int minutes[VISITS] = {575, 650, 735, 785, 905, 1050, 1115, 1205};

    if (has_few_moments(district))
        number = number < VISITS / 2 ? 2 : 6;
    return about(district, day, minutes[number], number);
}

void district_plan_market(struct district *district)
{
    uint32_t all = at_scale(district, DISTRICT_REDEMPTIONS, 400), done = 0;
    uint32_t slots = DISTRICT_DAYS * VISITS, gone = 0;

    for (int day = 0; day < DISTRICT_DAYS; day++)
        for (uint32_t visit = 0; visit < VISITS; visit++) {
            uint32_t want = (uint32_t)((uint64_t)all * ++gone / slots) - done;

            done += want;
            if (want == 0 || day < WARM_UP_DAYS / 3 ||
                (day < WARM_UP_DAYS && (day + (int)visit) % 2 == 0))
                continue;
            agenda_add(district->agenda, (struct task){.at_us = visit_time(district, day, visit),
                                                       .kind = TASK_REDEEM,
                                                       .number = want + (visit % 3 == 2)});
        }
    for (uint32_t reward = 0; reward < district->reward_count; reward += 2)
        agenda_add(
            district->agenda,
            (struct task){.at_us = review_time(district, SECOND_FILL, 0),
                          .kind = TASK_RESTOCK,
                          .subject = reward,
                          .actor = district->merchants[district->rewards[reward].merchant].manager,
                          .number = 250});
    for (int day = 1; day < DISTRICT_DAYS; day++) {
        char text[11];

        calendar_format_day(calendar_day(on_day(district, day, 0), district->offset), text);
        if (text[8] == '0' && text[9] == '1')
            agenda_add(district->agenda, (struct task){.at_us = on_day(district, day, STATEMENT_AT),
                                                       .kind = TASK_STATEMENTS,
                                                       .number = on_day(district, day, 0)});
    }
}

/* --- Redeeming -------------------------------------------------------------------------------- */

static bool chooses(struct district *district, uint32_t *member, uint32_t *reward)
{
    for (int i = 0; i < 60; i++) {
        const struct district_community *from =
            &district->communities[pick(district, district->community_count)];

        *member = from->members[pick_popular(district, from->member_count)];
        *reward = pick_popular(district, district->reward_count);
        *reward = (*reward * 53 + 7) % district->reward_count; /* popular ones at every merchant */
        if (!district->members[*member].saves &&
            district->members[*member].spendable >= district->rewards[*reward].price)
            return true;
    }
    return false;
}

void district_redeem(struct district *district, const struct task *task)
{
    uint32_t member, reward;

    for (int64_t i = 0; i < task->number && chooses(district, &member, &reward); i++) {
        uint32_t voucher = voucher_new(district, member, reward);

        district->members[member].spendable -= district->rewards[reward].price;
        agenda_add(district->agenda, (struct task){.at_us = task->at_us,
                                                   .kind = TASK_RESERVE,
                                                   .subject = voucher,
                                                   .actor = district->members[member].id});
    }
}

/* Who serves: the first clerk of each merchant more than the others. */
static void choose_counter(struct district *district, struct district_voucher *voucher)
{
    const struct district_reward *reward = &district->rewards[voucher->reward];
    const struct district_merchant *merchant = &district->merchants[reward->merchant];

    voucher->clerk = merchant->clerks[pick_popular(district, merchant->clerk_count)];
    voucher->shop =
        reward->shop ? reward->shop : merchant->shops[pick(district, merchant->shop_count)];
}

static void will_confirm(struct district *district, uint32_t index)
{
    struct district_voucher *voucher = &district->vouchers[index];
    int today = (int)((voucher->created_us - district->start_us) / DAY_US);
    struct task task = {.kind = TASK_CONFIRM, .subject = index};

    choose_counter(district, voucher);
    task.actor = voucher->clerk;
    if (chance(district, 4)) /* redeemed at the counter */
        task.at_us = voucher->created_us + (25 + (int64_t)pick(district, 150)) * SECOND_US;
    else
        task.at_us = visit_time(district, today + 1 + (int)pick_popular(district, 24),
                                pick(district, VISITS));
    agenda_add(district->agenda, task);
    if (!chance(district, 2))
        return;
    /* A slip at the counter, and again; or the goods come back some days later. */
    task.kind = chance(district, 60) ? TASK_UNDO : TASK_REFUND;
    if (task.kind == TASK_UNDO) {
        task.at_us += (40 + (int64_t)pick(district, 200)) * SECOND_US;
        agenda_add(district->agenda, task);
        task.kind = TASK_CONFIRM;
        task.at_us += (30 + (int64_t)pick(district, 60)) * SECOND_US;
    } else {
        const struct district_reward *reward = &district->rewards[voucher->reward];

        task.actor = district->merchants[reward->merchant].manager;
        task.at_us = visit_time(district, (int)((task.at_us - district->start_us) / DAY_US) + 1,
                                pick(district, VISITS));
    }
    agenda_add(district->agenda, task);
}

void district_decide(struct district *district, uint32_t index)
{
    const struct district_voucher *voucher = &district->vouchers[index];
    int today = (int)((voucher->created_us - district->start_us) / DAY_US);
    uint32_t luck = pick(district, 100);
    struct task task = {.kind = TASK_LAPSE, .subject = index};

    /* The keeper's, some time after it ended, whatever else is planned. */
    task.at_us = visit_time(district, today + 32, 0);
    agenda_add(district->agenda, task);
    if (luck < 88) {
        will_confirm(district, index);
    } else if (luck < 94) {
        task.kind = TASK_CANCEL;
        task.actor = district->members[voucher->member].id;
        task.at_us =
            visit_time(district, today + 1 + (int)pick(district, 12), pick(district, VISITS));
        agenda_add(district->agenda, task);
    }
}

/* --- Statements ------------------------------------------------------------------------------- */

static bool belongs_on(const struct district *district, const struct district_voucher *voucher,
                       uint32_t merchant, int64_t cut_off_us)
{
    return voucher->state == REDEMPTION_CONFIRMED && voucher->confirmed_us < cut_off_us &&
           district->rewards[voucher->reward].merchant == merchant;
}

/* Every line is a command of its own; what was settled long ago is passed over quickly. */
static void put_lines(struct district *district, uint32_t merchant, uint64_t statement_id,
                      const struct task *task)
{
    for (uint32_t i = district->settled_below; i < district->voucher_count; i++)
        if (belongs_on(district, &district->vouchers[i], merchant, task->number))
            agenda_add(district->agenda, (struct task){.at_us = task->at_us + 2 * MINUTE_US,
                                                       .kind = TASK_SETTLE,
                                                       .subject = i,
                                                       .number = (int64_t)statement_id});
}

static bool open_statements(struct district *district, const struct task *task, struct error *error)
{
    struct bulk bulk = bulk_into(
        district->tools->db, "INSERT INTO statements (statement_id, merchant_id, state, from_us,"
                             " cut_off_us, line_count, points, reimburse_fen, opened_by, opened_us)"
                             " VALUES ");
    bool fine = true;

    for (uint32_t i = 0; fine && i < MERCHANTS; i++) {
        uint64_t id = id_next(district->tools->ids);

        fine = bulk_add(&bulk, error, DB_ID(id), DB_ID(district->merchants[i].id),
                        DB_INT(STATEMENT_FILLING), DB_INT(district->last_cut_off_us),
                        DB_INT(task->number), DB_INT(0), DB_INT(0), DB_INT(0),
                        DB_ID(district->administrator), DB_INT(task->at_us));
        put_lines(district, i, id, task);
    }
    district->last_cut_off_us = task->number;
    return bulk_end(&bulk, fine ? error : NULL) && fine;
}

/* What all statements of a cut-off go through, as their people would do it one by one. */
static bool step(struct district *district, const struct task *task, struct error *error)
{
    struct db *db = district->tools->db;

    if (task->kind == TASK_DRAFT)
        return db_run(db, error,
                      "UPDATE statements SET state = ?, drafted_us = ? WHERE cut_off_us = ?",
                      DB_INT(STATEMENT_DRAFT), DB_INT(task->at_us), DB_INT(task->number)) >= 0;
    if (task->kind == TASK_SIGN)
        return db_run(db, error,
                      "UPDATE statements s JOIN accounts a ON a.scope_id = s.merchant_id"
                      " AND a.role = ? SET s.state = ?, s.signed_us = ?, s.signed_by = a.account_id"
                      " WHERE s.cut_off_us = ?",
                      DB_INT(ROLE_MANAGER), DB_INT(STATEMENT_SIGNED), DB_INT(task->at_us),
                      DB_INT(task->number)) >= 0;
    return db_run(db, error,
                  "UPDATE statements SET state = ?, paid_us = ?, paid_by = ?, pay_note = ?"
                  " WHERE cut_off_us = ?",
                  DB_INT(STATEMENT_PAID), DB_INT(task->at_us), DB_ID(district->administrator),
                  DB_STR("银行转账"), DB_INT(task->number)) >= 0;
}

/* Vouchers are in the order of their issue: those before all that live need no second look. */
static void skip_settled(struct district *district)
{
    while (district->settled_below < district->voucher_count) {
        enum redemption_state state = district->vouchers[district->settled_below].state;

        if (state == REDEMPTION_ISSUED || state == REDEMPTION_CONFIRMED)
            break;
        district->settled_below++;
    }
}

bool district_settle(struct district *district, const struct task *task, struct error *error)
{
    struct task next = *task;

    if (task->kind != TASK_STATEMENTS)
        return step(district, task, error);
    skip_settled(district);
    next.kind = TASK_DRAFT;
    next.at_us = task->at_us + 10 * MINUTE_US;
    agenda_add(district->agenda, next);
    next.kind = TASK_SIGN;
    next.at_us = task->at_us + SIGN_DAYS * DAY_US + 8 * HOUR_US;
    agenda_add(district->agenda, next);
    next.kind = TASK_PAY;
    next.at_us = task->at_us + PAY_DAYS * DAY_US + 7 * HOUR_US;
    agenda_add(district->agenda, next);
    return open_statements(district, task, error);
}
